"""The lessons as notebooks, for tests that need no kernel."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

LESSONS = sorted((Path(__file__).parents[2] / "lessons").glob("*.ipynb"))


@pytest.fixture(params=LESSONS, ids=[path.stem for path in LESSONS])
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def lesson(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


@pytest.fixture
def code(lesson: Any) -> list[Any]:
    return [cell for cell in lesson.cells if cell.cell_type == "code"]
