"""What an awkward submission is: its files, and the outcome that it must get."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradcourse.exercises import exercises

PRODUCT = "00-product"  # two numbers in, one out
GROWTH = "02-growth"  # an array in, a number out
VALUE = "02-overflow"  # a value
NET = "02-repair"  # a net, judged
WORDS = "04-read"  # a list of texts
CHECK = "01-check"  # gets a function; answers yes or no
EVAL = "07-eval"  # gets a net, and must leave it as it was
FULL = {PRODUCT: 6, GROWTH: 4, VALUE: 2, NET: 4, WORDS: 3, CHECK: 4, EVAL: 3}
SHORT = {PRODUCT, GROWTH, VALUE, NET, WORDS}  # in every notebook; the others where answered
RIGHT = {name: exercises()[name].reference for name in FULL}

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Share:
    """Points of an answer that is right in some cases: more than `low`, less than `high`."""

    low: float
    high: float

    def __eq__(self, points: object) -> bool:
        return isinstance(points, (int, float)) and self.low < points < self.high

    def __hash__(self) -> int:
        return hash((self.low, self.high))


@dataclass(frozen=True)
class Place:
    """Where the class lies, and what attacks aim at.

    Attributes:
        submissions: folder that the instructor collected.
        out: folder that the grades go to.
        canary: file that belongs to the instructor and that nobody may change.
        token: a word that is in the name of each file that an attack tries to leave.
        port: a loopback port where the test listens; the same number names abstract sockets.
        pids: the test's own process namespace; where it is the same, nobody kills "all".
    """

    root: Path
    submissions: Path
    out: Path
    canary: Path
    token: str
    port: int
    pids: str

    def fill(self, source: str) -> str:
        """The source with its targets filled in."""
        for name in ("submissions", "out", "canary", "token", "port", "pids"):
            source = source.replace(f"@{name.upper()}@", str(getattr(self, name)))
        return source


@dataclass(frozen=True)
class Case:
    """One student's submission.

    Attributes:
        answers: source of the answer cells; exercises that are not named keep the starter.
        points: what each exercise must earn; those that are not named must earn nothing.
        says: regular expressions that the student's feedback page must match.
        reports: regular expressions that the instructor's overview must match.
        hides: texts that no feedback page may hold.
        student, name: as in the roster; by default the module's name.
        build: writes the submission when it is not one plain notebook.
        slow: it takes seconds, so that it is left out of the class that is graded again.
        enrolled: False for a submission by nobody of the roster.
        open: why the outcome is not reached yet; the test fails when it is.
        needs: a protection ("bwrap") without which the outcome cannot be promised.
    """

    answers: Mapping[str, str]
    points: Mapping[str, float | Share] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    student: str = ""
    name: str = ""
    build: Callable[["Case", Place], None] | None = None
    slow: bool = False
    enrolled: bool = True
    open: str = ""
    needs: str = ""

    def expected(self, id: str) -> float | Share:
        """Points that exercise `id` must earn."""
        return self.points.get(id, 0)


def beside(source: str) -> dict[str, str]:
    """Answers with an attack in `PRODUCT` and a right answer to `GROWTH`, which must not suffer."""
    return {PRODUCT: source, GROWTH: RIGHT[GROWTH]}


def attack(source: str, *, points: float | Share = 0, **options: Any) -> Case:
    """An attack in `PRODUCT` that earns `points` there, beside a right `GROWTH`."""
    return Case(beside(source), {PRODUCT: points, GROWTH: FULL[GROWTH]}, **options)


def cell(source: str, id: str = "", kind: str = "code") -> dict[str, Any]:
    """A notebook's cell."""
    made: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if id:
        made["id"] = id
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def notebook(answers: Mapping[str, str]) -> Notebook:
    """A student's notebook: each exercise with its heading, answer cell and check."""
    cells = [cell("# Homework", "text-01", "markdown")]
    for name in [name for name in FULL if name in SHORT or name in answers]:
        exercise = exercises()[name]
        cells += [
            cell(f"### {exercise.title}", f"exercise-{name}", "markdown"),
            cell(answers.get(name, exercise.starter).strip("\n"), f"answer-{name}"),
            cell(f'check("{name}")', f"check-{name}"),
        ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def answer_cell(made: Notebook, id: str) -> dict[str, Any]:
    """The answer cell of exercise `id`."""
    found: dict[str, Any] = next(c for c in made["cells"] if c.get("id") == f"answer-{id}")
    return found


def folder(case: Case, place: Place) -> Path:
    """The student's folder in the submissions, made if need be."""
    path = place.submissions / case.student
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(made: Notebook, path: Path, place: Place) -> None:
    """Writes a notebook, with the targets of its attacks filled in."""
    text = json.dumps(made, ensure_ascii=True)
    for name in ("submissions", "out", "canary", "token", "port", "pids"):
        text = text.replace(f"@{name.upper()}@", json.dumps(str(getattr(place, name)))[1:-1])
    path.write_text(text)


def submit(case: Case, place: Place, change: Callable[[Notebook], None] | None = None) -> Path:
    """Writes the case's notebook into the student's folder, after `change` to it."""
    made = notebook(case.answers)
    if change is not None:
        change(made)
    path = folder(case, place) / "hw.ipynb"
    write(made, path, place)
    return path


def with_change(change: Callable[[Notebook], None]) -> Callable[[Case, Place], None]:
    """A `build` that writes the case's notebook after `change` to it."""

    def build(case: Case, place: Place) -> None:
        submit(case, place, change)

    return build
