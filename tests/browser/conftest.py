"""One JupyterLab and one browser for all browser tests.

Both have package scope: Playwright keeps an event loop running in this thread as long as the
browser is open, and tests elsewhere start loops of their own.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser
from xdist.scheduler import LoadScopeScheduling

from gradcourse.exercises import exercises

from .lab import find_chromium, running_browser, running_lab
from .notebooks import write_wave

LESSONS = Path(__file__).parents[2] / "lessons"
NO_BROWSER = "no Chromium and no Chrome is installed: the browser tests did not run"


class ByLesson(LoadScopeScheduling):  # type: ignore[misc]
    """`--dist loadscope` here gives all tests of a lesson to one worker: it runs once.

    pytest-xdist 3.8's `loadgroup` is for this, but does nothing under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        lesson = re.search(r"\[(.*\.ipynb)\]$", nodeid)
        return lesson[1] if lesson else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByLesson | None:
    """Called by pytest-xdist."""
    return ByLesson(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless browser. Without one the tests are skipped, except in CI, where they fail."""
    if find_chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lessons, solved, and the notebook that the tests wrote.

    A lesson has its stored outputs, and in its answer cells the reference answers: under nbval
    it runs with the starters, so that here it can run as at the end of a learner's work.
    """
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    leave_out = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    shutil.copytree(LESSONS, folder, ignore=leave_out)
    for path in folder.glob("*.ipynb"):
        solve(path)
    write_wave(folder)
    return folder


def solve(path: Path) -> None:
    """Puts the reference answers into the answer cells of a lesson."""
    lesson = nbformat.read(path, as_version=4)
    cells = {cell.id: cell for cell in lesson.cells}
    for exercise in exercises().values():
        if exercise.lesson == int(path.name[:2]):
            cells[f"answer-{exercise.id}"].source = exercise.reference
    nbformat.write(lesson, path)


@pytest.fixture(scope="package")
def address(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab of our own that serves `notebooks`."""
    with running_lab(notebooks, tmp_path_factory.mktemp("own")) as address:
        yield address
