"""`scene`: artists as plain data that a browser can draw where matplotlib would."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from gradcourse.scene import frame, image_url, numbers, snapshot


def pixels(url: str) -> NDArray[np.uint8]:
    head, data = url.split(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def place(axis: dict[str, Any], value: float) -> float:
    """What `place` in scene.js does."""
    found: float = axis["at"] + axis["per"] * (np.log10(value) if axis["log"] else value)
    return found


def axes(**limits: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5, 4), layout="constrained")
    ax = figure.subplots()
    ax.set(**limits)
    return figure, ax


# ---------------------------------------------------------------------------- places


@pytest.mark.parametrize("xscale", ["linear", "log"])
@pytest.mark.parametrize("yscale", ["linear", "log"])
@pytest.mark.parametrize("reverse", [False, True])
def test_numbers_stand_where_matplotlib_puts_them(xscale: str, yscale: str, reverse: bool) -> None:
    xlim = (1e4, 1e-3) if reverse else (1e-3, 1e4)
    figure, ax = axes(xlim=xlim, ylim=(0.2, 30), xscale=xscale, yscale=yscale)
    line = ax.plot([0.5, 3, 40], [0.7, 5, 20])[0]
    frame(figure, {"line": line})
    shown = snapshot({"line": line})[0]["line"]
    expected = ax.transData.transform(line.get_xydata())
    assert (shown["across"]["log"], shown["up"]["log"]) == (xscale == "log", yscale == "log")
    for x, y, (left, bottom) in zip(shown["x"], shown["y"], expected, strict=True):
        assert place(shown["across"], x) == pytest.approx(left, abs=1e-6)
        assert place(shown["up"], y) == pytest.approx(384 - bottom, abs=1e-6)


def test_a_line_across_the_axes_keeps_its_ends() -> None:
    figure, ax = axes(xlim=(0, 7), ylim=(1e-3, 1e3), yscale="log")
    line = ax.axhline(10)
    frame(figure, {"line": line})
    shown = snapshot({"line": line})[0]["line"]
    ends = [place(shown["across"], x) for x in shown["x"]]
    assert ends == pytest.approx([ax.bbox.x0, ax.bbox.x1])
    assert place(shown["up"], 10) == pytest.approx(384 - ax.bbox.y0 - ax.bbox.height * 4 / 6)


def test_what_is_not_finite_or_masked_has_no_number() -> None:
    masked = np.ma.masked_equal([1.0, 2.0], 2.0)
    assert numbers([1, np.nan, np.inf, -np.inf, 1e-300]) == [1.0, None, None, None, 1e-300]
    assert numbers(masked) == [1.0, None]


def test_a_scene_is_json() -> None:
    figure, ax = axes(xlim=(0, 1), ylim=(0, 1))
    made = {"line": ax.plot([0, np.nan], [np.inf, 1], "o--")[0], "text": ax.text(0.2, 0.3, "é")}
    frame(figure, made)
    json.dumps(snapshot(made)[0], allow_nan=False)


# ---------------------------------------------------------------------------- looks


def test_style_is_the_lines_own() -> None:
    figure, ax = axes(xlim=(0, 1), ylim=(0, 1))
    line = ax.plot([], [], "--", lw=3, color="#123456", alpha=0.5)[0]
    dots = ax.plot([], [], "o", ms=6, mfc="none", mec="red", mew=1.5, clip_on=False)[0]
    made = {"line": line, "dots": dots}
    frame(figure, made)
    shown = snapshot(made)[0]
    assert shown["line"]["colour"] == "#123456"
    assert shown["line"]["width"] == 4  # 3 points
    assert shown["line"]["dashes"] == pytest.approx([4 * 3.7, 4 * 1.6])
    assert shown["line"]["opacity"] == 0.5
    assert shown["line"]["marker"] is None
    assert shown["line"]["clip"][:2] == pytest.approx([ax.bbox.x0, 384 - ax.bbox.y1])
    assert shown["dots"]["colour"] == "none"
    assert shown["dots"]["clip"] is None
    marker = shown["dots"]["marker"]
    assert (marker["face"], marker["edge"], marker["width"]) == ("none", "#ff0000", 2)
    assert marker["cap"] == "butt"
    assert marker["path"].startswith("m0,4c")  # 6 points across: 4 pixels from the middle


@pytest.mark.parametrize(("marker", "diameter"), [("o", 6), (".", 3)])
def test_a_disc_of_one_colour_is_a_dot_of_a_round_pen(marker: str, diameter: float) -> None:
    figure, ax = axes()
    disc = ax.plot([], [], marker, ms=6, mew=1.5, color="red")[0]
    ring = ax.plot([], [], marker, ms=6, mew=1.5, color="red", mec="white")[0]
    made = {"disc": disc, "ring": ring}
    frame(figure, made)
    shown = snapshot(made)[0]
    width = (diameter + 1.5) * 96 / 72  # half of the edge is outside, all around
    dot = {"path": "h0", "face": "none", "edge": "#ff0000", "width": width, "cap": "round"}
    assert shown["disc"]["marker"] == pytest.approx(dot)
    assert shown["ring"]["marker"]["face"] == "#ff0000"
    assert shown["ring"]["marker"]["path"] != "h0"


def test_an_upright_triangle_points_up() -> None:
    figure, ax = axes()
    line = ax.plot([], [], "^", ms=6)[0]
    frame(figure, {"line": line})
    path = snapshot({"line": line})[0]["line"]["marker"]["path"]
    assert path == "m0,-4l-4,8l8,0z"


@pytest.mark.parametrize("origin", ["upper", "lower"])
def test_an_image_stands_where_it_should_with_its_colours(origin: Any) -> None:
    figure, ax = axes()
    data = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, np.nan]])
    image = ax.imshow(data, origin=origin, extent=(1, 4, 10, 12), aspect="auto", cmap="viridis")
    frame(figure, {"image": image})
    scene, images = snapshot({"image": image})
    assert images == {"image": image}
    box = ax.bbox
    assert scene["image"]["box"] == pytest.approx([box.x0, 384 - box.y1, box.width, box.height])
    top_first = data if origin == "upper" else data[::-1]
    expected = image.to_rgba(top_first, bytes=True)
    seen = Image.open(io.BytesIO(base64.b64decode(image_url(image).split(",")[1])))
    assert np.array_equal(np.asarray(seen), expected)


def test_a_text_keeps_words_place_and_size() -> None:
    figure, ax = axes()
    text = ax.text(1, 1, "", transform=ax.transAxes, ha="right", va="top", fontsize=9, color="b")
    frame(figure, {"text": text})
    text.set_text("a < b")
    shown = snapshot({"text": text})[0]["text"]
    assert (shown["text"], shown["anchor"], shown["size"]) == ("a < b", "end", 12)
    assert (shown["x"], shown["y"]) == pytest.approx((ax.bbox.x1, 384 - ax.bbox.y1))
    assert (shown["baseline"], shown["colour"]) == ("text-before-edge", "#0000ff")


# ---------------------------------------------------------------------------- frame


def test_the_frame_is_the_figure_without_what_moves() -> None:
    figure, ax = axes(xlim=(0, 1), ylim=(0, 1))
    ax.axhline(0.25, color="lime", lw=6)
    line = ax.plot([0, 1], [0.75, 0.75], color="red", lw=6)[0]
    found = frame(figure, {"line": line})
    assert (found["width"], found["height"]) == (480, 384)
    background = pixels(found["background"]).astype(int)
    assert background.shape == (768, 960, 3)  # twice as dense
    green = (background[..., 1] > 200) & (background[..., 0] < 60)
    red = (background[..., 0] > 200) & (background[..., 1] < 60)
    assert green.any()
    assert not red.any()


def test_nothing_shifts_when_data_come() -> None:
    figure, ax = axes(xlim=(0, 1), ylim=(0, 1), xlabel="x", title="t")
    line = ax.plot([], [])[0]
    frame(figure, {"line": line})
    before = ax.get_position().bounds
    line.set_data([0, 1], [0, 500])
    FigureCanvasAgg(figure).draw()
    assert ax.get_position().bounds == before


def test_what_cannot_move_is_named() -> None:
    figure, ax = axes()
    with pytest.raises(TypeError, match="moves lines, images and texts; 'bars' is a FillBetween"):
        frame(figure, {"bars": ax.fill_between([0, 1], [0, 1])})
