"""What to say about the cases of an answer: to the student, and to the instructor."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from gradcourse.exercises.declare import Case, Exercise, Outcome
from gradcourse.exercises.sandbox import Ran
from gradcourse.instructor.rebuild import Hidden

LONGEST = 1000  # characters of one text of feedback


@dataclass(frozen=True)
class Try:
    """One case: what came back, and what is wrong with it (None if nothing is)."""

    case: Case
    ran: Ran
    outcome: Outcome | None


def clipped(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def resembled(exercise: Exercise, outcome: Outcome | None) -> str:
    found = (w.name for w in exercise.wrong if outcome and w.feedback in outcome.text)
    return next(found, "")


def feedback(exercise: Exercise, tries: list[Try], public: int) -> Iterator[str]:
    """The first public case that fails, in full; of the fresh ones nothing that was asked."""
    yield f"{sum(t.outcome is None for t in tries)} of {len(tries)} cases are right."
    failed = [t for t in tries[:public] if t.outcome is not None]
    if failed and failed[0].outcome is not None:
        number = next(n for n, t in enumerate(tries, start=1) if t is failed[0])
        yield f"Case {number}: {failed[0].outcome.text}"
    hidden = [t for t in tries[public:] if t.outcome is not None]
    if hidden:
        yield f"{len(hidden)} of {len(tries) - public} cases with numbers of your own fail."
    if hidden and not failed:
        told = next(
            (w for w in exercise.wrong if w.name == resembled(exercise, hidden[0].outcome)), None
        )
        step = min(hidden[0].case.hint, len(exercise.hints) - 1)
        yield _kind(hidden[0].ran.problem)
        yield told.feedback if told else f"Hint: {exercise.hints[step]}"


def _kind(problem: str) -> str:
    """What kind of problem it was, in our words: an answer's own may tell what it was asked."""
    for begin in ("did not finish", "needed more memory", "ended its own", "changed its argument"):
        if problem.startswith(begin):
            return f"There it {problem}."
    return "There it raised an error." if problem else "There it gives another result."


def _hidden(value: Any) -> str:
    if isinstance(value, Hidden):
        return value.why
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(_hidden, value)), "")
    return ""


def _has_network(value: Any) -> bool:
    nested = isinstance(value, (list, tuple))
    return any(map(_has_network, value)) if nested else isinstance(value, nn.Module)


def look_for(tries: list[Try], problems: list[str], names: frozenset[str]) -> str:
    """Why somebody should look at an answer that did not get all of its points."""
    for t in tries:
        if why := _hidden(t.ran.value):
            return f"its network cannot be rebuilt outside of its process: {why}"
        if t.outcome and "checking it failed" in t.outcome.text and _has_network(t.ran.value):
            return "the check of its network stopped with an error"
    for problem in problems:
        missing = re.search(r"NameError: name '(\w+)' is not defined", problem)
        if missing and missing[1] in names:
            return f"it uses `{missing[1]}`, which only another cell of the notebook defines"
    return ""
