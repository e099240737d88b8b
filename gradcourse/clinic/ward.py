"""The ward: who lies in it, and who is healed in this kernel."""

from collections.abc import Iterator, Mapping
from typing import Any

from gradcourse.clinic.cases import CASES
from gradcourse.clinic.patient import Patient
from gradcourse.clinic.visit import Visit, examine

_best: dict[str, Visit] = {}  # the best visit to each patient in this kernel


class Ward(Mapping[str, Patient]):
    """The twelve patients by id; shows itself as a table and as a picture of the beds."""

    def __getitem__(self, id: str) -> Patient:
        return find(id)

    def __iter__(self) -> Iterator[str]:
        return iter(CASES)

    def __len__(self) -> int:
        return len(CASES)

    @property
    def states(self) -> dict[str, str]:
        """⬜ sick, ✅ healed or ⭐ healed with the fewest treatments, by id."""
        return {name: state(name) for name in self}

    def __repr__(self) -> str:
        states = self.states
        stars, healed = (sum(s in kinds for s in states.values()) for kinds in ("⭐", "⭐✅"))
        rows = [
            f'{states[name]} {name}  "{p.complaint}"\n        {p.task}: {p.goal}'
            for name, p in self.items()
        ]
        return "\n".join([f"Ward: {healed} of {len(self)} healed, {stars} with a star", *rows])

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from gradcourse.clinic.charts import fewer_colours, ward_chart
        from gradcourse.picture import bundle

        data, size = bundle(ward_chart(self, self.states), repr(self))
        return {**data, "image/png": fewer_colours(data["image/png"])}, size


def patients() -> Ward:
    """The twelve sick training runs; `patients()["p07"]` is one of them."""
    return Ward()


def find(id: str) -> Patient:
    """The patient of that id.

    Raises:
        ValueError: there is none; the message lists the ids.
    """
    if not isinstance(id, str) or id not in CASES:
        first, *_, last = CASES
        raise ValueError(f"patient must be one of {first} to {last}, got {id!r}")
    return CASES[id]


def state(id: str) -> str:
    """⬜, ✅ or ⭐, by the best visit in this kernel."""
    best = _best.get(id)
    return "⬜" if best is None else "⭐" if best.star else "✅"


def treat(id: str, treatments: Mapping[str, Any] | None = None, **given: Any) -> Visit:
    """Runs a patient again with treatments: what changed, what did not, and whether it heals.

        treat("p07", init="he", clip=1.0)
        treat("p07", {"init": "he", "clip": 1.0})    # the same

    The same treatment is trained once per kernel. A run that ends in NaN is a result.

    Raises:
        ValueError: unknown patient or treatment, one that does not apply to this patient, or a
            value that is not in stock; the message says what is.
    """
    patient = find(id)
    if treatments is not None:
        given = _both(treatments, given)
    visit = examine(patient, given)
    best = _best.get(id)
    if visit.healed and (best is None or (visit.star and not best.star)):
        _best[id] = visit
    return visit


def _both(treatments: Mapping[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A dict of treatments, joined with those given by name."""
    if not isinstance(treatments, Mapping):
        needed = "treatments must be a dict or given by name, such as clip=1.0"
        raise ValueError(f"{needed}; got {treatments!r}")
    twice = [name for name in treatments if name in given]
    if twice:
        raise ValueError(f"{twice[0]} is given twice: in the dict and by name; give it once")
    return {**treatments, **given}
