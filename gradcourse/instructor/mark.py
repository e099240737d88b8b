"""Marks one answer: it runs in a process of its own, and is judged here, case by case."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from gradcourse.device import generator
from gradcourse.exercises import FRESH, judge_case, no_function
from gradcourse.exercises.declare import Case, Exercise, Outcome
from gradcourse.exercises.sandbox import Ran
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.collect import Submission
from gradcourse.instructor.isolate import Answer, Isolated, Reply, lendable
from gradcourse.instructor.rebuild import Hidden

LONGEST = 1000  # characters of one text of feedback
GIVE_UP = 2  # calls that run out of time


@dataclass(frozen=True)
class Mark:
    """What an answer earned, and why.

    Attributes:
        exercise: its id.
        points: earned, of `most`.
        most: points that the assignment gives for it.
        passed, cases: how many of the cases are right.
        state: right, partly, wrong, empty (not attempted), missing, or by hand.
        feedback: for the student.
        mistake: name of the declared wrong answer that it resembles, or "".
        look: why somebody should look at it, or "".
        source: of its cell.
    """

    exercise: str
    points: float
    most: float
    passed: int
    cases: int
    state: str
    feedback: tuple[str, ...] = ()
    mistake: str = ""
    look: str = ""
    source: str = ""


def fresh_cases(exercise: Exercise, assignment: Assignment, student: str) -> list[Case]:
    """Cases that only this student gets, from the assignment's secret."""
    if exercise.fresh is None:
        return []
    uses = [f"fresh {number}" for number in range(FRESH)]
    seeds = [assignment.seed(student, exercise.id, use) for use in uses]
    return [exercise.fresh(generator(seed)) for seed in seeds]


def mark(
    place: Isolated,
    exercise: Exercise,
    source: str,
    fresh: list[Case],
    *,
    points: float | None = None,
    names: frozenset[str] = frozenset(),
) -> Mark:
    """Marks the source of an answer cell.

    The points are shared equally by the cases, public and fresh. Nothing is earned when there are
    fresh ones and all of those fail: the public ones can be learnt by heart. A yes or no earns
    all or nothing.

    Args:
        place: where it runs.
        exercise: what was asked.
        source: of the answer cell.
        fresh: further cases, after the public ones.
        points: what it is worth; the declared points if None.
        names: that other cells of the notebook define; an answer that misses one is looked at.
    """
    most = float(exercise.points if points is None else points)
    cases = [*exercise.cases, *fresh]
    blank = Mark(exercise.id, 0.0, most, 0, len(cases), "wrong", source=source)
    with Answer(place, source, exercise.answer, exercise.seconds) as answer:
        reference = exercise.run(exercise.reference)
        early = _cannot_start(answer, exercise, reference)
        if early is not None:
            done, tries = replace(blank, **early), []
        else:
            # the judge's limit follows from it: the declared seconds at least
            timed = replace(exercise, seconds=max(answer.seconds, exercise.seconds / 4))
            tries = list(_tries(answer, timed, cases, reference))
            done = _sum_up(blank, exercise, tries, reference)
        problems = [str(answer.report.get("problem")), *(t.ran.problem for t in tries)]
    if tries and problems[0]:
        told = f"The cell stopped after it had defined `{exercise.answer}`: it {problems[0]}."
        done = replace(done, feedback=(*done.feedback, told))
    done = replace(done, feedback=tuple(_clipped(text) for text in done.feedback))
    look = _look(tries, problems, names)
    return replace(done, look=look, state="by hand") if look and done.points < most else done


def mark_all(place: Isolated, told: Assignment, submission: Submission) -> Iterator[Mark]:
    """The marks of a submission, in the assignment's order; one answer never costs another."""
    for name, points in told.points.items():
        exercise, source = told.exercise(name, submission.student), submission.sources.get(name)
        fresh = fresh_cases(exercise, told, submission.student)
        none = Mark(name, 0.0, float(points), 0, len(exercise.cases) + len(fresh), "missing")
        if source is None:
            yield replace(none, feedback=(f"{name}: no answer cell was found.",))
            continue
        try:
            names = submission.names
            yield mark(place, exercise, source, fresh, points=points, names=names)
        except Exception as error:
            yield given_up(none, source, f"{type(error).__name__}: {error}")


def given_up(blank: Mark, source: str, why: str) -> Mark:
    """The mark of an answer that could not be marked: the student is not to pay for it."""
    text = f"{blank.exercise}: it could not be graded; your instructor looks at it."
    look = f"it could not be graded ({why[:300]})"
    return replace(blank, state="by hand", feedback=(text,), look=look, source=source)


@dataclass(frozen=True)
class _Try:
    """One case: what came back, and what is wrong with it (None if nothing is)."""

    case: Case
    ran: Ran
    outcome: Outcome | None


def _cannot_start(answer: Answer, exercise: Exercise, reference: Any) -> dict[str, Any] | None:
    """What to say about a cell that gives nothing to call; None if there is something."""
    kind, problem = answer.report.get("kind"), str(answer.report.get("problem", ""))[:600]
    if kind not in ("callable", "value"):
        told = f"the cell {problem}" if problem else f"the cell does not define `{exercise.answer}`"
        return {
            "state": "wrong",
            "feedback": (f"{exercise.id}: {told}{'.' * (told[-1] not in '.?')}",),
        }
    if kind == "value" and callable(reference):
        value = answer.call(()).value
        if value is ...:
            return {"state": "empty", "feedback": (f"{exercise.id}: not attempted yet.",)}
        return {"feedback": (no_function(exercise, value).text,)}
    return None


def _tries(answer: Answer, exercise: Exercise, cases: list[Case], reference: Any) -> Iterator[_Try]:
    late = 0
    for case in cases:
        given = replace(case, args=copy.deepcopy(case.args))
        if late < GIVE_UP:
            reply = answer.call(case.args)
            stopped = "did not finish within" in reply.problem
            late += GIVE_UP if reply.ended == "time" else stopped
        else:
            reply = Reply(problem="was not run again, because it did not finish before")
        if not reply.problem and not _give_back(given.args, reply):
            reply = Reply(problem="left a network that it was given in pieces")
        note = f"(It also printed {reply.printed} characters.)" if reply.printed else ""
        ran = Ran(value=reply.value, problem=reply.problem, note=note)
        outcome = judge_case(exercise, case, ran, reference)
        if outcome and "checking it failed: did not finish" in outcome.text:
            late = GIVE_UP
        yield _Try(case, ran, outcome)


def _give_back(copies: tuple[Any, ...], reply: Reply) -> bool:
    """Puts what a call left of its networks where a judge looks for it; False if it cannot."""
    networks = [arg for arg in copies if isinstance(arg, nn.Module)]
    if len(networks) != len(reply.lent):
        return False
    for outer, left in zip(networks, reply.lent, strict=True):
        net = lendable(outer)
        modules = dict(net.named_modules())
        tensors: dict[str, Any] = {**dict(net.named_parameters()), **dict(net.named_buffers())}
        try:
            modes, values = dict(left["training"]), dict(left["tensors"])
            if modes.keys() != modules.keys() or values.keys() != tensors.keys():
                return False
            for name, module in modules.items():
                module.training = modes[name] is True
            with torch.no_grad():
                for name, tensor in tensors.items():
                    if tensor.shape != values[name].shape:
                        return False
                    tensor.copy_(values[name])
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError):
            return False
        outer.training = net.training
    return True


def _sum_up(blank: Mark, exercise: Exercise, tries: list[_Try], reference: Any) -> Mark:
    right = [t.outcome is None for t in tries]
    if all(right):
        points = f"{blank.most:g} point{'s' * (blank.most != 1)}"
        text = f"{exercise.id}: right, {points}. {tries[0].ran.note}".strip()
        return replace(blank, points=blank.most, passed=len(right), state="right", feedback=(text,))
    if any(t.outcome is not None and t.outcome.state == "⬜" for t in tries):
        return replace(blank, state="empty", feedback=(f"{exercise.id}: not attempted yet.",))
    public, share = len(exercise.cases), sum(right) / len(right)
    memorised = len(right) > public and not any(right[public:])
    if memorised or _can_be_guessed(reference, tries):
        share = 0.0
    mistake = next(filter(None, (_resembled(exercise, t.outcome) for t in tries)), "")
    return replace(
        blank,
        points=round(share * blank.most, 2),
        passed=sum(right),
        state="partly" if share else "wrong",
        feedback=tuple(_feedback(exercise, tries, public)),
        mistake=mistake,
    )


def _can_be_guessed(reference: Any, tries: list[_Try]) -> bool:
    """True for a yes or no: half of the cases are right by chance."""
    return callable(reference) and isinstance(reference(*copy.deepcopy(tries[0].case.args)), bool)


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _resembled(exercise: Exercise, outcome: Outcome | None) -> str:
    found = (w.name for w in exercise.wrong if outcome and w.feedback in outcome.text)
    return next(found, "")


def _feedback(exercise: Exercise, tries: list[_Try], public: int) -> Iterator[str]:
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
            (w for w in exercise.wrong if w.name == _resembled(exercise, hidden[0].outcome)), None
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


def _look(tries: list[_Try], problems: list[str], names: frozenset[str]) -> str:
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
