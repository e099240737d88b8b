"""What a treatment did: before, after, and in words what it changed and what it left."""

import math
from dataclasses import dataclass, field
from typing import Any

from gradcourse.clinic.formulary import FORMULARY, Given, written
from gradcourse.clinic.patient import Patient
from gradcourse.clinic.run import Run
from gradcourse.diagnosis import Diagnosis, diagnose

NEAR = 0.07  # above chance; what a net that always says the same can reach by luck


@dataclass(frozen=True)
class Finding:
    """A run at the end: the goal's value, and the diagnosis of what it recorded."""

    value: float
    diagnosis: Diagnosis
    run: Run = field(repr=False)


@dataclass(frozen=True, repr=False)
class Visit:
    """One treatment of one patient.

    Attributes:
        patient, given: who was given what.
        healed: the goal is reached.
        star: healed, with the fewest treatments that can do it.
        before, after: the sick and the treated run.
        text: what the treatments changed and what they left.
    """

    patient: Patient = field(repr=False)
    given: Given
    healed: bool
    star: bool
    before: Finding
    after: Finding
    text: str

    def __repr__(self) -> str:
        state = "⭐ healed" if self.star else "✅ healed" if self.healed else "❌ not healed"
        fewer = f"; {self.patient.needs} can be enough" * (self.healed and not self.star)
        head = f"{self.patient.id} with {written(self.given)}: {state}{fewer}"
        return "\n  ".join([head, *self.text.splitlines()])

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from gradcourse.clinic.charts import visit_chart
        from gradcourse.picture import bundle

        return bundle(visit_chart(self), repr(self))


def examine(patient: Patient, given: Given) -> Visit:
    """Trains the treated run and compares it with the sick one."""
    run = patient.treated(given)
    given = {name: _stocked(patient, name, value) for name, value in given.items()}
    before, after = (Finding(r.value, diagnose(r.history), r) for r in (patient.run, run))
    healed = after.value >= patient.target
    star = healed and len(given) == patient.needs
    lines = [*_changes(patient, given, run), *_numbers(patient, before, after)]
    lines += [_conclusion(patient, given, patient.run, run, healed)]
    return Visit(patient, given, healed, star, before, after, "\n".join(lines))


def _stocked(patient: Patient, name: str, value: Any) -> Any:
    """The value as the stock writes it: 1.0 for 1."""
    return next(other for other in patient.stock[name] if other == value)


def _changes(patient: Patient, given: Given, run: Run) -> list[str]:
    """A line for each treatment: what it changes and what it leaves."""
    lines = []
    for name in (n for n in FORMULARY if n in given):
        old, new, remedy = getattr(patient.recipe, name), given[name], FORMULARY[name]
        factor = new / old if name == "scale" else 1.0
        changes = remedy.changes.format(old=old, new=new, factor=factor)
        if name == "clip":
            changes += f", which {_clipped(run, new)}"
        lines.append(f"{name}={new!r} {changes}. It leaves {remedy.leaves}.")
    return lines


def _clipped(run: Run, clip: float) -> str:
    norms = [n for n in run.history.gradient_norm if math.isfinite(n)]
    share = sum(n > clip for n in norms) / max(len(norms), 1)
    if not norms:
        return "never came to it: there was no finite gradient"
    words = ((0.9, "nearly every step needed"), (0.5, "most steps needed"), (0.1, "some needed"))
    return next((word for bound, word in words if share > bound), "few steps needed, if any")


def _numbers(patient: Patient, before: Finding, after: Finding) -> list[str]:
    """What was measured before and after, in words that hold on any machine."""
    chance = 1 / before.run.classes
    first, last = (_level(f.value, patient.target, chance) for f in (before, after))
    return [
        f"goal ({patient.goal}): {_arrow(first, last)}",
        f"step 0: {_arrow(_start(before.run), _start(after.run))}",
        f"loss: {_arrow(*(_loss(f.run, patient.recipe.steps) for f in (before, after)))}",
    ]


def _arrow(first: str, last: str) -> str:
    return f"{first}, as before" if first == last else f"{first} → {last}"


def _level(value: float, target: float, chance: float) -> str:
    if value >= target:
        return "reached"
    if value < chance + NEAR:
        return f"near chance ({chance:g})"
    more = "more" if value > (chance + target) / 2 else "less"
    return f"{more} than half of the way from chance ({chance:g})"


def _verdict(run: Run) -> str:
    """The diagnosis of step 0, of which it does not matter how training went on."""
    return diagnose(run.history.profiles[0]).verdict


def _start(run: Run) -> str:
    profile, verdict = run.history.profiles[0], _verdict(run)
    if profile.first_non_finite is not None:
        return f"{verdict} in the {profile.first_non_finite[0]} pass"
    decades = math.log10(profile.ratio) if profile.ratio > 0 else -math.inf
    if verdict == "healthy" and math.isfinite(decades):
        return f"healthy, the error signal {_course(decades)} on its way back"
    if verdict not in ("exploding", "vanishing"):
        return verdict
    row = "time step" if run.recurrent else "layer"
    word = "times" if decades > 0 else "of"
    return f"{verdict}: the first {row}'s error signal is {_power(decades)} {word} the last's"


def _course(decades: float) -> str:
    """What a healthy error signal does: 10**decades from the last layer to the first."""
    factor = 10 ** abs(decades)
    if factor < 2:
        return "keeps its size"
    return f"{'grows' if decades > 0 else 'shrinks'} about {float(f'{factor:.0e}'):g}-fold"


def _power(decades: float) -> str:
    if abs(decades) > 40:
        return "over 1e40" if decades > 0 else "under 1e-40"
    return f"about 1e{round(decades)}"


def _loss(run: Run, steps: int) -> str:
    losses, breakdown = run.history.loss, run.history.breakdown
    if breakdown is not None:
        return f"inf or NaN at {_moment(breakdown.step, steps)}"
    tail = sorted(losses[-(len(losses) // 10) :])
    last = tail[len(tail) // 2]
    if last > 5:
        return f"ends far above guessing (1e{round(math.log10(last))})"
    guess = 1.39 if run.classes == 4 else 2.3
    if last > 1.1 * guess:
        return f"ends above guessing ({guess:g})"
    if last > 0.95 * guess:
        return f"ends near guessing ({guess:g})"
    return f"ends {'far ' * (last < 0.4 * guess)}below guessing ({guess:g})"


def _moment(step: int, steps: int) -> str:
    """When a run broke off, as exactly as machines agree on it."""
    if step <= 3:
        return f"step {step}"
    parts = ((0.1, "the first tenth"), (0.5, "the first half"))
    part = next((name for share, name in parts if step < share * steps), "the second half")
    return f"a step in {part} of the run"


def _conclusion(patient: Patient, given: Given, before: Run, after: Run, healed: bool) -> str:
    """What the numbers say together."""
    cure = patient.cure(given)
    if healed:
        return f"Why: {cure.reason}." if cure else "The goal is reached."
    first, last = _verdict(before), _verdict(after)
    if last == first == "healthy":
        said = "Step 0 was healthy and is: what is wrong shows at a later step, or not in norms."
    elif last == first:
        said = f"Step 0 is still {first}."
    elif last == "healthy":
        said = (
            f"Step 0 is no longer {first}, and yet the goal is missed: what is left shows at a "
            "later step, or not in norms."
        )
    else:
        said = f"Step 0 was {first} and is {last} now."
    return f"Left: {said} {patient.note(given)}".rstrip()
