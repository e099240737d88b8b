"""How fast a slider answers: our explorer against `interact` and pyplot, in one run.

    python -m tests.browser.latency

Both draw the same figure from the same backward pass of the same real net. Absolute times
depend on the machine; the ratio is what to compare. And every slider of every lesson's
explorers, as it is:

    python -m tests.browser.latency 01 05
"""

import shutil
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page

from .lab import running_browser, running_lab
from .measure import counted_frames, drag_settle, keypress_latency
from .notebooks import write_comparison
from .views import opened

SCALE_ROW = 1
LESSONS = Path(__file__).parents[2] / "lessons"


def measure_latency(n: int = 25) -> dict[str, float]:
    """Milliseconds, pictures a second and blank frames of both, and the ratio of the medians."""
    with TemporaryDirectory() as temporary:
        notebooks, own = Path(temporary, "notebooks"), Path(temporary, "own")
        notebooks.mkdir()
        own.mkdir()
        name = write_comparison(notebooks)
        with (
            running_lab(notebooks, own) as address,
            running_browser() as browser,
            opened(browser, address, name) as notebook,
        ):
            notebook.run_all()
            if notebook.errors:
                raise RuntimeError(f"{name}: {notebook.errors}")
            interact = notebook.page.locator(".widget-interact")
            ours = _measure(notebook.page, notebook.explorers[0].root, "ours", n)
            theirs = _measure(notebook.page, interact, "interact", n)
    ratio = theirs["interact key press (ms)"] / ours["ours key press (ms)"]
    return ours | theirs | {"interact / ours": ratio}


def _measure(page: Page, root: Locator, name: str, n: int) -> dict[str, float]:
    keypress_latency(page, root, 4, row=SCALE_ROW)  # the first pictures are slower
    presses = keypress_latency(page, root, n, row=SCALE_ROW)
    with counted_frames(page, root) as frames:
        drag = drag_settle(page, root, row=SCALE_ROW, quiet=3000)
    return {
        f"{name} key press (ms)": median(presses),
        f"{name} slowest key press (ms)": max(presses),
        f"{name} drag settles (ms)": drag.settle,
        f"{name} pictures in a drag (1/s)": drag.pictures,
        f"{name} blank frames": frames.blank,
    }


def lesson_latency(number: str, n: int = 25) -> dict[str, float]:
    """Median milliseconds from key press to picture, for each slider of a lesson's explorers."""
    found = {}
    with TemporaryDirectory() as temporary:
        notebooks, own = Path(temporary, "notebooks"), Path(temporary, "own")
        shutil.copytree(LESSONS, notebooks)
        own.mkdir()
        (path,) = notebooks.glob(f"{number}_*.ipynb")
        with (
            running_lab(notebooks, own) as address,
            running_browser() as browser,
            opened(browser, address, path.name) as notebook,
        ):
            notebook.run_all()
            for place, explorer in enumerate(notebook.explorers, start=1):
                for row in range(explorer.sliders.count()):
                    low, high = explorer.ends(row)
                    box = explorer.boxes.nth(row)
                    steps = round((high - low) / float(box.get_attribute("step") or 1))
                    explorer.press(row, "End")  # the deepest net is the slowest
                    for _ in range(min(steps, (n + 1) // 2)):
                        explorer.press(row, "ArrowLeft")
                    notebook.page.wait_for_timeout(500)
                    count = min(n, 2 * steps - 1)
                    presses = keypress_latency(notebook.page, explorer.root, count, row=row)
                    label = box.get_attribute("aria-label") or f"slider {row + 1}"
                    found[f"{number}, explorer {place}, {label}"] = median(presses)
    return found


def main(numbers: list[str]) -> None:
    """Prints the latencies of the lessons that are asked for, or of the comparison."""
    rows = [lesson_latency(number) for number in numbers] or [measure_latency()]
    for what, value in (item for found in rows for item in found.items()):
        print(f"{what:<60}{value:>8.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
