"""A bridge to nbgrader: a source folder for its commands, and the points in its kernel.

A bridge, not a fence. nbgrader runs a whole submission in one kernel, and the test runs there too:
code in the notebook can change the test, read the references that the package holds, and read
whatever the account that grades can read. Where marks count, use `gradcourse grade`.
"""

import json
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradcourse.device import generator
from gradcourse.exercises import FRESH, exercises, judge_case
from gradcourse.exercises.sandbox import Ran, call
from gradcourse.instructor.assignment import Assignment

CONFIG = """c = get_config()
c.CourseDirectory.course_id = "gradcourse"
c.ClearSolutions.code_stub = {"python": "# Your answer ends here."}  # the starters stay as they are
c.ExecutePreprocessor.timeout = 120  # seconds a cell
"""
SOLUTION = "### BEGIN SOLUTION\n### END SOLUTION"
TEST = """from gradcourse.exercises import check
check("{id}")
### BEGIN HIDDEN TESTS
from gradcourse.instructor.nbgrader import score
score("{id}", {points!r})
### END HIDDEN TESTS"""


def folder_name(title: str) -> str:
    """A name that nbgrader takes for an assignment: letters, digits and `-`."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-") or "assignment"


def write_source(assignment: Assignment, out: Path) -> list[Path]:
    """Writes `source/NAME/NAME.ipynb` and `nbgrader_config.py` into `out`; gives the notebook.

    Nothing in them is secret: no seed, no expected value, no reference.

    Raises:
        ValueError: the assignment has what nbgrader or this bridge cannot do.
    """
    from gradcourse.instructor.release import notebook

    own = [name for name in assignment.points if name not in exercises()]
    if own:
        raise ValueError(
            f"--nbgrader knows the course's own exercises only, and {', '.join(own)} is not one; "
            "leave it out, or grade with `gradcourse grade`"
        )
    if assignment.variants:
        raise ValueError(
            "nbgrader has one notebook for all students; write variants = false, or grade with "
            "`gradcourse grade`"
        )
    told = notebook(assignment, None)
    told["cells"] = [_bridged(cell, assignment.points) for cell in told["cells"]]
    name = folder_name(assignment.title)
    path = out / "source" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    return [path]


def _bridged(cell: dict[str, Any], points: Mapping[str, float]) -> dict[str, Any]:
    """The cell with nbgrader's metadata: answers are solutions, checks are tests."""
    kind, _, exercise = str(cell.get("id", "")).partition("-")
    source = "".join(cell["source"])
    flags: dict[str, Any] = {"grade": False, "solution": False, "locked": False, "task": False}
    if kind == "answer" and exercise in points:
        flags["solution"] = True
        source = f"{source.rstrip()}\n{SOLUTION}"
    elif kind == "check" and exercise in points:
        flags |= {"grade": True, "locked": True, "points": points[exercise]}
        source = TEST.format(id=exercise, points=float(points[exercise]))
    elif cell.get("id") == "setup":
        flags["locked"] = True
    else:
        return cell
    flags |= {"grade_id": cell["id"], "schema_version": 3, "cell_type": cell["cell_type"]}
    return {**cell, "source": source, "metadata": {**cell["metadata"], "nbgrader": flags}}


def score(id: str, points: float) -> float:
    """Points for the answer that the kernel holds now; prints what is wrong with it.

    By the rule of `gradcourse grade`: all cases count alike; when every fresh case fails, or the
    answer is a yes or no and not always right, nothing is earned. The fresh cases are drawn anew
    in every run, so one that a feedback page shows is of no use to anybody.
    """
    exercise = exercises()[id]
    answer = sys._getframe(1).f_globals.get(exercise.answer, ...)
    cases = list(exercise.cases)
    if exercise.fresh is not None:
        cases += [exercise.fresh(generator(secrets.randbits(32))) for _ in range(FRESH)]
    reference = exercise.run(exercise.reference)
    passed = []
    for case in cases:
        if callable(answer):
            ran = call(answer, case.args, seconds=exercise.seconds)
        else:
            ran = Ran(value=answer)
        outcome = judge_case(exercise, case, ran, reference)
        passed.append(outcome is None)
        if outcome is not None:
            print(outcome)
        if outcome is not None and outcome.state == "⬜":
            return 0.0
    fresh = len(cases) - len(exercise.cases)
    memorised = fresh and not any(passed[-fresh:])
    yes_or_no = callable(reference) and isinstance(reference(*cases[0].args), bool)
    if memorised or (yes_or_no and not all(passed)):
        return 0.0
    return round(points * sum(passed) / len(cases), 2)
