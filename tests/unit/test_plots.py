"""Figures by their artists: a curve drawn backwards must fail here."""

import math
import subprocess
import sys
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from PIL import Image

from gradcourse import GrowthMap, History, Profile
from gradcourse.picture import Chart, band, chart, curve, label_ends, style
from gradcourse.plots import draw_growth_map, plot_growth_map, plot_history, plot_profile
from gradcourse.train import Breakdown


def made(error: list[float]) -> Profile:
    """A profile with this error signal; the other columns are recognisable multiples."""
    e, n = np.array(error), len(error)
    return Profile(
        tuple(f"layers.{i}" for i in range(n)), activation=6 * e, error=e, weight_gradient=5 * e,
        weight=e, update=e, size=np.full(n, 4), dtype=("float32",) * n,
        dead=np.zeros(n), saturated=np.zeros(n),
    )  # fmt: skip


def plane() -> GrowthMap:
    """Decades that rise with depth and scale, (4 depths, 3 scales)."""
    scales = np.array([1.0, 2.0, 3.0])
    tangent = (np.arange(4)[:, None] * scales)[..., None]
    return GrowthMap("relu", scales, tangent, tangent)


def axes(figure: Chart) -> Axes:
    return figure.axes[0]


def texts(ax: Axes) -> list[str]:
    return [child.get_text() for child in ax.get_children() if isinstance(child, Annotation)]


def data(ax: Axes, label: str) -> tuple[list[float], list[float]]:
    line = next(line for line in ax.lines if line.get_label() == label)
    x, y = line.get_data()
    return list(np.asarray(x, dtype=float)), list(np.asarray(y, dtype=float))


# ---------------------------------------------------------------------------- profiles


@pytest.mark.parametrize(
    ("quantity", "factor"), [("error", 1.0), ("weight_gradient", 5.0), ("rms", 3.0)]
)
def test_a_profile_is_drawn_from_the_first_layer_to_the_last(quantity: str, factor: float) -> None:
    figure = plot_profile(
        {"a": made([8, 4, 2, 99]), "b": made([1, 3, 9, 27, 99])}, title="t", quantity=quantity
    )
    assert data(axes(figure), "a") == ([1, 2, 3], [8 * factor, 4 * factor, 2 * factor])
    assert data(axes(figure), "b") == ([1, 2, 3, 4], [f * factor for f in (1, 3, 9, 27)])
    assert sorted(texts(axes(figure))) == ["a", "b"]
    colours = [line.get_color() for line in axes(figure).lines]
    assert len(set(map(str, colours))) == 2


def test_a_profile_has_a_log_axis_with_labels() -> None:
    ax = axes(plot_profile({"a": made([8, 4, 2, 1])}, title="It halves"))
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert ax.get_title() == "It halves"
    assert ax.get_ylabel() == "error signal ‖∂L/∂h‖ (log scale)"


@pytest.mark.parametrize(
    ("quantity", "backwards"), [("error", True), ("weight_gradient", True), ("rms", False)]
)
def test_gradients_travel_from_the_last_layer_on_the_left(quantity: str, backwards: bool) -> None:
    profiles = {"falls": made([1, 5, 25, 9]), "rises": made([25, 5, 1, 9])}
    figure = plot_profile(profiles, title="t", quantity=quantity)
    ax = axes(figure)
    FigureCanvasAgg(figure).draw()
    first, last = (ax.transData.transform((layer, 1.0))[0] for layer in (1, 3))
    assert (last < first) == backwards
    text = "layer, from the last back to the first" if backwards else "layer"
    assert ax.get_xlabel() == text
    found = {a.get_text(): a.xy[1] for a in ax.get_children() if isinstance(a, Annotation)}
    assert (found["rises"] > found["falls"]) == backwards  # labels stand at the right end


def test_the_predicted_growth_passes_through_the_last_layer() -> None:
    figure = plot_profile({"a": made([1, 2, 4, 99])}, title="t", growth={"a": 10.0, "b": 2.0})
    dashed = [line for line in axes(figure).lines if line.get_linestyle() == "--"]
    assert len(dashed) == 1
    np.testing.assert_allclose(np.asarray(dashed[0].get_xdata()), [1, 2, 3])
    np.testing.assert_allclose(np.asarray(dashed[0].get_ydata()), [400, 40, 4])


def test_values_that_a_log_axis_cannot_show_are_gaps() -> None:
    figure = plot_profile({"a": made([math.inf, 0.0, math.nan, 4, 2, 1])}, title="t")
    _, y = data(axes(figure), "a")
    assert np.isnan(y[:3]).all()
    assert y[3:] == [4, 2]


@pytest.mark.parametrize("error", [[math.nan] * 3, [math.inf] * 3, [0.0] * 3])
def test_a_profile_with_nothing_to_show_is_drawn_empty(error: list[float]) -> None:
    figure = plot_profile({"a": made(error)}, title="t", growth={"a": 2.0})
    assert picture(figure).startswith(b"\x89PNG")


# ---------------------------------------------------------------------------- histories


def test_a_history_is_drawn_from_the_first_step_on() -> None:
    runs = [History((3.0, 2.0, 1.0), (1.0,) * 3, {}), History((4.0, 5.0), (1.0,) * 2, {})]
    ax = axes(plot_history({"sgd": runs}, title="t"))
    drawn = [tuple(map(list, np.asarray(line.get_data()))) for line in ax.lines]
    assert drawn == [([1, 2, 3], [3, 2, 1]), ([1, 2], [4, 5])]
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training step", "training loss (log scale)")
    assert texts(ax) == ["sgd"]
    assert ax.lines[0].get_color() == ax.lines[1].get_color()


@pytest.mark.parametrize(
    ("loss", "cross"),
    [((3.0, 8.0, math.nan), (3, 8)), ((math.inf,), (1, 1)), ((0.5, 0.2), (2, 0.5))],
)
def test_a_run_that_broke_down_ends_in_a_cross(
    loss: tuple[float, ...], cross: tuple[float, float]
) -> None:
    stop = Breakdown(len(loss) - 1, "forward", "layers.1", "float32")
    history = History(loss, loss, {}, stop)
    ax = axes(plot_history({"a": [history]}, title="t"))
    marks = [line for line in ax.lines if line.get_marker() == "x"]
    assert len(marks) == 1
    (x,), (y,) = np.asarray(marks[0].get_data())
    assert x == cross[0]
    assert y >= cross[1]  # at its height, or above


# ---------------------------------------------------------------------------- growth maps


def test_the_map_has_depth_across_and_scale_upwards() -> None:
    _, (ax,) = chart()
    image = draw_growth_map(ax, plane())
    pixels = image.get_array()
    assert pixels is not None
    assert image.origin == "lower"
    assert tuple(image.get_extent()) == (0.5, 4.5, 0.5, 3.5)
    np.testing.assert_allclose(pixels, [[0, 1, 2, 3], [0, 2, 4, 6], [0, 3, 6, 9]])
    assert image.get_clim() == (-10, 10)


def test_explosion_is_red_and_vanishing_blue() -> None:
    _, (ax,) = chart()
    image = draw_growth_map(ax, plane())
    high, low = (image.to_rgba(np.array([[v]]))[0, 0] for v in (8.0, -8.0))
    assert high[0] > high[2]
    assert low[2] > low[0]


def test_a_map_marks_the_critical_scale() -> None:
    figure = plot_growth_map(plane(), title="Red explodes", critical=1.4)
    ax, bar = figure.axes
    (level,) = ax.lines
    assert list(np.asarray(level.get_ydata())) == [1.4, 1.4]
    assert texts(ax) == ["critical scale"]
    assert (ax.get_title(), ax.get_xlabel()) == ("Red explodes", "depth, layers")
    assert ax.get_ylabel() == r"weight scale $\sigma_w$"
    assert bar.get_ylabel() == "log10 of error signal, first layer over last"


def test_a_map_without_marks_has_none() -> None:
    ax = axes(plot_growth_map(plane(), title="t"))
    assert not ax.lines
    assert not texts(ax)


def test_a_map_of_a_single_scale_can_be_drawn() -> None:
    one = GrowthMap("relu", np.array([1.0]), np.zeros((4, 1, 2)), np.zeros((4, 1, 2)))
    _, (ax,) = chart()
    assert tuple(draw_growth_map(ax, one).get_extent()) == (0.5, 4.5, 0.5, 1.5)


def test_a_prediction_that_is_zero_is_a_gap() -> None:
    figure = plot_profile({"a": made([0, 0, 0, 1])}, title="t", growth={"a": 2.0})
    (dashed,) = (line for line in axes(figure).lines if line.get_linestyle() == "--")
    assert np.isnan(np.asarray(dashed.get_ydata(), dtype=float)).all()


def test_a_map_of_a_single_scale_is_a_picture() -> None:
    one = GrowthMap("relu", np.array([1.0]), np.zeros((4, 1, 2)), np.zeros((4, 1, 2)))
    assert picture(plot_growth_map(one, title="t")).startswith(b"\x89PNG")


# ---------------------------------------------------------------------------- bands


def test_a_band_is_the_median_between_the_outer_twentieths() -> None:
    _, (ax,) = chart()
    line = band(ax, [1, 2], np.arange(101)[:, None] * np.array([1, 10]), "runs")
    np.testing.assert_allclose(np.asarray(line.get_ydata()), [50, 500])
    edge = np.vstack([path.vertices for path in ax.collections[0].get_paths()])
    assert (edge[:, 1].min(), edge[:, 1].max()) == (5, 950)


# ---------------------------------------------------------------------------- labels


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "ends",
    [[1, 1, 1, 1, 1, 1], [1, 2, 3, 1000], [1, 999, 1000, 1000], [1, 1.01, 500, 501, 502],
     [5], [3, math.nan, 2.5]],
)  # fmt: skip
def test_labels_do_not_overlap_and_keep_the_order_of_their_curves(
    ends: list[float], log: bool
) -> None:
    figure, (ax,) = chart()
    style(ax, "t", "x", "y", log=log)
    for i, end in enumerate(ends):
        curve(ax, [0, 1, 2], [1, 2, end], f"curve {i}")
    label_ends(ax)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    labels = [child for child in ax.get_children() if isinstance(child, Annotation)]
    assert sorted(label.get_text() for label in labels) == [f"curve {i}" for i in range(len(ends))]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
    assert all(a.y1 <= b.y0 + 1 for a, b in pairwise(boxes))
    for label in labels:  # right of its curve's end, within the figure
        end = ends[int(label.get_text()[-1])]
        left, right = label.get_window_extent().intervalx
        assert ax.transData.transform((1 if math.isnan(end) else 2, 1))[0] < left
        assert right <= figure.bbox.x1 + 1
    heights = {label.get_text(): label.get_window_extent().y0 for label in labels}
    last = [2.0 if math.isnan(end) else end for end in ends]
    by_height = sorted(range(len(ends)), key=lambda i: heights[f"curve {i}"])
    assert [last[i] for i in by_height] == sorted(last)


def test_a_label_has_the_colour_of_its_curve_and_its_height() -> None:
    _, (ax,) = chart()
    curve(ax, [0, 1], [0, 0], "low", color="#0072B2")
    curve(ax, [0, 1], [0, 10], "high", color="#D55E00")
    curve(ax, [0, 1], [0, 5], "_hidden")
    ax.set_ylim(0, 10)
    label_ends(ax)
    found = {a.get_text(): a for a in ax.get_children() if isinstance(a, Annotation)}
    assert {name: a.get_color() for name, a in found.items()} == {
        "low": "#0072B2",
        "high": "#D55E00",
    }
    assert (found["low"].xy[1], found["high"].xy[1]) == (0.0, 1.0)


# ---------------------------------------------------------------------------- pictures


def picture(figure: Chart) -> bytes:
    bundle, _ = figure._repr_mimebundle_()
    png: bytes = bundle["image/png"]
    return png


def figures() -> dict[str, Chart]:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(6, 100)), axis=1)
    scales = np.linspace(0.5, 4, 64)
    tangent = np.log10(scales)[None, :, None] * np.arange(100.0)[:, None, None]
    tangent += rng.normal(size=tangent.shape)
    return {
        "profile": plot_profile({f"net {i}": made(list(np.exp(w))) for i, w in enumerate(walk)},
                                title="Profiles", growth={"net 0": 1.1}),
        "history": plot_history({"sgd": [History(tuple(np.exp(w)), tuple(w), {}) for w in walk]},
                                title="Histories"),
        "map": plot_growth_map(GrowthMap("relu", scales, tangent, tangent), title="Map",
                               critical=1.0),
    }  # fmt: skip


@pytest.mark.parametrize(("name", "figure"), figures().items())
def test_a_figure_shows_itself_as_a_small_picture_and_its_title(name: str, figure: Any) -> None:
    bundle, metadata = figure._repr_mimebundle_()
    assert bundle["text/plain"] == repr(figure) == f"Figure: {axes(figure).get_title()}"
    assert len(bundle["image/png"]) < 60_000
    image = Image.open(BytesIO(bundle["image/png"]))
    assert image.size == tuple(round(inches * 144) for inches in figure.get_size_inches())
    shown = metadata["image/png"]
    assert image.width / shown["width"] == pytest.approx(1.5, rel=0.01)
    assert len(np.unique(np.asarray(image.convert("L")))) > 10  # it is not blank


def test_several_titles_are_all_in_the_text() -> None:
    figure, (left, right) = chart(2)
    left.set_title("One")
    right.set_title("Two")
    assert repr(figure) == "Figure: One; Two"


def test_nothing_imports_pyplot_or_changes_the_settings() -> None:
    code = """
import sys, matplotlib
look = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"}
settings = look()
import numpy as np
import gradcourse, gradcourse.plots as plots
from gradcourse import Explorer, History, depth_slider
plots.plot_history({"a": [History((1.0, 2.0), (1.0, 1.0), {})]}, title="t")._repr_mimebundle_()
explorer = Explorer({"depth": depth_slider(3)}, compute=lambda depth: depth,
    setup=lambda figure: {"line": figure.subplots().plot([0, 1], [0, 1])[0]},
    draw=lambda artists, result, depth: artists["line"].set_ydata([0, depth]),
    describe=lambda result, depth: str(depth))
explorer.set(depth=5)
explorer._repr_mimebundle_()
assert "matplotlib.pyplot" not in sys.modules, "pyplot"
assert look() == settings, "rcParams"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
