"""Marks one answer: it runs in a process of its own, and is judged here, case by case."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gradcourse.device import generator
from gradcourse.exercises import FRESH, judge_case, no_function
from gradcourse.exercises.declare import Case, Exercise
from gradcourse.exercises.sandbox import Ran
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.collect import Submission
from gradcourse.instructor.isolate import Answer, Isolated, Reply, give_back
from gradcourse.instructor.remarks import Try, clipped, feedback, look_for, resembled

GIVE_UP = 2  # calls that run out of time
HEAVY = 10.0  # declared seconds above which an exercise trains networks: one fresh case will do


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
    uses = [f"fresh {number}" for number in range(FRESH if exercise.seconds <= HEAVY else 1)]
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
    two fresh ones and all of those fail: public ones can be learnt by heart. A yes or no earns
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
    done = replace(done, feedback=tuple(clipped(text) for text in done.feedback))
    look = look_for(tries, problems, names)
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


def _tries(answer: Answer, exercise: Exercise, cases: list[Case], reference: Any) -> Iterator[Try]:
    late = 0
    for case in cases:
        given = replace(case, args=copy.deepcopy(case.args))
        if late < GIVE_UP:
            reply = answer.call(case.args)
            stopped = "did not finish within" in reply.problem
            late += GIVE_UP if reply.ended == "time" else stopped
        else:
            reply = Reply(problem="was not run again, because it did not finish before")
        if not reply.problem and not give_back(given.args, reply):
            reply = Reply(problem="left a network that it was given in pieces")
        note = f"(It also printed {reply.printed} characters.)" if reply.printed else ""
        ran = Ran(value=reply.value, problem=reply.problem, note=note)
        outcome = judge_case(exercise, case, ran, reference)
        if outcome and "checking it failed: did not finish" in outcome.text:
            late = GIVE_UP
        yield Try(case, ran, outcome)


def _sum_up(blank: Mark, exercise: Exercise, tries: list[Try], reference: Any) -> Mark:
    right = [t.outcome is None for t in tries]
    if all(right):
        points = f"{blank.most:g} point{'s' * (blank.most != 1)}"
        text = f"{exercise.id}: right, {points}. {tries[0].ran.note}".strip()
        return replace(blank, points=blank.most, passed=len(right), state="right", feedback=(text,))
    if any(t.outcome is not None and t.outcome.state == "⬜" for t in tries):
        return replace(blank, state="empty", feedback=(f"{exercise.id}: not attempted yet.",))
    public, share = len(exercise.cases), sum(right) / len(right)
    memorised = len(right) > public + 1 and not any(right[public:])
    if memorised or _can_be_guessed(reference, tries):
        share = 0.0
    mistake = next(filter(None, (resembled(exercise, t.outcome) for t in tries)), "")
    return replace(
        blank,
        points=round(share * blank.most, 2),
        passed=sum(right),
        state="partly" if share else "wrong",
        feedback=tuple(feedback(exercise, tries, public)),
        mistake=mistake,
    )


def _can_be_guessed(reference: Any, tries: list[Try]) -> bool:
    """True for a yes or no: half of the cases are right by chance."""
    return callable(reference) and isinstance(reference(*copy.deepcopy(tries[0].case.args)), bool)
