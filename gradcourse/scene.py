"""What an explorer shows, as plain data: `scene.js` draws it in the browser, here or on a page."""

import base64
import io
import math
import pathlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from gradcourse.picture import css_size

SCRIPT = pathlib.Path(__file__).with_name("scene.js")
PX = 96 / 72  # CSS pixels a point
DASHES = {"--": (3.7, 1.6), ":": (1.0, 1.65), "-.": (6.4, 1.6, 1.0, 1.6)}  # in line widths
COMMANDS = {1: "m", 2: "l", 3: "q", 4: "c", 79: "z"}  # matplotlib's path codes in SVG's words
DISCS = {"o": 1.0, ".": 0.5}  # markers that are circles: diameters in marker sizes
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
BASELINES = {"top": "text-before-edge", "center": "central", "bottom": "text-after-edge"}


def frame(figure: Figure, moving: Mapping[str, Artist]) -> dict[str, Any]:
    """Everything that stays: size in CSS pixels, and a picture of it without the moving artists.

    Lays the figure out, once: from then on its axes stay where they are.

    Raises:
        TypeError: an artist is no line, image or text.
    """
    for name, artist in moving.items():
        if not isinstance(artist, (Line2D, AxesImage, Text)):
            kind = type(artist).__name__
            raise TypeError(f"an Explorer moves lines, images and texts; {name!r} is a {kind}")
        artist.set_animated(True)  # which keeps it out of the picture below
        artist.set_in_layout(False)  # it may have no data yet
    figure.set_dpi(96)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_layout_engine("none")
    width, height = css_size(figure)
    figure.set_dpi(2 * 96)  # crisp on a dense screen and at 200 %
    canvas.draw()
    figure.set_dpi(96)
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    background = _url(pixels.quantize(256, dither=Image.Dither.NONE))
    return {"width": width, "height": height, "background": background}


def snapshot(artists: Mapping[str, Artist]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The moving artists as they are now: lines and texts by name, and images by name.

    A line is its data, how they become CSS pixels, and its style; see `scene.js`.
    """
    shown: dict[str, Any] = {}
    images: dict[str, Any] = {n: a for n, a in artists.items() if isinstance(a, AxesImage)}
    for name, artist in artists.items():
        if isinstance(artist, Line2D):
            shown[name] = _line(artist)
        elif isinstance(artist, Text):
            shown[name] = _text(artist)
        elif isinstance(artist, AxesImage):
            shown[name] = {"kind": "image", "box": _image_box(artist), "clip": _clip(artist)}
    return shown, images


def image_url(image: AxesImage) -> str:
    """The pixels of an image as PNG, top row first."""
    colours = image.to_rgba(np.ma.asarray(image.get_array()), bytes=True)
    return _url(Image.fromarray(colours[:: -1 if image.origin == "lower" else 1]))


def numbers(values: ArrayLike) -> list[float | None]:
    """Numbers as JSON has them: None where one is not finite."""
    array: NDArray[np.float64] = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
    return [v if math.isfinite(v) else None for v in array.tolist()]


@cache
def live_picture() -> Any:
    """The widget class that draws a scene in a notebook; made at its first use."""
    import anywidget
    import traitlets

    class Picture(anywidget.AnyWidget):
        """`frame` stays; `shown` (artists and sentence, or an error) and `images` follow."""

        _esm = SCRIPT.read_text(encoding="utf-8")
        frame = traitlets.Dict().tag(sync=True)
        images = traitlets.Dict().tag(sync=True)
        shown = traitlets.Dict().tag(sync=True)

    return Picture


def _line(line: Line2D) -> dict[str, Any]:
    x, y = line.get_data()
    across, up = _scales(line.get_transform(), _height(line))
    style, width = line.get_linestyle(), line.get_linewidth() * PX
    return {
        "kind": "line", "x": numbers(x), "y": numbers(y), "across": across, "up": up,
        "colour": to_hex(line.get_color()) if style != "None" else "none", "width": width,
        "dashes": [width * dash for dash in DASHES.get(str(style), ())],
        "opacity": line.get_alpha() or 1.0, "marker": _marker(line), "clip": _clip(line),
    }  # fmt: skip


def _scales(transform: Transform, height: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """How data become pixels from the left and from the top: at + per · (value, or its log10).

    A straight axis moves 1, 10 and 100 by unequal steps, a logarithmic one by equal steps.
    """
    probes: NDArray[np.float64] = transform.transform([[1.0, 1.0], [10.0, 10.0], [100.0, 100.0]])
    found = []
    for first, second, third in (probes[:, 0], height - probes[:, 1]):
        log = math.isclose(third - second, second - first, rel_tol=1e-5)
        per = second - first if log else (second - first) / 9
        found.append({"log": log, "at": first if log else first - per, "per": per})
    return found[0], found[1]


def _marker(line: Line2D) -> dict[str, Any] | None:
    marker: Any = tuple(m) if isinstance(m := line.get_marker(), list) else m
    size, width = line.get_markersize() * PX, line.get_markeredgewidth() * PX
    face, edge = _colour(line.get_markerfacecolor()), _colour(line.get_markeredgecolor())
    symbol, filled, cap = *_symbol(marker, size), "butt"
    if face == edge and marker in DISCS:  # a dot of a round pen: a tenth of the path to draw
        symbol, filled, cap, width = "h0", False, "round", width + DISCS[marker] * size
    looks = {"face": face if filled else "none", "edge": edge, "width": width, "cap": cap}
    return {"path": symbol, **looks} if symbol else None


@lru_cache
def _symbol(marker: Any, size: float) -> tuple[str, bool]:
    """A marker as an SVG path that starts wherever the pen is, and whether it has an inside."""
    style = MarkerStyle(marker)
    path = style.get_path().transformed(style.get_transform() + Affine2D().scale(size, -size))
    told, pen, start = "", np.zeros(2), np.zeros(2)
    for flat, code in path.iter_segments():
        corners = np.reshape([] if code == 79 else flat, (-1, 2))
        told += COMMANDS[int(code)] + ",".join(f"{v:.3g}" for v in (corners - pen).ravel())
        pen = start if code == 79 else corners[-1]
        start = pen if code == 1 else start
    return told, style.is_filled()


def _text(text: Text) -> dict[str, Any]:
    x, y = text.get_transform().transform(text.get_position())
    return {
        "kind": "text", "text": text.get_text(), "x": x, "y": _height(text) - y,
        "anchor": ANCHORS[str(text.get_horizontalalignment())],
        "baseline": BASELINES.get(str(text.get_verticalalignment()), "auto"),
        "size": float(text.get_fontsize()) * PX, "colour": to_hex(text.get_color()),
    }  # fmt: skip


def _image_box(image: AxesImage) -> list[float]:
    """Left, top, width and height in pixels, rows of the image from top to bottom."""
    assert image.axes is not None
    left, right, bottom, top = image.get_extent()
    corners = image.axes.transData.transform([(left, bottom), (right, top)])
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return [x0, _height(image) - y1, x1 - x0, y1 - y0]


def _clip(artist: Artist) -> list[float] | None:
    """The box of the artist's axes, in pixels, beyond which nothing of it is drawn."""
    if artist.axes is None or not artist.get_clip_on():
        return None
    box = artist.axes.bbox
    return [box.x0, _height(artist) - box.y1, box.width, box.height]


def _height(artist: Artist) -> float:
    """Of the artist's figure, in pixels: matplotlib counts them from the bottom, a page not."""
    figure = artist.get_figure(root=True)
    assert figure is not None
    return float(figure.bbox.height)


def _colour(colour: Any) -> str:
    return "none" if isinstance(colour, str) and colour.lower() == "none" else to_hex(colour)


def _url(image: Image.Image) -> str:
    data = io.BytesIO()
    image.save(data, "png")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
