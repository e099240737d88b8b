"""Every awkward submission gets its declared outcome, and harms nobody else in the class."""

import csv
import html
import re
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from gradcourse.exercises import exercises
from gradcourse.exercises.compare import show
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.isolate import protection
from gradcourse.instructor.mark import fresh_cases
from tests.attacks.case import FULL, RIGHT, Case
from tests.attacks.classroom import (
    SECRET,
    Graded,
    Server,
    all_cases,
    grade,
    make_place,
    strays,
    write_class,
)

pytestmark = pytest.mark.timeout(600)
CASES = all_cases()
ENROLLED = {name: case for name, case in CASES.items() if case.enrolled}
QUICK = {name: case for name, case in CASES.items() if not case.slow}


@cache
def protected() -> bool:
    """Bubblewrap works here."""
    return not protection()


@pytest.fixture(scope="module")
def graded() -> Iterator[Graded]:
    """The whole class, graded once with two workers."""
    server = Server()
    place = make_place(server.port)
    try:
        write_class(place, CASES.values())
        yield grade(place, server)
    finally:
        server.close()
        shutil.rmtree(place.root, ignore_errors=True)


@pytest.fixture(scope="module")
def again(graded: Graded) -> Iterator[Graded]:
    """The quick part of the class, graded once more, alone, with one worker."""
    place = make_place(graded.place.port)
    try:
        write_class(place, QUICK.values())
        yield grade(place, workers=1)
    finally:
        shutil.rmtree(place.root, ignore_errors=True)


def with_open_ones(names: Iterable[str]) -> list[Any]:
    """Parameters of a test; where the outcome is not reached yet, the test must fail."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=CASES[name].open))
        if CASES[name].open
        else name
        for name in names
    ]


def require(case: Case) -> None:
    """Skips a case whose outcome needs a protection that is missing here."""
    if case.needs == "bwrap" and not protected():
        pytest.skip("bubblewrap does not work here, as the command says")


class TestCase:
    @pytest.mark.parametrize("name", with_open_ones(ENROLLED))
    def test_points_are_as_declared(self, graded: Graded, name: str) -> None:
        case = ENROLLED[name]
        require(case)
        earned = graded.points()[case.student]
        total = earned.pop("total")
        assert earned == {exercise: case.expected(exercise) for exercise in FULL}
        assert total == pytest.approx(sum(earned.values()))

    @pytest.mark.parametrize("name", [name for name, case in ENROLLED.items() if case.says])
    def test_page_says_why(self, graded: Graded, name: str) -> None:
        case = ENROLLED[name]
        require(case)
        text = html.unescape(re.sub("<[^>]*>", " ", graded.page(case.student)))
        for wanted in case.says:
            assert re.search(wanted, text), f"{wanted!r} is not in: {text}"


class TestPages:
    @pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.reports])
    def test_overview_reports(self, graded: Graded, name: str) -> None:
        for wanted in CASES[name].reports:
            assert re.search(wanted, html.unescape(graded.overview()))

    def test_nothing_hidden_shows(self, graded: Graded) -> None:
        pages = sorted(graded.place.out.rglob("*.html"))
        assert len(pages) == len(ENROLLED) + 1
        for path in pages:
            text = path.read_text(encoding="utf-8")
            for case in CASES.values():
                for hidden in case.hides:
                    assert hidden not in text, f"{path.name} holds {hidden[:40]!r}"

    def test_pages_hold_no_markup_of_students(self, graded: Graded) -> None:
        known = {"!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2"}
        known |= {"p", "strong", "pre", "code", "svg", "rect", "text", "div", "ul", "li"}
        known |= {"table", "thead", "tbody", "tr", "th", "td"}
        for path in graded.place.out.rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            if path.name == "overview.html":  # it leads to the students' pages
                text = re.sub(r'<a href="feedback/[\w@.+%-]+\.html">([^<]*)</a>', r"\1", text)
            assert {tag.strip("/") for tag in re.findall(r"<(/?[^\s>]+)", text)} <= known
            assert not re.search(r"<[^>]*\s(on\w+|src|href|action)\s*=", text), path.name
            assert len(text) < 1_000_000, path.name

    def test_pages_hold_no_seed_and_no_fresh_case(self, graded: Graded) -> None:
        assignment = Assignment.read(graded.place.root / "private" / "hw.toml")
        assert assignment.secret == SECRET
        for case in ENROLLED.values():
            told = re.sub("<pre.*?</pre>", "", graded.page(case.student), flags=re.DOTALL)
            told = html.unescape(told)
            assert SECRET not in told
            for name in FULL:
                exercise = exercises()[name]
                for number in range(10):
                    seed = assignment.seed(case.student, name, f"fresh {number}")
                    assert str(seed) not in told
                for fresh in fresh_cases(exercise, assignment, case.student):
                    asked = ", ".join(map(show, fresh.args))
                    assert f"{exercise.answer}({asked})" not in told

    def test_pages_tell_expected_values_of_public_cases_only(self, graded: Graded) -> None:
        public = set()
        for name in FULL:
            exercise = exercises()[name]
            right = exercise.run(exercise.reference)
            if callable(right) and exercise.judge is None:
                public |= {show(right(*case.args)) for case in exercise.cases}
        for case in ENROLLED.values():
            told = re.sub("<pre.*?</pre>", "", graded.page(case.student), flags=re.DOTALL)
            found = re.findall(r"expected (-?\d[\d.e+-]*\d)", told)
            assert set(found) <= public, case.student

    def test_pages_hold_no_line_of_a_reference(self, graded: Graded) -> None:
        lines = {line.strip() for source in RIGHT.values() for line in source.splitlines()}
        lines = {line for line in lines if len(line) > 20 and not line.startswith(("def ", "#"))}
        for case in ENROLLED.values():
            told = html.unescape(graded.page(case.student))
            told = re.sub("<pre.*?</pre>", "", graded.page(case.student), flags=re.DOTALL)
            told = html.unescape(told)
            assert not [line for line in lines if line in told], case.student


class TestClass:
    def test_command_succeeds(self, graded: Graded) -> None:
        assert graded.status == 0, graded.told
        assert "Traceback" not in graded.told
        if not protected():
            assert "Protection is missing" in graded.told

    def test_everybody_has_a_row(self, graded: Graded) -> None:
        assert list(graded.points()) == [case.student for case in ENROLLED.values()]
        assert "stranger" not in graded.points()

    def test_no_process_survives(self, graded: Graded) -> None:
        assert graded.survivors == ()

    def test_nobody_called_the_server(self, graded: Graded) -> None:
        assert graded.reached == 0 or not protected()

    def test_files_of_instructor_and_students_are_untouched(self, graded: Graded) -> None:
        assert graded.after == graded.before
        assert graded.place.canary.read_text() == "alive"

    def test_nothing_is_left_behind(self, graded: Graded) -> None:
        if protected():
            assert strays(graded.place) == []
        known = {"grades.csv", "canvas.csv", "moodle.csv", "manual.csv", "overview.html"}
        assert {path.name for path in graded.place.out.iterdir()} == known | {"feedback", ".state"}
        pages = {path.name for path in (graded.place.out / "feedback").iterdir()}
        assert pages == {f"{case.student}.html" for case in ENROLLED.values()}

    def test_tables_hold_no_formula(self, graded: Graded) -> None:
        for name in ("grades.csv", "canvas.csv", "moodle.csv"):
            for line in graded.lines(name):
                assert not re.search(r'(^|,)"?[=+@]', line)
                assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\ud800-\udfff]", line)

    def test_rows_are_the_same_when_graded_again(self, graded: Graded, again: Graded) -> None:
        assert again.status == 0, again.told
        students = {case.student for case in QUICK.values()}
        for name, who in (("grades.csv", 0), ("moodle.csv", 0), ("canvas.csv", 2)):
            head = 2 if name == "canvas.csv" else 1
            lines = graded.lines(name)
            kept = [line for line in lines[head:] if next(csv.reader([line]))[who] in students]
            assert again.lines(name) == lines[:head] + kept

    def test_pages_are_the_same_when_graded_again(self, graded: Graded, again: Graded) -> None:
        for case in QUICK.values():
            if case.enrolled:
                first, second = (
                    re.sub("handed in [^.<]*", "", run.page(case.student))
                    .replace(run.place.token, "")
                    .replace(run.place.root.name, "")
                    for run in (graded, again)
                )
                assert first == second, case.student

    def test_what_is_graded_is_not_graded_again(self, graded: Graded) -> None:
        tables = {name: graded.lines(name) for name in ("grades.csv", "canvas.csv", "moodle.csv")}
        once_more = grade(graded.place)
        assert once_more.status == 0
        assert " 0 graded" in f" {once_more.told}"
        assert {name: graded.lines(name) for name in tables} == tables

    def test_time_of_the_class_is_bounded(self, graded: Graded) -> None:
        assert graded.seconds < 3 * len(CASES)


ROSTERS = {
    "a path": "../../escaped",
    "an absolute path": "/etc/passwd",
    "a line break": '"a\nb"',
    "a null byte": "a\0b",
    "a formula": "=1+1",
    "a formula with plus": "+1",
    "a formula with minus": "-1",
    "a formula with at": "@SUM",
    "quotes and commas": '"a"",b"',
    "the other direction": "a\u202egpj",
    "nothing": "",
    "dots": "..",
    "hidden": ".x",
    "too long for a file": "x" * 300,
    "twice but for case": "Perfect",
}


@pytest.mark.parametrize("id", ROSTERS.values(), ids=ROSTERS)
def test_id_that_is_no_file_name_is_refused(id: str) -> None:
    place = make_place(9)
    try:
        write_class(place, [CASES["perfect"]])
        with (place.root / "private" / "roster.csv").open("a", newline="") as file:
            file.write(f"{id},Somebody\n")
        with pytest.raises(ValueError, match="roster"):
            Assignment.read(place.root / "private" / "hw.toml")
    finally:
        shutil.rmtree(place.root)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 100
    assert all(np.isfinite(points) for points in FULL.values())
