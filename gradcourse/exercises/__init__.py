"""Exercises that check themselves: `check`, `hint`, `solution`."""

import difflib
import importlib
import pkgutil
import sys
from collections import Counter
from dataclasses import replace
from functools import cache, partial
from typing import Any

from gradcourse.device import generator
from gradcourse.exercises.compare import difference, show
from gradcourse.exercises.declare import Case, Exercise, Outcome, Wrong
from gradcourse.exercises.sandbox import Ran, call

__all__ = ["Case", "Exercise", "Outcome", "Wrong", "check", "exercises", "hint", "solution"]

FRESH = 3  # further cases, drawn anew, that an answer must pass after the public ones
_asked: Counter[tuple[str, str]] = Counter()


class Text(str):
    """A string that a notebook shows as it is, without quotes."""

    def __repr__(self) -> str:
        return str(self)


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises by id, in the order of the lessons."""
    found: dict[str, Exercise] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if module.name.startswith("lesson_"):
            for exercise in importlib.import_module(f"{__name__}.{module.name}").EXERCISES:
                found[exercise.id] = exercise
    return found


def _find(id: str) -> Exercise | Text:
    """The exercise, or what to say when there is none."""
    known = exercises()
    if id in known:
        return known[id]
    close = difflib.get_close_matches(str(id), known, n=1)
    return Text(f"There is no exercise {id!r}." + (f" Did you mean {close[0]!r}?" if close else ""))


def check(id: str) -> Outcome:
    """Checks the answer that the notebook holds now; never raises.

    ⬜ not attempted yet · ✅ right · ❌ what your code gave, what was expected, and a hint.
    """
    exercise = _find(id)
    if isinstance(exercise, Text):
        return Outcome("⬜", exercise)
    namespace = sys._getframe(1).f_globals  # the notebook's own names
    if exercise.answer not in namespace:
        return Outcome("⬜", f"{id}: run the cell that defines `{exercise.answer}` first.")
    return judge(exercise, namespace[exercise.answer])


def judge(exercise: Exercise, answer: Any) -> Outcome:
    """The outcome for an answer: a function, or a value. Never raises."""
    cases = list(exercise.cases)
    if exercise.fresh is not None:
        cases += [exercise.fresh(generator(seed)) for seed in range(FRESH)]
    reference = exercise.run(exercise.reference)
    if callable(reference) and answer is not ... and not callable(answer):
        return no_function(exercise, answer)
    note = ""
    for case in cases:
        ran = _run(answer, case, exercise.seconds)
        outcome = judge_case(exercise, case, ran, reference)
        if outcome is not None:
            return outcome
        note = note or ran.note or _praise(exercise, ran.value)
    points = f"{exercise.points} point{'s' * (exercise.points != 1)}"
    return Outcome("✅", f"{exercise.id}: right, {points}. {note}".strip(), exercise.points)


def _praise(exercise: Exercise, value: Any) -> str:
    if exercise.praise is None:
        return ""
    return call(partial(exercise.praise, value), (), seconds=exercise.seconds).value or ""


def no_function(exercise: Exercise, answer: Any) -> Outcome:
    """The outcome for a value where a function was needed."""
    text = f"`{exercise.answer}` should be a function; it is {show(answer)}."
    return Outcome("❌", f"{exercise.id}: {text}")


def judge_case(exercise: Exercise, case: Case, ran: Ran, reference: Any) -> Outcome | None:
    """The outcome for what came of one case; None if it is right."""
    if ran.value is ... and not ran.problem:
        return Outcome("⬜", f"{exercise.id}: not attempted yet.")
    if ran.value is None and ran.note and not ran.problem:
        ran = replace(ran, problem="printed its answer and returned nothing; use return")
    problem = ran.problem or _problem(exercise, ran.value, case, reference)
    return Outcome("❌", _explain(exercise, case, ran, problem)) if problem else None


def _run(answer: Any, case: Case, seconds: float) -> Ran:
    return call(answer, case.args, seconds=seconds) if callable(answer) else Ran(value=answer)


def _problem(exercise: Exercise, value: Any, case: Case, reference: Any) -> str | None:
    """What is wrong with a value, by the exercise's judge or against the reference's value."""
    if exercise.judge is not None:
        verdict = partial(exercise.judge, value, case)
        ran = call(verdict, (), seconds=4 * exercise.seconds)
        return f"checking it failed: {ran.problem}" if ran.problem else ran.value
    expected = _run(reference, case, exercise.seconds).value
    return difference(value, expected, tolerance=exercise.tolerance)


def _explain(exercise: Exercise, case: Case, ran: Ran, problem: str) -> str:
    """Call, problem, and the feedback of the mistake that gives the same value, or a hint."""
    shown = ", ".join(map(show, case.args))
    called = f"{exercise.answer}({shown})" if case.args else exercise.answer
    colon = "" if exercise.judge is None or ran.problem else ":"
    lines = [f"{exercise.id}: {called}{colon} {problem}" + "." * (problem[-1] not in ".?")]
    if not ran.problem and exercise.judge is None:
        for wrong in exercise.wrong:
            mistaken = _run(exercise.run(wrong.source), case, exercise.seconds)
            if mistaken.problem or mistaken.value is None:
                continue
            if difference(ran.value, mistaken.value, tolerance=exercise.tolerance) is None:
                return "\n   ".join([*lines, wrong.feedback, ran.note]).rstrip()
    if exercise.judge is None and not ran.problem:
        step = min(case.hint, len(exercise.hints) - 1)
        lines.append(f"Hint: {exercise.hints[step]}")
    return "\n   ".join([*lines, ran.note]).rstrip()


def hint(id: str) -> Text:
    """The next step towards the answer."""
    exercise = _find(id)
    if isinstance(exercise, Text):
        return exercise
    step = _asked[id, "hint"]
    _asked[id, "hint"] += 1
    if step >= len(exercise.hints):
        return Text(f'That was the last hint of {id}. solution("{id}") shows an answer.')
    return Text(f"Hint {step + 1} of {len(exercise.hints)}: {exercise.hints[step]}")


def solution(id: str) -> Text:
    """An answer, when asked for a second time."""
    exercise = _find(id)
    if isinstance(exercise, Text):
        return exercise
    _asked[id, "solution"] += 1
    if _asked[id, "solution"] == 1:
        return Text(f'This would show the answer. To see it, call solution("{id}") again.')
    return Text(exercise.reference.strip())
