"""Grading in processes of their own: the same verdicts as `check`, the same files every time."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gradcourse.device import generator
from gradcourse.exercises import Exercise, exercises, judge
from gradcourse.exercises.declare import Case
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.grade import grade
from gradcourse.instructor.isolate import Answer, Isolated, protection
from gradcourse.instructor.mark import mark

ALL = list(exercises().values())
GROWTH, PRODUCT = exercises()["02-growth"], exercises()["00-product"]


@pytest.fixture(scope="module")
def place() -> Iterator[Isolated]:
    with Isolated() as found:
        yield found


def short(exercise: Exercise) -> Exercise:
    """The exercise without fresh cases; of one that trains networks, the last case alone."""
    cases = exercise.cases if exercise.seconds <= 5 else exercise.cases[-1:]
    return replace(exercise, fresh=None, cases=cases)


def plain(text: str) -> str:
    """The words of a text, as far as feedback shows it; some answers draw numbers anew."""
    return re.sub(r"[-+.,\d\s…e]+", " ", text[:900])


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_isolated_verdicts_are_those_of_check(place: Isolated, exercise: Exercise) -> None:
    asked = short(exercise)
    mistakes = asked.wrong if asked.seconds <= 5 else asked.wrong[:2]
    for source in (asked.reference, asked.starter, *(w.source for w in mistakes)):
        learner, found = judge(asked, asked.run(source)), mark(place, asked, source, [])
        assert found.look == ""
        assert (found.state == "right") == (learner.state == "✅")
        assert (found.state == "empty") == (learner.state == "⬜")
        if learner.state == "❌":
            assert found.points < found.most
            assert plain(learner.text) in plain(" ".join(found.feedback))
            assert found.mistake == next(w.name for w in mistakes if w.source == source)


def test_the_reference_gets_all_points_with_fresh_cases(place: Isolated) -> None:
    for exercise in ALL:
        if exercise.fresh is not None and exercise.seconds <= 5:
            fresh = [exercise.fresh(generator(seed)) for seed in (71, 72, 73)]
            found = mark(place, exercise, exercise.reference, fresh, points=7)
            assert (found.state, found.points) == ("right", 7.0), exercise.id


def fresh_growth() -> list[Case]:
    assert GROWTH.fresh is not None
    return [GROWTH.fresh(generator(seed)) for seed in (5, 6, 7)]


def test_points_are_shared_by_the_cases(place: Isolated) -> None:
    source = "def what_is_left(f, n):\n    return f**n if n < 50 else 0.0"
    cases = [Case((0.5, n)) for n in (3, 4, 60)]
    found = mark(place, PRODUCT, source, cases, points=6)
    assert (found.passed, found.cases, found.points, found.state) == (3, 6, 3.0, "partly")


def test_public_cases_learnt_by_heart_earn_nothing(place: Isolated) -> None:
    reference = GROWTH.run(GROWTH.reference)
    known = {repr(list(map(float, c.args[0]))): float(reference(*c.args)) for c in GROWTH.cases}
    source = (
        f"def growth_factor(errors):\n    return {known!r}.get(repr(list(map(float, errors))), 1.0)"
    )
    found = mark(place, GROWTH, source, fresh_growth())
    assert (found.passed, found.points) == (3, 0.0)


def test_fresh_cases_are_not_told(place: Isolated) -> None:
    source = "def growth_factor(errors):\n    raise ValueError(repr(errors))"
    secret = fresh_growth()
    told = " ".join(mark(place, replace(GROWTH, cases=()), source, secret).feedback)
    assert not any(str(number) in told for case in secret for number in case.args[0])


def test_a_helper_from_another_cell_is_looked_at(place: Isolated) -> None:
    source = "def growth_factor(errors):\n    return helper(errors)"
    found = mark(place, GROWTH, source, fresh_growth(), names=frozenset(["helper"]))
    assert found.state == "by hand"
    assert "`helper`" in found.look


def test_protection_is_told() -> None:
    assert all(isinstance(line, str) and len(line) > 40 for line in protection())


def test_nothing_of_the_graders_is_seen_in_the_process(place: Isolated) -> None:
    source = f"""
import os
def f():
    import gradcourse.exercises as e
    there = [os.path.exists(p) for p in ({str(Path.home() / ".bashrc")!r}, {__file__!r})]
    return [there[0], hasattr(e, "judge"), sorted(os.environ), there[1], os.getuid()]
"""
    with Answer(place, source, "f", 5) as answer:
        seen = answer.call(()).value
    assert seen[1] is False
    assert not any("SECRET" in name for name in seen[2])
    if not place.box.missing:
        assert (seen[0], seen[3]) == (False, False)
        assert seen[4] != 0 or os.geteuid() != 0


# ---------------------------------------------------------------------------- a class


@pytest.fixture
def hw(tmp_path: Path) -> Path:
    """A class of eight: right, wrong, and untouched answers."""
    (tmp_path / "hw.toml").write_text(
        'title = "H"\ndue = 2099-12-04T18:00:00+01:00\nroster = "r.csv"\nsecret = "s.txt"\n'
        '[exercises]\n"00-product" = 2\n"02-growth" = 3\n'
    )
    (tmp_path / "s.txt").write_text("0123456789abcdef")
    (tmp_path / "r.csv").write_text("id,name\n" + "".join(f"s{k},S {k}\n" for k in range(8)))
    (tmp_path / "in").mkdir()
    for k in range(8):
        cells: list[dict[str, object]] = []
        for exercise in (PRODUCT, GROWTH):
            sources = [exercise.reference, exercise.starter, *(w.source for w in exercise.wrong)]
            cells.append(
                {"cell_type": "code", "id": f"answer-{exercise.id}", "metadata": {},
                 "source": sources[k % len(sources)], "outputs": [], "execution_count": None}
            )  # fmt: skip
        told = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path = tmp_path / "in" / f"s{k}.ipynb"
        path.write_text(json.dumps(told))
        os.utime(path, (1e9, 1e9))
    return tmp_path


def files(out: Path) -> dict[str, bytes]:
    found = (path for path in out.rglob("*") if path.is_file() and ".state" not in path.parts)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def test_two_runs_write_the_same_bytes_and_a_killed_one_goes_on(hw: Path) -> None:
    told = Assignment.read(hw / "hw.toml")
    done = grade(hw / "in", told, hw / "one", workers=1, progress=False)
    assert done == {"found": 8, "graded": 8, "known": 0, "left out": 0}
    words = ["grade", str(hw / "in"), "--assignment", str(hw / "hw.toml"), "-o", str(hw / "two")]
    start = [sys.executable, "-c", "import sys; from gradcourse.cli import main; sys.exit(main())"]
    running = subprocess.Popen([*start, *words], stdout=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while len(list((hw / "two" / ".state").glob("*.json"))) < 2 and time.monotonic() < end:
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = grade(hw / "in", told, hw / "two", progress=False)
    assert done["known"] >= 2
    assert done["known"] + done["graded"] == 8
    assert files(hw / "two") == files(hw / "one")
    first = (hw / "one" / "grades.csv").read_text().splitlines()
    assert first[1].startswith("s0,S 0,00-product,2,2,right,6,6")
    assert len(first) == 1 + 8 * 3
    overview = (hw / "one" / "overview.html").read_text()
    assert overview.count("<svg") == 2
    assert PRODUCT.wrong[0].name in overview
