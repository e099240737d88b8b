"""One JupyterLab and one browser for all browser tests.

Both have package scope: Playwright keeps an event loop running in this thread as long as the
browser is open, and tests elsewhere start loops of their own.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .lab import find_chromium, running_browser, running_lab
from .notebooks import write_wave

LESSONS = Path(__file__).parents[2] / "lessons"
NO_BROWSER = "no Chromium and no Chrome is installed: the browser tests did not run"


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
    """A folder with copies of the lessons and the notebook that the tests wrote."""
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    leave_out = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    shutil.copytree(LESSONS, folder, ignore=leave_out)
    write_wave(folder)
    return folder


@pytest.fixture(scope="package")
def address(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab of our own that serves `notebooks`."""
    with running_lab(notebooks, tmp_path_factory.mktemp("own")) as address:
        yield address
