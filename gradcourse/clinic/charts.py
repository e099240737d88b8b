"""The pictures of the clinic: the ward with its beds, and one visit before and after."""

import io
import math
from collections.abc import Mapping
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.ticker import MaxNLocator
from PIL import Image

from gradcourse.clinic.formulary import written
from gradcourse.clinic.patient import Patient
from gradcourse.clinic.run import Run
from gradcourse.clinic.visit import Visit
from gradcourse.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    RED,
    Chart,
    chart,
    curve,
    label_ends,
    style,
)

COLUMNS = 4
LOOKS = {  # state → colour of the bed, and what is written in it
    "⬜": (GREY, "sick"),
    "✅": (BLUE, "✓ healed"),
    "⭐": (GREEN, "★ healed, star"),
}


def ward_chart(ward: Mapping[str, Patient], states: Mapping[str, str]) -> Chart:
    """Twelve beds: id, complaint, goal, and the state in word, mark and colour."""
    figure, (ax,) = chart(width=8.8, height=4.6)
    healed = sum(state != "⬜" for state in states.values())
    stars = sum(state == "⭐" for state in states.values())
    ax.set_title(
        f"The ward: {healed} of {len(ward)} healed, {stars} with a star. Goals: test accuracy",
        fontsize=12,
    )
    rows = -(-len(ward) // COLUMNS)
    ax.set(xlim=(0, COLUMNS), ylim=(rows, 0))
    ax.axis("off")
    for i, (name, patient) in enumerate(ward.items()):
        _bed(ax, i % COLUMNS, i // COLUMNS, patient, states[name])
    return figure


def _bed(ax: Axes, x: float, y: float, patient: Patient, state: str) -> None:
    colour, word = LOOKS[state]
    sick = state == "⬜"
    ax.add_patch(
        FancyBboxPatch(
            (x + 0.06, y + 0.09),
            0.88,
            0.82,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor="white" if sick else "#f2f9f6",
            edgecolor=colour,
            linewidth=1.2 + 1.2 * (not sick),
        )
    )
    ax.add_patch(Rectangle((x + 0.06, y + 0.27), 0.88, 0.008, color=colour, linewidth=0))
    ax.text(x + 0.1, y + 0.19, patient.id, fontsize=12, weight="bold", color=INK, va="center")
    ax.text(x + 0.9, y + 0.19, word, fontsize=10.5, color=colour, ha="right", va="center")
    lines = wrap(f"“{patient.complaint}”", 30)
    ax.text(x + 0.1, y + 0.33, "\n".join(lines), fontsize=8, color=INK, va="top", linespacing=1.2)
    ax.text(x + 0.1, y + 0.84, f"goal ≥ {patient.target:g}", fontsize=8, color=INK, va="center")


def fewer_colours(png: bytes) -> bytes:
    """The same picture with 32 colours: a page of text needs no more, and it takes 51 KB."""
    small = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(32, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


def visit_chart(visit: Visit) -> Chart:
    """Before and after, beside each other: the goal, the loss, and the error signal at step 0."""
    figure, (goal, loss, error) = chart(3, width=9.5, height=3.4)
    result = "healed, star" if visit.star else "healed" if visit.healed else "not healed"
    figure.suptitle(f"{visit.patient.id} with {written(visit.given)}: {result}", fontsize=12)
    style(goal, "Test accuracy", "training step", "share right")
    style(loss, "Training loss", "training step", "loss", log=True)
    style(
        error, "Error signal at step 0", f"{_rows(visit)}, from the last back", "‖∂L/∂h‖", log=True
    )
    goal.axhline(visit.patient.target, color=INK, linestyle="--", linewidth=1)
    goal.annotate("goal", (0.02, visit.patient.target), (0, 3), xycoords=("axes fraction", "data"),
                  textcoords="offset points", fontsize=9)  # fmt: skip
    goal.set_ylim(-0.03, 1.05)
    for label, found, colour, mark in (
        ("before", visit.before.run, RED, "s"),
        ("after", visit.after.run, BLUE, "o"),
    ):
        curve(goal, found.steps, found.values, label, color=colour, marker=mark, markersize=4)
        _draw_loss(loss, found, label, colour)
        _draw_error(error, found, label, colour, mark)
    error.invert_xaxis()
    for ax in (loss, error):
        _widen(ax)
    goal.set_xlim(left=0)
    for ax in (goal, loss, error):
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.title.set_fontsize(10.5)
        label_ends(ax, gap=0.09)
    return figure


def _widen(ax: Axes) -> None:
    """Limits of a log axis two decades apart or more: what differs little looks alike."""
    low, high = np.log10(ax.get_ylim())
    more = max(0.0, 2 - (high - low)) / 2
    ax.set_ylim(10 ** (low - more), 10 ** (high + more))


def _rows(visit: Visit) -> str:
    return "time step" if visit.patient.recipe.net == "recurrent" else "layer"


def _draw_loss(ax: Axes, run: Run, label: str, colour: str) -> None:
    """Every step, thin, and medians over 4 % of them; a cross where the run broke off."""
    values = np.array(run.history.loss)
    raw = np.where(np.isfinite(values), values, np.nan)
    ax.plot(np.arange(1, len(raw) + 1), raw, color=colour, linewidth=0.6, alpha=0.45, label="_")
    size = max(len(values) // 25, 1)
    parts = [np.median(values[i : i + size]) for i in range(0, len(values), size)]
    steps = np.arange(len(parts)) * size + 1
    shown = np.where(np.isfinite(parts), parts, np.nan)
    curve(ax, steps, shown, label, color=colour)
    if run.history.breakdown is not None:
        last = shown[np.isfinite(shown)][-1] if np.isfinite(shown).any() else 2.3
        ax.plot(len(values), last, "x", color=colour, markersize=10, markeredgewidth=2.5)
        ax.annotate("NaN", (len(values), last), (7, 6), textcoords="offset points", fontsize=9,
                    color=colour)  # fmt: skip


def _draw_error(ax: Axes, run: Run, label: str, colour: str, mark: str) -> None:
    profile = run.history.profiles[0]
    values = profile.error[: profile.depth]
    shown = np.where((values > 0) & (values < math.inf), values, np.nan)
    some = max(profile.depth // 12, 1)
    curve(ax, np.arange(1, len(shown) + 1), shown, label, color=colour, marker=mark, markersize=4,
          markevery=some, linewidth=4 if label == "before" else 1.5,
          alpha=0.5 if label == "before" else 1)  # fmt: skip
    if not np.isfinite(shown).any():
        height = 0.5 if label == "before" else 0.4
        ax.text(0.5, height, f"{label}: inf or NaN", color=colour, transform=ax.transAxes,
                ha="center", fontsize=9.5)  # fmt: skip
