"""INSTRUCTORS.md is true: its commands run, its table is the lessons', its names exist."""

import csv
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from gradcourse.cli import main
from gradcourse.exercises import exercises

from .. import lesson_plan
from .classroom import ENVIRONMENT, hand_in, read_notebook, reference, wrong
from .guide import GUIDE, block, commands

TEXT = GUIDE.read_text()
CLASS = ("ada", "ben", "eva")  # right throughout, known mistakes, nothing handed in


def test_lesson_plan_is_the_lessons() -> None:
    assert lesson_plan.filled(TEXT) == TEXT, "run python -m tests.lesson_plan"


@pytest.mark.parametrize("lesson", lesson_plan.lessons(), ids=lambda lesson: lesson.number)
def test_every_lesson_has_its_block_and_questions(lesson: lesson_plan.Lesson) -> None:
    _, found, rest = TEXT.partition(f"<!-- plan {lesson.number} -->")
    assert found
    questions = re.findall(r"^\d\. .*?\*[^*]+\*$", rest.split("\n### ")[0], re.M | re.S)
    assert len(questions) >= (1 if lesson.number == "12" else 2)


def test_exercises_named_in_the_guide_exist() -> None:
    named = set(re.findall(r"\b\d\d-[a-z][a-z-]+\b", TEXT))
    assert named <= exercises().keys()


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (GUIDE.parent / target).exists(), target
    heads = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings()}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= heads


def headings() -> list[str]:
    return re.findall(r"^#+ (.+)$", TEXT, re.M)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where somebody did what the guide says, with two submissions."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "hw.toml").write_text(block("# hw.toml"))
    (folder / "roster.csv").write_text(block("id,name,email"))
    ours = [line for line in commands() if line.startswith(("python", "gradcourse"))]
    secret, assign, grade = ours[:3]
    do(secret, folder)
    do(assign, folder)
    told = tomllib.loads(block("# hw.toml"))
    notebook = read_notebook(folder / "release")
    for student, answer in zip(CLASS, (reference, wrong), strict=False):
        path = folder / "submissions" / f"{student}.ipynb"
        hand_in(path, notebook, {name: answer(name) for name in told["exercises"]})
        in_time = told["due"].timestamp() - 3600
        os.utime(path, (in_time, in_time))
    do(grade, folder)
    return folder


def do(line: str, folder: Path) -> None:
    """Runs a line of the guide, in the shell, as a reader would."""
    done = subprocess.run(
        line, shell=True, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_homework_of_the_guide_is_graded(graded: Path) -> None:
    points = tomllib.loads(block("# hw.toml"))["exercises"]
    with (graded / "grades/grades.csv").open(encoding="utf-8") as file:
        rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}
    got = {who: {name: float(rows[who, name]["points"]) for name in points} for who in CLASS}
    assert got["ada"] == points
    assert all(got["ben"][name] < worth for name, worth in points.items())
    assert not any(got["eva"].values())
    assert rows["ben", "02-growth"]["mistake"] == exercises()["02-growth"].wrong[0].name
    assert float(rows["ada", "total"]["points"]) == sum(points.values())


def test_files_of_the_guide_are_made(graded: Path) -> None:
    for name in re.findall(r"`grades/([^`]+)`", TEXT):
        for student in CLASS:
            assert (graded / "grades" / name.replace("<student>", student)).is_file()


def test_commands_know_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option of each gradcourse command in the guide is one that the command has."""
    for line in re.findall(r"gradcourse (?:assign|grade) [^`\n#]*", TEXT):
        words = line.split()
        with pytest.raises(SystemExit):
            main([words[1], "--help"])
        shown = capsys.readouterr().out
        assert not [w for w in words if w.startswith("-") and w not in shown], line
