"""The slides in a browser: nothing is cut off, and all can be read from the back row."""

from pathlib import Path
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Request, expect

from docs.project import lessons

from .conftest import Serve

NAMES = [path.stem for path in lessons()]
SMALLEST = 17  # pixels on a slide 720 high, for text that is not in a formula or a picture
ALIVE = "document.querySelectorAll('[data-live]:not(:has(.gc-live))').length === 0"
# Shows slide after slide and measures it: what is cut off, and how small its text is.
MEASURE = """async () => {
    await document.fonts.ready;
    for (const img of document.images) img.loading = 'eager';
    await Promise.all([...document.images].map(img => img.decode()));
    return Reveal.getSlides().map((slide, number) => {
        Reveal.slide(number);
        const boxes = [slide, ...slide.querySelectorAll('pre, table, .katex-display, img')];
        const wide = boxes.filter(box => box.scrollWidth > box.clientWidth + 1
            || box.offsetLeft + box.offsetWidth > 1280).length;
        const sizes = [...slide.querySelectorAll('p, li, td, th, code, figcaption')]
            .filter(element => element.offsetParent && !element.closest('.katex'))
            .map(element => parseFloat(getComputedStyle(element).fontSize));
        const empty = slide.innerText.trim().length < 2;
        return {number: number + 1, high: slide.scrollHeight - slide.clientHeight, wide, empty,
            small: Math.min(100, ...sizes), title: slide.querySelector('h1, h2').innerText};
    });
}"""


@pytest.fixture(scope="package")
def talks(slides: Path, serve: Serve) -> str:
    """The address of the slides."""
    return serve(slides)


@pytest.mark.parametrize("name", NAMES)
def test_no_slide_is_cut_off_and_all_can_be_read(browser: Browser, talks: str, name: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(f"{talks}{name}.html")
    page.wait_for_function("Reveal.isReady()")
    page.wait_for_function(ALIVE)
    found = page.evaluate(MEASURE)
    page.close()
    assert len(found) > 8
    bad = [one for one in found if one["high"] > 0 or one["wide"] or one["small"] < SMALLEST]
    assert bad == []
    assert {urlparse(request.url).netloc for request in asked} == {urlparse(talks).netloc}


@pytest.mark.parametrize("name", ["index", NAMES[0], NAMES[2], NAMES[12]])
def test_axe_finds_nothing_on_slides(browser: Browser, talks: str, name: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{talks}{name}.html")
    for number in (0, 3, 6):
        page.evaluate(f"window.Reveal?.slide({number})")
        found = Axe().run(
            page,
            options={
                "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
            },
        )
        assert found.violations_count == 0, found.generate_report()
    page.close()


def test_keys_lead_on_and_back(browser: Browser, talks: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{talks}{NAMES[2]}.html")
    page.wait_for_function("Reveal.isReady()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("section.present")).to_have_count(1)
    assert page.evaluate("Reveal.getIndices().h") == 2
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getIndices().h") == 1
    page.close()


def test_slides_hold_no_setup_and_no_starters(slides: Path) -> None:
    text = (slides / f"{NAMES[2]}.html").read_text(encoding="utf-8")
    assert "not attempted yet" not in text
    assert "def mended_net" not in text
    assert "Repair a net that does not learn" in text
    assert "katex-error" not in text
