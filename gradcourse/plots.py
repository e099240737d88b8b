"""From numbers to figures. Nothing here computes a gradient, and nothing uses pyplot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from gradcourse.growth import GrowthMap
from gradcourse.picture import png
from gradcourse.profile import Profile
from gradcourse.train import History

# Okabe & Ito's palette, told apart with any colour vision.
INK, GREY = "#222222", "#767676"
BLUE, RED, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
)  # fmt: skip
COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
MAP_LIMIT = 10.0  # decades at which the colours of a growth map end


class Chart(Figure):
    """A matplotlib `Figure` that shows itself in a notebook; its titles are its text."""

    def __repr__(self) -> str:
        return "Figure: " + "; ".join(title for ax in self.axes if (title := ax.get_title()))

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        canvas = FigureCanvasAgg(self)
        canvas.draw()
        width, height = (round(inches * 96) for inches in self.get_size_inches())
        data = {"image/png": png(canvas, small=True), "text/plain": repr(self)}
        return data, {"image/png": {"width": width, "height": height}}


def chart(columns: int = 1, *, width: float = 7.5, height: float = 3.8) -> tuple[Chart, list[Axes]]:
    """An empty figure with `columns` axes side by side; sizes in inches."""
    figure = Chart(figsize=(width, height), dpi=144, layout="constrained")
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
    found = []
    for line in ax.lines:
        x, y = (np.asarray(values, dtype=float) for values in line.get_data())
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if finite.size and not str(line.get_label()).startswith("_"):
            points = np.stack([x, y], axis=1)[finite[[0, -1]]]
            ends = ax.transAxes.inverted().transform(ax.transData.transform(points))
            found.append((float(ends[ends[:, 0].argmax(), 1]), line))
    found.sort(key=lambda pair: pair[0])
    heights = [min(max(height, 0.0), 1.0) for height, _ in found]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    drop = max(0.0, max(heights, default=0.0) - 1.0)
    for height, (_, line) in zip(heights, found, strict=True):
        ax.annotate(
            str(line.get_label()), (1.01, height - drop), xycoords="axes fraction", va="center",
            fontsize=9.5, color=line.get_color(), annotation_clip=False,
        )  # fmt: skip


SCALE_LABEL = r"weight scale $\sigma_w$"
YLABELS = {
    "error": "error signal ‖∂L/∂h‖",
    "weight_gradient": "weight gradient ‖∂L/∂W‖",
    "rms": "activation, root mean square",
}


def plot_profile(
    profiles: Mapping[str, Profile],
    *,
    title: str,
    quantity: str = "error",
    growth: Mapping[str, float] | None = None,
) -> Chart:
    """One curve a profile over the layers, on a log axis.

    Gradients are drawn the way they travel: from the last layer, on the left, to the first.

    Args:
        profiles: label → profile.
        title: the finding, in words.
        quantity: "error", "weight_gradient" or "rms".
        growth: label → growth per layer that theory predicts, drawn dashed through the value
            at the last layer.
    """
    figure, (ax,) = chart()
    style(ax, title, "layer", YLABELS[quantity], log=True)
    if quantity != "rms":
        ax.set_xlabel("layer, from the last back to the first", fontsize=10)
        ax.invert_xaxis()
    for (label, profile), colour in zip(profiles.items(), COLOURS, strict=False):
        layers = np.arange(1, profile.depth + 1)
        values = np.where(np.isfinite(v := getattr(profile, quantity)), v, np.nan)[: len(layers)]
        curve(ax, layers, np.where(values > 0, values, np.nan), label, color=colour)
        if growth and label in growth:
            line = values[-1] * growth[label] ** (profile.depth - layers)
            ax.plot(layers, line, "--", color=INK, linewidth=1.0, zorder=3)
    label_ends(ax)
    return figure


def plot_history(runs: Mapping[str, Sequence[History]], *, title: str) -> Chart:
    """Training loss over the steps, one colour a label and one thin line a seed.

    A run that met inf or NaN ends in a cross.
    """
    figure, (ax,) = chart()
    style(ax, title, "training step", "training loss", log=True)
    for (label, histories), colour in zip(runs.items(), COLOURS, strict=False):
        for i, history in enumerate(histories):
            loss = np.array(history.loss)
            name = label if i == 0 else "_"
            curve(ax, np.arange(1, len(loss) + 1), loss, name, color=colour, alpha=0.8)
            if history.breakdown is not None:
                last = np.nanmax(np.where(np.isfinite(loss), loss, np.nan), initial=1.0)
                ax.plot(len(loss), last, "x", color=colour, markersize=9, markeredgewidth=2)
    label_ends(ax)
    return figure


def draw_growth_map(ax: Axes, found: GrowthMap) -> AxesImage:
    """The map on existing axes: depth across, scale upwards, decades as colour."""
    low, high = found.scales[0], found.scales[-1]
    half = (high - low) / max(2 * (len(found.scales) - 1), 1)
    return ax.imshow(
        found.decades.T, origin="lower", aspect="auto", cmap="RdBu_r", interpolation="nearest",
        vmin=-MAP_LIMIT, vmax=MAP_LIMIT,
        extent=(0.5, len(found.tangent) + 0.5, low - half, high + half),
    )  # fmt: skip


def plot_growth_map(
    found: GrowthMap,
    *,
    title: str,
    critical: float | None = None,
    cursor: tuple[int, float] | None = None,
) -> Chart:
    """The growth map with a colour bar, the critical scale as a line, and a cursor.

    Args:
        found: evenly spaced scales.
        title: the finding, in words.
        critical: scale at which theory sees neither growth nor decay.
        cursor: `(depth, scale)` of a net to mark.
    """
    figure, (ax,) = chart()
    image = draw_growth_map(ax, found)
    style(ax, title, "depth, layers", SCALE_LABEL)
    ax.grid(visible=False)
    bar = figure.colorbar(image, extend="both")
    bar.set_label("log10 of error signal, first layer over last", fontsize=9)
    if critical is not None:
        ax.axhline(critical, color=INK, linestyle="--", linewidth=1)
        ax.annotate("critical scale", (1, critical), (4, 4), textcoords="offset points", fontsize=9)
    if cursor is not None:
        ax.plot(
            *cursor,
            "o",
            markersize=9,
            markerfacecolor="none",
            markeredgecolor=INK,
            markeredgewidth=2,
        )
    return figure


def plot_activations(samples: Sequence[ArrayLike], *, title: str) -> Chart:
    """How the entries of h_l spread, layer by layer: median, 25–75 % and 5–95 %.

    Args:
        samples: the activations of each layer, any shape; row 0 is layer 1.
        title: the finding, in words.
    """
    figure, (ax,) = chart()
    style(ax, title, "layer", "activation h")
    levels = [5, 25, 50, 75, 95]
    spread = np.array([np.percentile(np.asarray(sample), levels) for sample in samples]).T
    layers = np.arange(1, len(samples) + 1)
    ax.fill_between(layers, spread[0], spread[4], color=BLUE, alpha=0.2, linewidth=0)
    ax.fill_between(layers, spread[1], spread[3], color=BLUE, alpha=0.35, linewidth=0)
    for row, label in zip(spread, ["5 %", "25 %", "median", "75 %", "95 %"], strict=True):
        curve(ax, layers, row, label, color=BLUE, linewidth=1.8 if label == "median" else 0.5)
    label_ends(ax)
    return figure
