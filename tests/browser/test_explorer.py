"""What every explorer does in a real JupyterLab, on a small one whose sentence names its values."""

from collections.abc import Callable, Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser, expect

from .measure import counted_frames, drag_settle, keypress_latency
from .views import ExplorerView, Notebook, opened

WAVES, HEIGHT = 0, 1


@pytest.fixture(scope="module")
def notebook(browser: Browser, address: str) -> Iterator[Notebook]:
    with opened(browser, address, "wave.ipynb") as notebook:
        yield notebook


@pytest.fixture
def explorers(notebook: Notebook) -> list[ExplorerView]:
    """Two fresh explorers; the second cannot draw five waves."""
    notebook.run_all()
    assert notebook.errors == []
    return notebook.explorers


@pytest.fixture
def explorer(explorers: list[ExplorerView]) -> ExplorerView:
    return explorers[0]


@pytest.fixture
def fragile(explorers: list[ExplorerView]) -> ExplorerView:
    return explorers[1]


def sentence(waves: float = 3, height: float = 1.0, shape: str = "sine") -> str:
    return f"A {shape} with waves {waves:.0f} and height {height:.2f}."


@pytest.mark.parametrize(
    ("row", "key", "said"),
    [
        (WAVES, "ArrowRight", sentence(waves=4)),
        (WAVES, "ArrowLeft", sentence(waves=2)),
        (WAVES, "End", sentence(waves=20)),
        (HEIGHT, "ArrowRight", sentence(height=1.05)),
        (HEIGHT, "ArrowLeft", sentence(height=0.95)),
        (HEIGHT, "Home", sentence(height=0.1)),
    ],
)
def test_key_moves_number_picture_sentence_and_alt(
    explorer: ExplorerView, row: int, key: str, said: str
) -> None:
    before = explorer.seen()
    explorer.press(row, key)
    seen = explorer.wait_for_other_picture(before)
    assert (seen["said"], seen["alt"]) == (said, said)
    explorer.wait_for_number(row)
    assert said == sentence(explorer.number(WAVES), explorer.number(HEIGHT))


@pytest.mark.parametrize("row", [WAVES, HEIGHT])
def test_moving_back_gives_the_same_picture(explorer: ExplorerView, row: int) -> None:
    before = explorer.seen()
    explorer.press(row, "ArrowRight")
    moved = explorer.wait_for_other_picture(before)
    explorer.press(row, "ArrowLeft")
    assert explorer.wait_for_other_picture(moved) == before


@pytest.mark.parametrize("row", [WAVES, HEIGHT])
def test_fast_drag_settles_on_the_value_shown(
    explorer: ExplorerView, row: int, record_property: Callable[[str, object], None]
) -> None:
    drag = drag_settle(explorer.page, explorer.root, row=row, ms=1000)
    record_property("drag", str(drag))
    print(drag)
    assert drag.settle < 2000
    explorer.wait_for_number(row)
    said = sentence(explorer.number(WAVES), explorer.number(HEIGHT))
    assert (explorer.seen()["said"], explorer.seen()["alt"]) == (said, said)
    assert said != sentence()


def test_drag_does_not_queue(explorer: ExplorerView) -> None:
    drag = drag_settle(explorer.page, explorer.root, row=WAVES, ms=1000)
    assert drag.pictures > 2
    assert drag.late <= 3  # one on its way, one merged from all that waited, one to spare


def test_key_press_is_answered_at_once(
    explorer: ExplorerView, record_property: Callable[[str, object], None]
) -> None:
    presses = keypress_latency(explorer.page, explorer.root, 8)
    record_property("key press (ms)", presses)
    print([round(ms) for ms in presses])
    assert median(presses) < 500  # about 60 on two cores; debouncing would show here


def test_picture_is_never_blank_while_keys_are_pressed_quickly(explorer: ExplorerView) -> None:
    with counted_frames(explorer.page, explorer.root) as frames:
        for key in ["ArrowRight"] * 10 + ["ArrowLeft"] * 6:
            explorer.press(WAVES, key)
        expect(explorer.sentence).to_have_text(sentence(waves=7))
    assert frames.frames > 10
    assert frames.blank == 0


@pytest.mark.parametrize(
    ("row", "typed", "said"),
    [
        (WAVES, "7", sentence(waves=7)),
        (HEIGHT, "0.55", sentence(height=0.55)),
        (WAVES, "99", sentence(waves=20)),
    ],
)
def test_typed_number_moves_picture_and_slider(
    explorer: ExplorerView, row: int, typed: str, said: str
) -> None:
    before = explorer.seen()
    explorer.boxes.nth(row).fill(typed)
    explorer.boxes.nth(row).press("Enter")
    seen = explorer.wait_for_other_picture(before)
    assert (seen["said"], seen["alt"]) == (said, said)
    expect(explorer.boxes.nth(row)).to_have_value(f"{explorer.position(row):g}")


def test_moves_from_python_stay_where_they_were_put(
    notebook: Notebook, explorer: ExplorerView
) -> None:
    moves = "for height in (0.4, 1.4, 0.95, 1.15, 0.7, 1.85, {last}): wave.set(height=height)"
    for last in (0.45, 1.3, 1.35, 0.15, 1.9):
        notebook.execute(moves.format(last=last))
        expect(explorer.sentence).to_have_text(sentence(height=last))
        explorer.page.wait_for_timeout(150)  # what the page writes back would come now
        assert notebook.execute("print(wave)").strip() == sentence(height=last)
        assert explorer.number(HEIGHT) == last
    notebook.execute("wave.reset()")


def test_the_next_step_is_computed_before_its_key_is_pressed(
    notebook: Notebook, explorer: ExplorerView
) -> None:
    notebook.execute("asked.clear()")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        before = explorer.seen()
        explorer.press(WAVES, key)
        explorer.wait_for_other_picture(before)
        explorer.page.wait_for_timeout(150)
    assert explorer.number(WAVES) == 4
    # 4, ahead 5; 5, ahead 6; 4 again, ahead 3
    assert notebook.execute("print(asked)").strip() == "[4, 5, 6, 3]"


def test_the_next_step_of_a_scale_is_the_number_that_the_page_sends(
    notebook: Notebook, explorer: ExplorerView
) -> None:
    notebook.execute("asked.clear()")
    for _ in range(4):
        before = explorer.seen()
        explorer.press(HEIGHT, "ArrowRight")
        explorer.wait_for_other_picture(before)
        explorer.page.wait_for_timeout(150)
    assert notebook.execute("print(len(asked))").strip() == "5"  # the first, and one ahead of each


def test_after_a_cell_has_run_no_old_result_is_shown(
    notebook: Notebook, explorer: ExplorerView
) -> None:
    before = explorer.seen()
    explorer.press(WAVES, "ArrowRight")
    moved = explorer.wait_for_other_picture(before)
    notebook.execute("t = t / 2")
    explorer.press(WAVES, "ArrowLeft")
    back = explorer.wait_for_other_picture(moved)
    assert (back["said"], back["drawn"] == before["drawn"]) == (before["said"], False)


def test_menu_changes_the_picture(explorer: ExplorerView) -> None:
    before = explorer.seen()
    explorer.menus.select_option("square")
    assert explorer.wait_for_other_picture(before)["said"] == sentence(shape="square")


def test_error_in_a_callback_is_shown_and_goes_away(fragile: ExplorerView) -> None:
    fragile.press(WAVES, "ArrowRight")
    expect(fragile.sentence).to_have_text(sentence(waves=4))
    fragile.press(WAVES, "ArrowRight")
    expect(fragile.alert).to_be_visible()
    expect(fragile.alert).to_contain_text("no picture for <5> waves")
    fragile.press(WAVES, "ArrowLeft")
    expect(fragile.sentence).to_have_text(sentence(waves=4))
    expect(fragile.alert).to_have_count(0)
    expect(fragile.picture).to_be_visible()


def test_each_number_box_and_menu_has_its_name(explorer: ExplorerView) -> None:
    for name in ("waves", "height"):
        expect(explorer.root.get_by_role("spinbutton", name=name, exact=True)).to_be_visible()
    expect(explorer.root.get_by_role("combobox", name="shape", exact=True)).to_be_visible()


def test_axe_finds_nothing_in_a_picture_that_is_drawn(explorer: ExplorerView) -> None:
    assert explorer.violations() == []


def test_axe_finds_nothing_in_an_error(fragile: ExplorerView) -> None:
    fragile.boxes.nth(WAVES).fill("5")
    fragile.boxes.nth(WAVES).press("Enter")
    expect(fragile.alert).to_be_visible()
    assert fragile.violations() == []
