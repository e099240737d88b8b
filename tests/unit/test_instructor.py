"""Assignments, releases, collecting, tables: what needs no process for answers."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gradcourse.exercises import exercises
from gradcourse.instructor import wire
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.collect import collect
from gradcourse.instructor.describe import Describer
from gradcourse.instructor.grade import counting
from gradcourse.instructor.mark import Mark
from gradcourse.instructor.rebuild import Hidden, rebuild
from gradcourse.instructor.release import assign
from gradcourse.instructor.report import read_manual, safe, write

SECRET = "a secret of the instructor's"
TOML = """
title = "Homework 1"
due = 2026-12-04T18:00:00+01:00
roster = "roster.csv"
secret = "secret.txt"
{more}
[exercises]
"02-growth" = 2
"02-overflow" = 1
"""
PRIVATE = """
from gradcourse.exercises.declare import Exercise, Wrong

def made(n):
    return Exercise(
        id="90-own", title="Twice a number", points=1, minutes=1, difficulty=1, answer="twice",
        starter=f"# What is twice {n}?\\ntwice = ...",
        reference=f"twice = 2 * {n}  # the reference",
        hints=("Add it to itself.",),
        wrong=(Wrong("once", f"twice = {n}", "That is once."),),
        variant=lambda draws: made(int(draws.initial_seed() % 1000)),
    )

EXERCISES = (made(7),)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hw.toml").write_text(TOML.format(more=""))
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "roster.csv").write_text(
        "id,name,email\nada,Ada Lovelace,ada@example.org\nben,Ben Nevis,\nzoë,Zoë 李,\n"
    )
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "own.py").write_text(PRIVATE)
    (tmp_path / "submissions").mkdir()
    return tmp_path


def answered(*cells: tuple[str, str]) -> dict[str, Any]:
    made = [
        {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": []}
        for name, source in cells
    ]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def hand_in(folder: Path, name: str, told: dict[str, Any], day: int = 1) -> Path:
    path = folder / "submissions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))
    time = datetime(2026, 12, day, tzinfo=UTC).timestamp()
    os.utime(path, (time, time))
    return path


# ---------------------------------------------------------------------------- the assignment


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"02-growth"', '"02-grwth"', "did you mean '02-growth'"),
        ('roster = "roster.csv"', "", "write roster ="),
        ("roster.csv", "nobody.csv", "no roster in"),
        ('secret = "secret.txt"', "", "GRADCOURSE_SECRET"),
        ("+01:00", "", "no time zone"),
        ("due = 2026", "du = 2026", "did you mean due"),
        ('title = "Homework 1"', "", "write title ="),
        ("= 2\n", '= "two"\n', "points must be a number"),
        ('title = "Homework 1"', 'title = "H"\nlate = "maybe"', "per_day"),
        ('title = "Homework 1"', "title = ", "is not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_what_to_write(
    folder: Path, old: str, new: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADCOURSE_SECRET", raising=False)
    text = TOML.format(more="")
    assert old in text
    (folder / "hw.toml").write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=re.escape(told)):
        Assignment.read(folder / "hw.toml")


@pytest.mark.parametrize("row", ["../x,A", "a/b,A", ".hidden,A", '"a\nb",A', "=1,A", "ADA,A", ",A"])
def test_ids_that_are_no_file_names_are_refused(folder: Path, row: str) -> None:
    with (folder / "roster.csv").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(ValueError, match="line"):
        Assignment.read(folder / "hw.toml")


def test_seeds_follow_from_secret_student_and_exercise_alone(folder: Path) -> None:
    first, again = (Assignment.read(folder / "hw.toml") for _ in range(2))
    seeds = {first.seed(s.id, e) for s in first.roster for e in first.points}
    assert len(seeds) == 6
    assert first.seed("ada", "02-growth") == again.seed("ada", "02-growth")
    (folder / "secret.txt").write_text("another secret, as long")
    assert Assignment.read(folder / "hw.toml").seed("ada", "02-growth") not in seeds
    assert SECRET not in repr(first)


# ---------------------------------------------------------------------------- the release


def test_a_release_holds_nothing_that_students_must_not_see(tmp_path: Path, folder: Path) -> None:
    points = "\n".join(f'"{name}" = 1' for name in exercises())
    head = TOML.format(more="").split("[exercises]")[0]
    (folder / "hw.toml").write_text(f"{head}\n[exercises]\n{points}\n")
    told = Assignment.read(folder / "hw.toml")
    (path,) = assign(told, tmp_path / "release")
    cells = json.loads(path.read_text())["cells"]
    lines = {line.strip() for cell in cells for line in cell["source"].splitlines()}
    starters = {line.strip() for e in exercises().values() for line in e.starter.splitlines()}
    for exercise in exercises().values():
        hidden = [exercise.reference, *(w.source for w in exercise.wrong)]
        secret = {line.strip() for source in hidden for line in source.splitlines()} - starters
        assert {line for line in secret & lines if len(line) > 12} == set()
        assert exercise.hints[-1] not in path.read_text()
    text = path.read_text()
    assert SECRET not in text
    for student in told.roster:
        assert str(told.seed(student.id, "02-growth", "fresh 0")) not in text


def test_private_exercises_with_numbers_of_each_students_own(folder: Path) -> None:
    text = TOML.format(more="variants = true") + '"90-own" = 1\n'
    (folder / "hw.toml").write_text(text)
    told = Assignment.read(folder / "hw.toml", private=folder / "private")
    paths = assign(told, folder / "release")
    texts = [path.read_text() for path in paths]
    assert len(set(texts)) == len(told.roster) == 3
    assert not any("the reference" in text for text in texts)
    assert told.exercise("90-own", "ada").starter == told.exercise("90-own", "ada").starter
    for student, text in zip(told.roster, texts, strict=True):
        question = told.exercise("90-own", student.id).starter.split("\n")[0]
        assert question in text
    assert {path.suffix for path in (folder / "release").rglob("*") if path.is_file()} == {".ipynb"}


def test_variants_of_the_courses_own_exercises(folder: Path) -> None:
    (folder / "hw.toml").write_text(TOML.format(more="variants = true"))
    told = Assignment.read(folder / "hw.toml")
    paths = assign(told, folder / "release")
    own = [told.exercise("02-overflow", student.id) for student in told.roster]
    for path, exercise in zip(paths, own, strict=True):
        sources = {c["id"]: c["source"] for c in json.loads(path.read_text())["cells"]}
        assert sources["answer-02-overflow"] == exercise.starter.strip()
        assert "check-02-growth" in sources
        assert "check-02-overflow" not in sources  # it would ask for the lesson's numbers
        assert "2.5" not in sources["exercise-02-overflow"]
    assert told.exercise("02-overflow") is exercises()["02-overflow"]


# ---------------------------------------------------------------------------- collecting


@pytest.mark.parametrize(
    "name",
    ["ada.ipynb", "ADA.IPYNB", "ada_late (2).ipynb", "ada/deep/any.ipynb",
     "Ada Lovelace_17_assignsubmission_file_/hw.ipynb", "lovelaceada_12_34_hw.ipynb"],
)  # fmt: skip
def test_whose_it_is_follows_from_the_first_part_of_its_path(folder: Path, name: str) -> None:
    hand_in(folder, name, answered(("answer-02-overflow", "overflow_layer = 17")))
    told = Assignment.read(folder / "hw.toml")
    (found,), left_out = collect(folder / "submissions", told)
    assert found.student == "ada"
    assert found.sources == {"02-overflow": "overflow_layer = 17"}
    assert left_out == []


def test_links_hidden_files_and_strangers_are_left_out(folder: Path) -> None:
    hand_in(folder, "mallory.ipynb", answered())
    hand_in(folder, "ada/.ipynb_checkpoints/hw-checkpoint.ipynb", answered())
    (folder / "submissions" / "ben.ipynb").symlink_to(folder / "secret.txt")
    (folder / "submissions" / "ada_2").symlink_to(folder / "private")
    found, left_out = collect(folder / "submissions", Assignment.read(folder / "hw.toml"))
    assert found == []
    assert len(left_out) == 3


OWN = exercises()["02-overflow"]
RIGHT, NAME = "overflow_layer = 17", "answer-02-overflow"


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ([(NAME, RIGHT), ("x", "1")], ""),
        ([(NAME, RIGHT), (NAME, OWN.starter)], "2 times"),
        ([(NAME, "overflow_layer = 1"), (NAME, RIGHT)], "2 times"),
        ([("x", RIGHT)], "found by what it defines"),
        ([(NAME, OWN.starter), ("x", RIGHT), ("c", 'check("02-overflow")')], "found by"),
        ([("x", RIGHT), ("c", "check('02-overflow')")], "found by"),
        ([("x", "half = 8.5"), ("y", RIGHT), ("c", 'check( "02-overflow" )')], "found by"),
    ],
)
def test_an_answer_is_found_where_cells_were_moved(
    folder: Path, cells: list[tuple[str, str]], note: str
) -> None:
    hand_in(folder, "ada.ipynb", answered(*cells))
    (found,), _ = collect(folder / "submissions", Assignment.read(folder / "hw.toml"))
    assert found.sources["02-overflow"].endswith(RIGHT)
    notes = [line for line in found.notes if line.startswith("02-overflow")]
    assert note in " ".join(notes)


def test_the_newest_readable_one_before_the_deadline_counts(folder: Path) -> None:
    hand_in(folder, "ada.ipynb", answered(), day=1)
    hand_in(folder, "ada_2.ipynb", answered(), day=2)
    hand_in(folder, "ada_3.ipynb", answered(), day=3).write_text("{")
    hand_in(folder, "ada_4.ipynb", answered(), day=6)
    os.utime(folder / "submissions" / "ada_3.ipynb", (1, 1))
    for late, names in (
        ('"refuse"', ["ada_2.ipynb"]),
        ('"accept"', ["ada_4.ipynb"]),
        ("{per_day = 0.25}", ["ada_2.ipynb", "ada_4.ipynb"]),
    ):
        (folder / "hw.toml").write_text(TOML.format(more=f"late = {late}"))
        told = Assignment.read(folder / "hw.toml")
        found, _ = collect(folder / "submissions", told)
        assert [s.file for s in counting(found, told)["ada"]] == names
        assert found[-1].days_late(told) == 2
        assert timedelta(0) < found[-1].time - told.due < timedelta(days=2)


# ---------------------------------------------------------------------------- results


def test_manual_scores_count_and_are_never_overwritten(folder: Path) -> None:
    told, out = Assignment.read(folder / "hw.toml"), folder / "grades"
    out.mkdir()
    text = "student,exercise,points,comment\nada,02-growth,1.5,<b>good</b>\nben,02-growth,,see me\n"
    (out / "manual.csv").write_text(text)
    hand_in(folder, "ada.ipynb", answered())
    found, left_out = collect(folder / "submissions", told)
    marks = [Mark(name, 0.0, float(p), 0, 1, "wrong") for name, p in told.points.items()]
    write(told, found, counting(found, told), left_out, out, lambda s: marks)
    assert (out / "manual.csv").read_text() == text
    rows = (out / "grades.csv").read_text().splitlines()
    assert rows[1].startswith("ada,Ada Lovelace,02-growth,1.5,2,manual")
    assert rows[3].startswith("ada,Ada Lovelace,total,1.5,3")
    page = (out / "feedback" / "ada.html").read_text()
    assert "&lt;b&gt;good&lt;/b&gt;" in page
    assert '<html lang="en">' in page
    assert "see me" in (out / "feedback" / "ben.html").read_text()
    (out / "manual.csv").write_text("student,exercise,points\nada,02-growth,much\n")
    with pytest.raises(ValueError, match="is no number"):
        read_manual(out / "manual.csv", told)


def test_no_cell_of_a_table_is_a_formula() -> None:
    assert [safe(text) for text in ("=1", "+1", "@x", "-1", " =1", "a\n=1", "Zoë")] == [
        "'=1", "'+1", "'@x", "'-1", "'=1", "a =1", "Zoë",
    ]  # fmt: skip


# ---------------------------------------------------------------------------- networks


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.drop = nn.Linear(4, 4), nn.Dropout(0.5)
        self.gate = nn.Parameter(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen = x.detach()
        h = x + self.gate * self.drop(torch.relu(self.fc(x)))
        out: torch.Tensor = h if self.training else 2 * h
        return out


def trip(net: nn.Module) -> Any:
    return wire.decode(wire.encode(net, Describer()), rebuild)


def test_a_network_comes_back_the_same_in_both_modes() -> None:
    shared = nn.Linear(4, 4)
    net = nn.Sequential(Block(), shared, nn.BatchNorm1d(4), shared, nn.LSTM(4, 3))
    back, x = trip(net), torch.randn(5, 4)
    assert type(back[0]).__name__ == "Block"
    assert back[1] is back[3]
    assert not any(isinstance(module, Block) for module in back.modules())
    for mode in (True, False):
        net.train(mode)
        back.train(mode)
        with torch.random.fork_rng():
            one = net(x)[0]
        with torch.random.fork_rng():
            other = back(x)[0]
        assert torch.equal(one, other)
    one.sum().backward()
    other.sum().backward()
    assert torch.equal(shared.weight.grad, back[1].weight.grad)  # type: ignore[arg-type]


class Choosy(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def test_a_network_that_cannot_be_described_says_why() -> None:
    hooked = nn.Linear(2, 2)
    hooked.register_forward_hook(lambda *_: None)
    replaced = nn.Linear(2, 2)
    replaced.forward = lambda x: x  # type: ignore[method-assign,assignment]
    for net, why in ((Choosy(), "control flow"), (hooked, "hooks"), (replaced, "replaced")):
        back = trip(nn.Sequential(net))
        assert isinstance(back, Hidden)
        assert why in back.why
