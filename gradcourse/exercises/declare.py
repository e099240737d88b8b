"""What an exercise is: declared once, used by learners, by CI and by instructors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Generator

# Names that starters, references and wrong answers may use without importing them; every
# lesson's setup cell imports the same.
PRELUDE = """
import math
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
import gradcourse as gr
"""


@dataclass(frozen=True)
class Case:
    """One call of the learner's function.

    Attributes:
        args: its arguments; empty for an exercise that asks for a value.
        hint: which step of the exercise's hints (from 0) to point to when this case fails.
    """

    args: tuple[Any, ...] = ()
    hint: int = 0


@dataclass(frozen=True)
class Wrong:
    """A mistake that people really make, and what `check` must say about it."""

    name: str
    source: str
    feedback: str


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        id: such as "02-growth": the lesson's number and a name.
        title: what to do, in a few words.
        points, minutes, difficulty: worth, expected time, and 1 to 3.
        answer: name of the function or variable that the answer cell defines.
        starter: source of the answer cell; it ends in `return ...` or `answer = ...`.
        reference: source of a correct answer.
        hints: steps, from a nudge to nearly the answer.
        wrong: mistakes with their feedback.
        cases: public cases; the expected value is what the reference gives.
        fresh: makes a further case from a generator; None for a value.
        judge: for answers that are right in many ways: says what is wrong with a result, or
            None if it is right. Without it results are compared with the reference's.
        praise: says what else there is to say of a right result.
        tolerance: relative tolerance of that comparison.
        seconds: time limit of one call.
        variant: makes the same exercise with other numbers from a generator, for a student of
            their own; None if its numbers are fixed.
    """

    id: str
    title: str
    points: int
    minutes: int
    difficulty: int
    answer: str
    starter: str
    reference: str
    hints: tuple[str, ...]
    wrong: tuple[Wrong, ...]
    cases: tuple[Case, ...] = (Case(),)
    fresh: Callable[[Generator], Case] | None = None
    judge: Callable[[Any, Case], str | None] | None = None
    praise: Callable[[Any], str] | None = None
    tolerance: float = 1e-3
    seconds: float = 5.0
    variant: Callable[[Generator], "Exercise"] | None = None

    @property
    def lesson(self) -> int:
        """Number of the lesson that the exercise belongs to."""
        return int(self.id[:2])

    def run(self, source: str) -> Any:
        """What `source` defines under the name `answer`, run in a namespace of its own."""
        namespace: dict[str, Any] = {}
        exec(PRELUDE + source, namespace)
        return namespace[self.answer]


def with_numbers(
    exercise: Exercise, numbers: Mapping[str, float], judge: Callable[[Any, Case], str | None]
) -> Exercise:
    """The same exercise with other numbers, wherever they stand in its sources and texts.

    Args:
        exercise: the common one.
        numbers: what to write in the place of each number or word.
        judge: knows the new numbers.
    """
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, numbers))})(?![\w]|\.\d)")

    def new(text: str) -> str:
        return pattern.sub(lambda found: f"{numbers[found[1]]:g}", text)

    return replace(
        exercise,
        title=new(exercise.title),
        starter=new(exercise.starter),
        reference=new(exercise.reference),
        hints=tuple(map(new, exercise.hints)),
        wrong=tuple(Wrong(w.name, new(w.source), new(w.feedback)) for w in exercise.wrong),
        judge=judge,
    )


@dataclass(frozen=True)
class Outcome:
    """What `check` found; a notebook shows its text.

    Attributes:
        state: "⬜" not attempted, "✅" right, "❌" not right yet.
        text: what to tell the learner.
        points: earned points.
    """

    state: str
    text: str
    points: int = 0

    def __repr__(self) -> str:
        return f"{self.state} {self.text}"
