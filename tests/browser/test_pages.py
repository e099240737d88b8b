"""The pages that instructors and students get: axe-core finds nothing, at any width."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gradcourse.exercises import exercises
from gradcourse.instructor.assignment import Assignment, Student
from gradcourse.instructor.collect import Submission
from gradcourse.instructor.mark import Mark
from gradcourse.instructor.report import write

POINTS = {"02-growth": 2.0, "02-repair": 3.0, "02-overflow": 1.0}
SOURCES = {name: exercises()[name].reference for name in POINTS}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a class of three: one right, one wrong or by hand, one who handed in nothing."""
    out, time = tmp_path_factory.mktemp("grades"), datetime(2026, 12, 6, tzinfo=UTC)
    students = (Student("ada", "Ada"), Student("ben", "<b>Ben</b>"), Student("eva", "Eva"))
    told = Assignment(
        "Homework 1", datetime(2026, 12, 4, tzinfo=UTC), "x" * 16, POINTS, students, late=0.1
    )
    notes = ("02-growth: there 2 times",)
    found = [Submission(s.id, f"{s.id}.ipynb", time, SOURCES, notes) for s in students[:2]]
    states = {"ada": ("right", "right", "manual"), "ben": ("partly", "by hand", "empty")}
    look = "it uses `helper`, which only another cell of the notebook defines"

    def marks(submission: Submission) -> list[Mark]:
        return [
            Mark(name, most * (state == "right"), most, 1, 6, state, (f"{name}: right, all. Yes.",),
                 "one step too many", look, SOURCES[name])
            for (name, most), state in zip(POINTS.items(), states[submission.student], strict=True)
        ]  # fmt: skip

    count = {s.id: [f for f in found if f.student == s.id] for s in students}
    (out / "manual.csv").write_text("student,exercise,points,comment\nada,02-overflow,0.5,Fine\n")
    write(told, found, count, ["x.ipynb: nobody"], out, marks)
    return out


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (360, "light")])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield page
    page.close()


@pytest.mark.parametrize("name", ["overview", "feedback/ada", "feedback/ben", "feedback/eva"])
def test_axe_finds_nothing_and_nothing_is_cut_off(results: Path, page: Page, name: str) -> None:
    page.goto((results / f"{name}.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0


def test_the_overview_leads_to_the_pages_of_who_is_to_be_looked_at(
    browser: Browser, results: Path
) -> None:
    page = browser.new_page()
    page.goto((results / "overview.html").as_uri())
    page.get_by_role("link", name="ben").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Homework 1: <b>Ben</b>"
    assert "uses `helper`" in page.get_by_role("main").inner_text()
    page.close()
