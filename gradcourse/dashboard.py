"""One picture of a whole run, with a slider over its steps."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradcourse.diagnosis.verdict import judge
from gradcourse.explore import Explorer
from gradcourse.measure import watch
from gradcourse.picture import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, style
from gradcourse.profile import Profile
from gradcourse.train import History

LIMIT = 4.0  # decades at which the colours of the heat map end
PANELS = {  # what → title, axis label, colour
    "rms": ("Signal, root mean square", "size of h", BLUE),
    "error": ("Error signal ‖∂L/∂h‖", "size of δ", RED),
    "gradient": ("Gradient : weight", "‖∂L/∂W‖ / ‖W‖", PURPLE),
    "update": ("Update : weight (dashed: 1e-3)", "‖ΔW‖ / ‖W‖", ORANGE),
}
SHARES = {"dead": (INK, "white"), "saturated": (GREEN, GREEN)}  # line, marker's face


def dashboard(run: History | watch | Mapping[int, Profile]) -> Explorer:
    """An `Explorer` of a run: six panels and a slider over the recorded steps.

    Signal, error signal, gradient : weight, update : weight, and the shares of dead units and
    saturated entries, layer by layer at one step; and the error signal of every layer at every
    step, relative to the last layer before the readout. The sentence is the diagnosis of the
    step. Updates need `watch(…, optimizer=…)`, shares `units=True`; `fit` records both.

    Args:
        run: a `History` of `fit(…, record_every=…)`, a `watch`, or profiles by step.

    Raises:
        ValueError: no step was recorded, or the steps do not all have the same layers.
    """
    profiles = _by_step(run)
    names = {profile.layers for profile in profiles.values()}
    if len(names) != 1:
        raise ValueError(f"dashboard needs recorded steps of the same layers, got {len(names)}")
    from ipywidgets import IntSlider

    steps = np.array(sorted(profiles))
    gap = int(np.gcd.reduce(np.diff(steps))) if len(steps) > 1 else 1
    slider = IntSlider(steps[0], steps[0], steps[-1], gap, description="training step")

    def recorded(step: int) -> tuple[int, Profile]:
        last = int(steps[steps <= step][-1])
        return last, profiles[last]

    return Explorer(
        {"step": slider},
        compute=recorded,
        setup=lambda figure: _setup(figure, profiles),
        draw=_draw,
        describe=lambda found, step: f"Step {found[0]}: {str(judge(found[1])).splitlines()[0]}",
        height=5.4,
    )


def _by_step(run: History | watch | Mapping[int, Profile]) -> Mapping[int, Profile]:
    if isinstance(run, watch):
        return {run.every * i: profile for i, profile in enumerate(run.profiles)}
    return run.profiles if isinstance(run, History) else run


def _values(profile: Profile, what: str) -> NDArray[np.float64]:
    """A panel's numbers, one a layer; NaN where a log axis has no place for them."""
    with np.errstate(all="ignore"):
        values = {
            "rms": profile.rms,
            "error": profile.error,
            "gradient": profile.weight_gradient / profile.weight,
            "update": profile.update / profile.weight,
        }[what]
    return np.where((values > 0) & (values < np.inf), values, np.nan)


def _setup(figure: Figure, profiles: Mapping[int, Profile]) -> dict[str, Artist]:
    panels = list(figure.subplots(2, 3).flat)
    first = next(iter(profiles.values()))
    numbers = np.arange(1, len(first.layers) + 1)
    artists: dict[str, Artist] = {}
    for ax, (what, (title, label, colour)) in zip(panels[:4], PANELS.items(), strict=True):
        style(ax, title, "layer", label, log=True)
        every = np.concatenate([_values(p, what) for p in profiles.values()])
        low, high = _limits(every)
        ax.set(ylim=(low, high), xlim=(0.5, len(numbers) + 0.5))
        (artists[what],) = ax.plot(numbers, numbers * np.nan, "o-", ms=3, color=colour)
    panels[3].axhline(1e-3, color=INK, linestyle="--", linewidth=1)
    style(panels[4], "Dead units ○, saturated entries ▲", "layer", "share")
    panels[4].set(ylim=(-0.03, 1.03), xlim=(0.5, len(numbers) + 0.5))
    for (what, (colour, face)), mark in zip(SHARES.items(), "o^", strict=True):
        (artists[what],) = panels[4].plot(
            numbers, numbers * np.nan, f"{mark}-", ms=5, color=colour, mfc=face
        )
    artists["cursor"] = _heat_map(panels[5], profiles)
    for ax in panels:
        ax.title.set_fontsize(10)
    return artists


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits of a log axis around all finite values, three decades apart or more."""
    logs = np.log10(values[np.isfinite(values)])
    low, high = (logs.min(), logs.max()) if logs.size else (-3.0, 0.0)
    margin = max(0.2, (3 - (high - low)) / 2)
    return float(10 ** (low - margin)), float(10 ** (high + margin))


def _heat_map(ax: Axes, profiles: Mapping[int, Profile]) -> Artist:
    """Decades of the error signal over that of the last hidden layer; returns the cursor."""
    steps = sorted(profiles)
    columns = []
    for profile in (profiles[step] for step in steps):
        error = profile.error[: profile.depth]
        with np.errstate(all="ignore"):
            columns.append(np.log10(error / error[-1]))
    decades = np.ma.masked_invalid(np.clip(np.array(columns).T, -LIMIT, LIMIT))
    edges = np.append(steps, steps[-1] + (steps[-1] - steps[-2] if len(steps) > 1 else 1))
    image = ax.pcolormesh(
        edges, np.arange(len(decades) + 1) + 0.5, decades, cmap="RdBu_r", vmin=-LIMIT, vmax=LIMIT
    )
    ax.set_facecolor(GREY)
    style(ax, "Error signal : last layer's", "training step", "layer")
    ax.grid(visible=False)
    ax.figure.colorbar(image, ax=ax, extend="both").set_label("decades (log10)", fontsize=9)
    return ax.axvline(steps[0], color=INK, linewidth=1.5)


def _draw(artists: Mapping[str, Any], found: tuple[int, Profile], step: int) -> None:
    step, profile = found
    for what in PANELS:
        artists[what].set_ydata(_values(profile, what))
    for what in SHARES:
        artists[what].set_ydata(getattr(profile, what))
    artists["cursor"].set_xdata([step, step])
