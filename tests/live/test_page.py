"""The live explorers on a page in Chromium: controls, keyboard, speed, accessibility, failure."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from .conftest import LESSONS

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Moves a slider and resolves to the milliseconds until the frame with its picture is painted.
MOVE = """(slider) => new Promise((done) => {
    const [low, step] = [Number(slider.min), Number(slider.step)];
    slider.value = Number(slider.value) > low ? Number(slider.value) - step : slider.max;
    const painted = new MessageChannel();
    const start = performance.now();
    painted.port1.onmessage = () => done(performance.now() - start);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    requestAnimationFrame(() => painted.port2.postMessage(0));
})"""


@contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A page whose explorers are there, and which complained of nothing."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/index.html")
        page.wait_for_function(f"document.querySelectorAll('.gc-live').length === {len(LESSONS)}")
        yield page
        assert complaints == []
    finally:
        context.close()


def sliders(page: Page) -> list[Locator]:
    return page.locator(".gc-live input[type=range]").all()


def sentence_beside(control: Locator) -> str:
    found: str = control.evaluate(
        "c => c.closest('.gc-live').querySelector('[role=status]').innerText"
    )
    return found


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    with opened(browser, site) as page:
        yield page


def test_every_control_is_named_and_moves_by_keyboard(page: Page) -> None:
    controls = page.locator(".gc-live input[type=range], .gc-live select").all()
    assert len(controls) == 19
    for control in controls:
        control.focus()
        assert control.evaluate("c => c === document.activeElement && c.labels[0].innerText !== ''")
        before, said = control.input_value(), sentence_beside(control)
        for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):  # whichever end it stands at
            control.press(key)
            if control.input_value() != before:
                break
        assert control.input_value() != before
        page.wait_for_timeout(60)
        changed = sentence_beside(control)
        assert changed != said or "bias" in (control.get_attribute("id") or "")
        if control.get_attribute("type") == "range":
            told = control.get_attribute("aria-valuetext") or ""
            assert float(told.split()[0]) == float(control.input_value())


def test_tab_reaches_the_controls_in_order(browser: Browser, site: str) -> None:
    with opened(browser, site) as page:
        wanted = page.eval_on_selector_all(
            ".gc-live input, .gc-live select", "all => all.map(e => e.id)"
        )
        seen = []
        for _ in wanted:
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.id"))
        assert seen == wanted


def test_picture_and_sentence_agree(page: Page) -> None:
    for live in page.locator(".gc-live").all():
        alt = live.locator("svg[role=img]").get_attribute("aria-label")
        assert alt
        assert alt == live.get_by_role("status").inner_text()
        assert "Measured" in live.locator(".gc-live-source").inner_text()


def test_a_move_is_drawn_at_once(browser: Browser, site: str) -> None:
    with opened(browser, site) as page:
        for slider in sliders(page):
            before = sentence_beside(slider)
            times = [slider.evaluate(MOVE) for _ in range(16)]
            middle = statistics.median(times)
            print(f"{slider.get_attribute('id')}: {middle:.1f} ms a move, at most {max(times):.1f}")
            assert middle < 100
            assert sentence_beside(slider) != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(browser: Browser, site: str, scheme: str) -> None:
    with opened(browser, site, color_scheme=scheme) as page:
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("options", [
    {"viewport": {"width": 360, "height": 740}},
    {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},  # 1280 at 200 %
    {"forced_colors": "active"},
    {"reduced_motion": "reduce"},
], ids=["360 px", "200 %", "forced colours", "reduced motion"])  # fmt: skip
def test_fits(browser: Browser, site: str, options: dict[str, Any]) -> None:
    with opened(browser, site, **options) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        narrow = page.evaluate("window.innerWidth < 600")
        boxes = page.locator(".gc-live-scroll").all()
        assert all((box.get_attribute("tabindex") == "0") == narrow for box in boxes)
        white = "e => getComputedStyle(e).backgroundColor"
        assert boxes[0].locator("div").first.evaluate(white) == "rgb(255, 255, 255)"
        if narrow:
            assert Axe().run(page, options=RULES).violations_count == 0


def test_failed_fetch_leaves_the_page_as_it_was(browser: Browser, site: str) -> None:
    page = browser.new_page()
    try:
        with page.expect_console_message(lambda m: "stays a picture" in m.text):
            page.goto(f"{site}/gone.html")
        assert page.locator(".gc-explorer").all_inner_texts() == ["stored 05", "stored 02"]
        assert page.locator(".gc-live").count() == 0
    finally:
        page.close()
