"""From numbers to figures. Nothing here computes a gradient, and nothing uses pyplot."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from gradcourse.growth import GrowthMap
from gradcourse.picture import COLOURS, INK, Chart, chart, curve, label_ends, style
from gradcourse.profile import Profile
from gradcourse.train import History

MAP_LIMIT = 10.0  # decades at which the colours of a growth map end
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
    """One curve of `quantity` ("error", "weight_gradient", "rms") a profile, on a log axis.

    Gradients are drawn the way they travel: from the last layer, on the left, to the first.
    `growth` per layer in theory, by label, is dashed through the value at the last layer.
    """
    figure, (ax,) = chart()
    style(ax, title, "layer", YLABELS[quantity], log=True)
    if quantity != "rms":
        ax.set_xlabel("layer, from the last back to the first", fontsize=10)
        ax.invert_xaxis()
    for (label, profile), colour in zip(profiles.items(), COLOURS, strict=False):
        layers = np.arange(1, profile.depth + 1)
        values = _positive(getattr(profile, quantity)[: len(layers)])
        curve(ax, layers, values, label, color=colour)
        if growth and label in growth:
            line = _positive(values[-1] * growth[label] ** (profile.depth - layers))
            ax.plot(layers, line, "--", color=INK, linewidth=1.0, zorder=3)
    label_ends(ax)
    return figure


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a log axis can show, with NaN for the rest."""
    return np.where((values > 0) & (values < np.inf), values, np.nan)


def plot_history(runs: Mapping[str, Sequence[History]], *, title: str) -> Chart:
    """Training loss over the steps: one colour a label, one thin line a run.

    Lines are running medians over 2 % of the steps. A run that met inf or NaN ends in a cross,
    at the upper edge if its loss was beyond.
    """
    figure, (ax,) = chart()
    style(ax, title, "training step", "training loss", log=True)
    finished = [h.loss for found in runs.values() for h in found if h.breakdown is None]
    top = 10 * max(map(max, finished)) if finished else np.inf
    for (label, histories), colour in zip(runs.items(), COLOURS, strict=False):
        for i, history in enumerate(histories):
            loss = np.clip(history.loss, None, top)  # keeps NaN
            smooth = _running_median(loss, 1 + 2 * (len(loss) // 100))
            name = label if i == 0 else "_"
            curve(ax, np.arange(1, len(loss) + 1), smooth, name, color=colour, linewidth=1.2)
            if history.breakdown is not None:
                last = np.nanmax(np.where(np.isfinite(loss), loss, np.nan), initial=1.0)
                ax.plot(len(loss), last, "x", color=colour, markersize=9, markeredgewidth=2)
    label_ends(ax)
    return figure


def _running_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    padded = np.pad(values, window // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=-1)


def draw_growth_map(ax: Axes, found: GrowthMap) -> AxesImage:
    """The map on existing axes: depth across, scale upwards, decades as colour."""
    low, high = found.scales[0], found.scales[-1]
    half = (high - low) / max(2 * (len(found.scales) - 1), 1) or 0.5
    return ax.imshow(
        found.decades.T, origin="lower", aspect="auto", cmap="RdBu_r", interpolation="nearest",
        vmin=-MAP_LIMIT, vmax=MAP_LIMIT,
        extent=(0.5, len(found.tangent) + 0.5, low - half, high + half),
    )  # fmt: skip


def plot_growth_map(found: GrowthMap, *, title: str, critical: float | None = None) -> Chart:
    """The growth map, whose scales must be evenly spaced, with a colour bar.

    The scale `critical`, at which theory sees neither growth nor decay, becomes a line.
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
    return figure
