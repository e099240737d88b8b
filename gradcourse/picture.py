"""The kit that every figure is made with, and from a figure to PNG bytes. No pyplot."""

import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike
from PIL import Image

# Okabe & Ito's palette, told apart with any colour vision.
INK, GREY = "#222222", "#767676"
BLUE, RED, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
)  # fmt: skip
COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)


class Chart(Figure):
    """A matplotlib `Figure` that shows itself in a notebook; its titles are its text."""

    def __repr__(self) -> str:
        return "Figure: " + "; ".join(title for ax in self.axes if (title := ax.get_title()))

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return bundle(self, repr(self))


def chart(columns: int = 1, *, width: float = 7.5, height: float = 3.8) -> tuple[Chart, list[Axes]]:
    """An empty figure with `columns` axes side by side; sizes in inches."""
    figure = Chart(figsize=(width, height), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, columns)))


def style(ax: Axes, title: str, xlabel: str, ylabel: str, *, log: bool = False) -> None:
    """The course's house style: a title that says the finding, labelled axes, little ink."""
    ax.set_title(title, loc="center", fontsize=11, color=INK)
    ax.set_xlabel(xlabel, fontsize=10)
    ax.set_ylabel(f"{ylabel} (log scale)" if log else ylabel, fontsize=10)
    if log:
        ax.set_yscale("log")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#e3e3e3", linewidth=0.6)
    ax.set_axisbelow(True)


def curve(ax: Axes, x: ArrayLike, y: ArrayLike, label: str, **kwargs: Any) -> Line2D:
    """A line that `label_ends` will label."""
    return ax.plot(x, y, label=label, **{"linewidth": 1.8, **kwargs})[0]


def band(ax: Axes, x: ArrayLike, runs: ArrayLike, label: str, **kwargs: Any) -> Line2D:
    """The median of several runs `(runs, points)` in a band from 5 to 95 %."""
    low, middle, high = np.percentile(np.asarray(runs), [5, 50, 95], axis=0)
    line = curve(ax, x, middle, label, **kwargs)
    ax.fill_between(np.asarray(x), low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    return line


def label_ends(ax: Axes, *, gap: float = 0.065) -> None:
    """Writes each curve's label beside its right end, in its colour, none over another.

    Call it last: the axes' limits must be final. `gap` is in heights of the axes.
    """
    ax.get_xlim()  # settles the limits that autoscaling has left open
    ax.get_ylim()
    named = [line for line in ax.lines if not str(line.get_label()).startswith("_")]
    ends = {line: end for line in named if (end := _right_end(ax, line))}
    lines = sorted(ends, key=lambda line: ends[line][1])
    heights = [min(max(ends[line][1], 0.0), 1.0) for line in lines]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    drop = max(0.0, max(heights, default=0.0) - 1.0)
    for line, height in zip(lines, heights, strict=True):
        x = ends[line][0]
        ax.annotate(
            str(line.get_label()), (1.01 if x > 0.9 else x + 0.02, height - drop), va="center",
            xycoords="axes fraction", fontsize=9.5, color=line.get_color(), annotation_clip=False,
        )  # fmt: skip


def _right_end(ax: Axes, line: Line2D) -> tuple[float, float] | None:
    """Where a line ends on the right, in fractions of the axes; None if it has no finite point."""
    points = np.stack([np.asarray(v, dtype=float) for v in line.get_data()], axis=1)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    ends = ax.transAxes.inverted().transform(ax.transData.transform(points[[0, -1]]))
    x, y = ends[ends[:, 0].argmax()]
    return float(x), float(y)


def css_size(figure: Figure) -> tuple[int, int]:
    """Width and height of a figure in CSS pixels, of which an inch has 96."""
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    return width, height


def bundle(figure: Figure, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata for a notebook: the picture and, for who cannot see it, the text.

    The PNG has 1.5 pixels a CSS pixel and at most 256 colours: small and crisp.
    """
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=144)
    image = Image.open(drawn).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    size = dict(zip(("width", "height"), css_size(figure), strict=True))
    return {"image/png": small.getvalue(), "text/plain": text}, {"image/png": size}
