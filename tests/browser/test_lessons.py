"""Every lesson, solved, in a real JupyterLab: as stored, run, and with its sliders moved."""

import base64
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from gradcourse.exercises import exercises

from .conftest import LESSONS
from .measure import drag_settle
from .views import ExplorerView, Notebook, is_explorer, opened

DRAG_MS = 400
NAMES = sorted(path.name for path in LESSONS.glob("*.ipynb"))


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def stored(browser: Browser, address: str, name: str) -> Iterator[Notebook]:
    """A lesson as it opens; the first test that needs `lesson` runs it."""
    with opened(browser, address, name) as notebook:
        yield notebook


@pytest.fixture(scope="module")
def lesson(stored: Notebook) -> Notebook:
    """A lesson whose cells have all been run."""
    stored.run_all()
    return stored


def stored_cells(name: str) -> list[Any]:
    """The code cells of a lesson. Not those of its copy: JupyterLab saves it now and then."""
    cells = json.loads((LESSONS / name).read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def pictures_in(name: str) -> int:
    """How many stored outputs hold a picture."""
    outputs = [output for cell in stored_cells(name) for output in cell["outputs"]]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_stored_pictures_show_before_running(stored: Notebook, name: str) -> None:
    pictures = stored.page.locator(".jp-OutputArea-output img")
    expect(pictures).to_have_count(pictures_in(name))
    widths = pictures.evaluate_all("all => all.map(img => img.naturalWidth)")
    assert all(widths), widths
    assert stored.broken_widgets == []


def test_run_all_succeeds_and_every_explorer_is_live(lesson: Notebook) -> None:
    assert lesson.errors == []
    assert lesson.not_run == []
    assert lesson.broken_widgets == []
    for explorer in lesson.explorers:
        assert_whole(explorer)


def test_every_check_of_a_solved_lesson_is_green(lesson: Notebook, name: str) -> None:
    mine = [e.id for e in exercises().values() if e.lesson == int(name[:2])]
    said = {
        "".join(cell["source"]): "".join(output["data"].get("text/plain", ""))
        for cell in lesson.cells
        for output in cell["outputs"]
        if "data" in output
    }
    for exercise in mine:
        assert said[f'check("{exercise}")'].startswith("✅"), said[f'check("{exercise}")']


def assert_whole(explorer: ExplorerView) -> None:
    """An explorer shows a picture with its sentence, and no error."""
    expect(explorer.alert).to_have_count(0)
    expect(explorer.picture).to_be_visible()
    seen = explorer.seen()
    assert seen["said"] == seen["alt"] != ""


def test_what_the_browser_draws_is_what_matplotlib_draws(lesson: Notebook) -> None:
    outputs = [output for cell in lesson.cells for output in cell["outputs"]]
    for output, explorer in zip(filter(is_explorer, outputs), lesson.explorers, strict=True):
        explorer.picture.scroll_into_view_if_needed()
        seen = picture(explorer.picture.screenshot())
        wanted = picture(base64.b64decode(output["data"]["image/png"]))
        different = np.abs(seen - wanted).max(axis=2) > 0.2
        # of one missing curve it is about 0.6 %
        assert different.mean() < 0.001, f"{different.mean():.2%} of the picture"


def picture(png: bytes) -> np.ndarray[Any, Any]:
    """A picture's colours between 0 and 1, coarse: two ways to smooth an edge look alike."""
    image = Image.open(io.BytesIO(png)).convert("RGB").resize((114, 48), Image.Resampling.BOX)
    return np.asarray(image) / 255


def test_every_slider_has_a_labelled_number_box(lesson: Notebook) -> None:
    for explorer in lesson.explorers:
        expect(explorer.boxes).to_have_count(explorer.sliders.count())
        for box in explorer.boxes.all():
            expect(box).to_have_accessible_name(re.compile(r"\S"))


def test_axe_finds_nothing_in_an_explorer(lesson: Notebook) -> None:
    for explorer in lesson.explorers:
        assert explorer.violations() == []


def test_every_slider_moves_the_picture_by_keyboard(lesson: Notebook) -> None:
    for explorer in lesson.explorers:
        for row in range(explorer.sliders.count()):
            before, number = explorer.seen(), explorer.number(row)
            key = "ArrowRight" if number == explorer.ends(row)[0] else "ArrowLeft"
            explorer.press(row, key)
            explorer.wait_for_other_picture(before)
            assert explorer.wait_for_number(row) != number
            assert_whole(explorer)


def test_every_slider_reaches_both_ends_and_the_sentence_follows(lesson: Notebook) -> None:
    for explorer in lesson.explorers:
        for row in range(explorer.sliders.count()):
            said = [press_to_the_end(explorer, row, key) for key in ("Home", "End")]
            assert said[0] != said[1]


def press_to_the_end(explorer: ExplorerView, row: int, key: str) -> str:
    """The sentence of an explorer when Home or End was pressed on a slider."""
    end = dict(zip(("Home", "End"), explorer.ends(row), strict=True))[key]
    before = explorer.seen()
    if explorer.number(row) != end:
        explorer.press(row, key)
        explorer.wait_for_other_picture(before)
    assert explorer.wait_for_number(row) == end
    assert_whole(explorer)
    return explorer.seen()["said"]


def test_every_slider_can_be_dragged(lesson: Notebook) -> None:
    for explorer in lesson.explorers:
        for row in range(explorer.sliders.count()):
            drag = drag_settle(lesson.page, explorer.root, row=row, ms=DRAG_MS)
            assert drag.settle < 2000
            explorer.wait_for_number(row)
            assert_whole(explorer)
