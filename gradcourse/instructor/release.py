"""Writes what students get: notebooks with the starters, and nothing that they must not see."""

import json
import re
from pathlib import Path
from typing import Any

import gradcourse
from gradcourse.exercises import exercises
from gradcourse.exercises.declare import PRELUDE, Exercise
from gradcourse.instructor.assignment import Assignment, Student

LESSONS = Path(gradcourse.__file__).parents[1] / "lessons"
STARS = {1: "★☆☆", 2: "★★☆", 3: "★★★"}


def assign(assignment: Assignment, out: Path | str, *, nbgrader: bool = False) -> list[Path]:
    """Writes the students' notebooks into a folder: one for all, or one each.

    Each student gets one of their own when the assignment asks for variants and at least one of
    its exercises has them. Nothing in them follows from the secret but the numbers themselves.

    Args:
        assignment: what is asked.
        out: the folder; it may exist, and what is in it stays.
        nbgrader: write a source folder for `nbgrader generate_assignment` instead.

    Returns:
        The notebooks.
    """
    out = Path(out)
    offers = [assignment.exercise(name).variant for name in assignment.points]
    own = assignment.variants and any(offers)
    if nbgrader:
        from gradcourse.instructor.nbgrader import write_source

        return write_source(assignment, out)
    name = file_name(assignment.title)
    out.mkdir(parents=True, exist_ok=True)
    if not own:
        return [_write(out / f"{name}.ipynb", notebook(assignment, None))]
    return [
        _write(out / s.id / f"{name}.ipynb", notebook(assignment, s)) for s in assignment.roster
    ]


def file_name(title: str) -> str:
    """A title as a file's name."""
    return re.sub(r"\W+", "-", title.casefold()).strip("-") or "assignment"


def _write(path: Path, told: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def notebook(assignment: Assignment, student: Student | None) -> dict[str, Any]:
    """The notebook of one student, or of all, in nbformat 4.5."""
    who = None if student is None else student.id
    chosen = [assignment.exercise(name, who) for name in assignment.points]
    total = sum(assignment.points.values())
    first = (
        f"# {assignment.title}\n\n"
        f"**Due** {assignment.due:%A, %d %B %Y, %H:%M} ({assignment.due.tzname()}) · "
        f"**{total:g} points**\n\n"
        "Only the answer cells are graded, each by itself: what an answer needs beyond the names "
        "of the first cell must stand in it. Keep the cells; you may add others."
    )
    setup = PRELUDE.strip() + "\nfrom gradcourse.exercises import check, hint, solution"
    cells = [_cell("markdown", "title", first), _cell("code", "setup", setup)]
    for exercise in chosen:
        cells += exercise_cells(exercise, assignment)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def exercise_cells(exercise: Exercise, assignment: Assignment) -> list[dict[str, Any]]:
    """Heading, starter, and the check where the course knows the exercise as it is here."""
    points = assignment.points[exercise.id]
    worth = f"{points:g} point{'s' * (points != 1)}"
    told = f"{STARS[exercise.difficulty]} · {exercise.minutes} minutes · {worth}"
    words = [f"### {exercise.title}", told, *_more(exercise)]
    cells = [
        _cell("markdown", f"exercise-{exercise.id}", "\n\n".join(words)),
        _cell("code", f"answer-{exercise.id}", exercise.starter.strip()),
    ]
    if exercises().get(exercise.id) is exercise:
        cells.append(_cell("code", f"check-{exercise.id}", f'check("{exercise.id}")'))
    return cells


def _more(exercise: Exercise) -> list[str]:
    """What the lesson says about the exercise below its title, and where it stands."""
    if exercises().get(exercise.id) is None:
        return []
    if exercises()[exercise.id] is not exercise:  # the lesson speaks of its own numbers
        return [f"From lesson {exercise.id[:2]}, with numbers of your own."]
    for path in sorted(LESSONS.glob(f"{exercise.id[:2]}_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        own = [c for c in cells if c.get("id") == f"exercise-{exercise.id}"]
        paragraphs = "".join(own[0]["source"]).split("\n\n")[2:] if own else []
        return [*paragraphs, f"From lesson {exercise.id[:2]}, `{path.name}`."]
    return [f"From lesson {exercise.id[:2]}."]


def _cell(kind: str, id: str, source: str) -> dict[str, Any]:
    safe = re.sub(r"[^\w-]", "-", id)[:64]
    cell: dict[str, Any] = {"cell_type": kind, "id": safe, "metadata": {}, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
        if id.startswith("answer-"):
            cell["metadata"] = {"gradcourse": id}  # survives where cell ids do not
    return cell
