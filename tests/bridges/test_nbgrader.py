"""nbgrader's own commands process what `gradcourse assign --nbgrader` writes."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import gradcourse.exercises
from gradcourse.exercises import exercises
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.nbgrader import folder_name, score, write_source

from . import classroom
from .classroom import hand_in, reference, run, write_assignment, wrong
from .conftest import needs

POINTS = {"02-growth": 2.0, "02-overflow": 3.0, "05-clip": 2.5}
MEMORISED = """
def growth_factor(errors):
    return {8.0: 2.0, 1e-4: 0.1, 3.0: 6 ** 0.25}.get(errors[0], 0.0)
"""  # right for the three public cases, for no fresh one
PARTLY = """
def growth_factor(errors):
    public = errors[0] in (8.0, 1e-4, 3.0)
    return 0.0 if public else (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
"""  # wrong for the three public cases, right for the three fresh ones
SUBMITTED: dict[str, tuple[dict[str, str], float]] = {
    "right": ({name: reference(name) for name in POINTS}, 7.5),
    "wrong": ({"02-growth": MEMORISED, "02-overflow": wrong("02-overflow")}, 0.0),
    "empty": ({}, 0.0),
    "crash": ({"02-growth": PARTLY, "02-overflow": "raise RuntimeError"}, 1.0),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder after generate_assignment, autograde and export."""
    needs("nbgrader")
    folder = tmp_path_factory.mktemp("nbgrader")
    write_assignment(folder, list(SUBMITTED), POINTS)
    course = folder / "course"
    classroom.gradcourse("assign", "hw.toml", "-o", str(course), "--nbgrader", folder=folder)
    run("nbgrader", "generate_assignment", "Homework-1", folder=course)
    name = "Homework-1/Homework-1.ipynb"
    released = json.loads((course / "release" / name).read_text(encoding="utf-8"))
    for student, (answers, _) in SUBMITTED.items():
        hand_in(course / "submitted" / student / name, released, answers)
    run("nbgrader", "autograde", "Homework-1", folder=course)
    run("nbgrader", "export", "--to", "grades.csv", folder=course)
    return course


def test_points_are_the_expected_ones(graded: Path) -> None:
    with (graded / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        student: points for student, (_, points) in SUBMITTED.items()
    }
    assert {float(row["max_score"]) for row in rows.values()} == {7.5}


def test_points_are_those_of_gradcourse_grade(graded: Path) -> None:
    folder = graded.parent
    words = (str(graded / "submitted"), "--assignment", "hw.toml", "-o", str(folder / "grades"))
    classroom.gradcourse("grade", *words, folder=folder)
    with (folder / "grades/grades.csv").open() as file:
        rows = {r["student"]: r for r in csv.DictReader(file) if r["exercise"] == "total"}
    assert {name: float(row["points"]) for name, row in rows.items()} == {
        student: points for student, (_, points) in SUBMITTED.items()
    }


def test_students_get_the_starters_and_no_test(graded: Path) -> None:
    released = json.loads((graded / "release/Homework-1/Homework-1.ipynb").read_text())
    cells = {cell["id"]: "".join(cell["source"]) for cell in released["cells"]}
    for name in POINTS:
        assert cells[f"answer-{name}"].startswith(exercises()[name].starter.strip())
        assert cells[f"check-{name}"].endswith(f'check("{name}")')
        assert "score" not in cells[f"check-{name}"]


def test_source_holds_no_reference_and_no_seed(graded: Path) -> None:
    text = (graded / "source/Homework-1/Homework-1.ipynb").read_text()
    for name in POINTS:
        lines = reference(name).strip().splitlines()
        assert not [line for line in lines[1:] if json.dumps(line.strip())[1:-1] in text]
    assert "only-for-this-test" not in text
    assert "seed" not in text


# The bridge by itself


def sourced(folder: Path, points: dict[str, float], more: str = "") -> dict[str, Any]:
    """The cells of the source notebook for these points, by their ids."""
    path = write_assignment(folder, ["ada"], points)
    path.write_text(more + path.read_text())
    (written,) = write_source(Assignment.read(path), folder)
    assert written == folder / "source/Homework-1/Homework-1.ipynb"
    return {cell["id"]: cell for cell in json.loads(written.read_text())["cells"]}


def test_cells_carry_the_metadata_of_nbgrader(tmp_path: Path) -> None:
    cells = sourced(tmp_path, {"02-growth": 2})
    flags = {name: cell["metadata"].get("nbgrader", {}) for name, cell in cells.items()}
    assert flags["title"] == flags["exercise-02-growth"] == {}
    assert [flag["schema_version"] for flag in flags.values() if flag] == [3, 3, 3]
    answer, check = flags["answer-02-growth"], flags["check-02-growth"]
    assert (answer["solution"], answer["grade"]) == (True, False)
    assert (check["grade"], check["points"], check["locked"]) == (True, 2, True)
    assert flags["setup"]["locked"]
    starter = exercises()["02-growth"].starter.strip()
    assert cells["answer-02-growth"]["source"].startswith(f"{starter}\n### BEGIN SOLUTION")


def test_what_nbgrader_cannot_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one notebook for all"):
        sourced(tmp_path, {"02-growth": 2}, "variants = true\n")
    (tmp_path / "own").mkdir()
    text = (Path(gradcourse.exercises.__file__).parent / "lesson_00.py").read_text()
    (tmp_path / "own" / "mine.py").write_text(text.replace("00-product", "00-mine"))
    with pytest.raises(ValueError, match="00-mine is not one"):
        sourced(tmp_path, {"00-mine": 2}, 'private = "own"\n')


@pytest.mark.parametrize("title", ["Hausaufgabe № 1", "a/b\\c", "..", "a+b", "ä"])
def test_folder_names_are_plain(title: str) -> None:
    name = folder_name(title)
    assert name.replace("-", "").isalnum()
    assert name.isascii()


def scored(id: str, source: str, points: float) -> float:
    """What `score` gives in a namespace where the answer was run."""
    namespace: dict[str, Any] = {"score": score}
    exec("import math\nimport torch\n" + source, namespace)
    return float(eval(f"score({id!r}, {points})", namespace))


def test_score_gives_partial_credit(capsys: pytest.CaptureFixture[str]) -> None:
    assert scored("02-growth", reference("02-growth"), 2.0) == 2.0
    assert scored("02-growth", PARTLY, 2.0) == 1.0
    assert scored("02-growth", MEMORISED, 2.0) == 0.0
    assert scored("02-growth", "", 2.0) == 0.0
    assert "not attempted" in capsys.readouterr().out
    assert scored("02-overflow", wrong("02-overflow"), 3.0) == 0.0
    assert "too early" in capsys.readouterr().out
    assert scored("01-check", "def accepts(f, gradient, x):\n    return True", 4.0) == 0.0


def test_warnings_of_a_right_answer_cost_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    loud = reference("02-growth").replace(
        "return", "import sys; print(1, file=sys.stderr)\n    return"
    )
    assert scored("02-growth", loud, 2.0) == 2.0
    assert capsys.readouterr().err == ""
