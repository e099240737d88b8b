"""One bed of the ward."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from gradcourse.clinic.formulary import Given, prescribe, shelf, written
from gradcourse.clinic.recipe import Recipe
from gradcourse.clinic.run import SPIKE, Run, train
from gradcourse.train import History

SPIKED = f"its loss counts {SPIKE:,.0f} times"


@dataclass(frozen=True)
class Cure:
    """Treatments that heal together, and why."""

    given: Given
    reason: str


@dataclass(frozen=True, repr=False)
class Patient:
    """A sick training run.

    Attributes:
        id: "p01" to "p12".
        complaint: what the colleague who brought it says.
        recipe: what the run is built from.
        target: test accuracy that it must reach.
        stock: the treatments that apply, in the order in which the matrix tries them;
            `treatments` shows them.
        cures: the ways that are known to heal, each with its reason.
        notes: why a treatment that looks right is not, by name or by its whole text.
    """

    id: str
    complaint: str
    recipe: Recipe
    target: float
    stock: Mapping[str, tuple[Any, ...]] = field(hash=False)
    cures: tuple[Cure, ...] = field(hash=False)
    notes: Mapping[str, str] = field(hash=False, default_factory=dict)

    @property
    def task(self) -> str:
        """What is learned."""
        names = {"digits": "digits", "temporal order": "temporal order of 30 symbols"}
        return names[self.recipe.task]

    @property
    def goal(self) -> str:
        """What healed means."""
        return f"test accuracy ≥ {self.target:g}"

    @property
    def needs(self) -> int:
        """The fewest treatments that heal: the star's number."""
        return min(len(cure.given) for cure in self.cures)

    @property
    def treatments(self) -> Mapping[str, tuple[Any, ...]]:
        """Names of the treatments that apply, with the values in stock, in alphabetical order."""
        return MappingProxyType(shelf(self.stock))

    @cached_property
    def run(self) -> Run:
        """The sick run, trained when it is first asked for."""
        return train(self.recipe)

    @property
    def history(self) -> History:
        """What the sick run recorded: for `dashboard` and `diagnose`."""
        return self.run.history

    def treated(self, given: Given) -> Run:
        """The run again with treatments; the same ones are trained once per kernel.

        Raises:
            ValueError: see `prescribe`.
        """
        return train(prescribe(self.recipe, self.stock, given))

    def cure(self, given: Given) -> Cure | None:
        """The known cure that the treatments contain, the largest first, or None."""
        held = [cure for cure in self.cures if cure.given.items() <= given.items()]
        return max(held, key=lambda cure: len(cure.given), default=None)

    def note(self, given: Given) -> str:
        """Why these treatments are not enough, as far as it does not show in the numbers."""
        whole = self.notes.get(written(given), "")
        return whole or " ".join(self.notes[name] for name in given if name in self.notes)

    def __repr__(self) -> str:
        stock = [f"  {n}: {', '.join(map(repr, values))}" for n, values in self.treatments.items()]
        many = "one treatment" if self.needs == 1 else f"{self.needs} treatments together"
        lines = [
            f'{self.id}: "{self.complaint}"', f"goal: {self.goal} ({self.task}); ⭐ with {many}",
            f"recipe: {self.recipe}", *self._data(),
            "step 0: diagnose(patient.history.profiles[0]); the end: diagnose(patient.history)",
            "treatments in stock:",
        ]  # fmt: skip
        return "\n  ".join([*lines, *stock])

    def _data(self) -> list[str]:
        """What the recipe does not tell about the data."""
        if not self.recipe.spike:
            return []
        return [f"data: batch {self.recipe.spike} has a broken example weight: {SPIKED}"]
