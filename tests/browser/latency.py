"""How fast a slider answers: our explorer against `interact` and pyplot, in one run.

    python -m tests.browser.latency

Both draw the same figure from the same backward pass of the same real net. Absolute times
depend on the machine; the ratio is what to compare. And every slider of every lesson's
explorers, as it is, with a drag of each explorer's first slider:

    python -m tests.browser.latency 01 05

And whether memory stays flat over thousands of moves:

    python -m tests.browser.latency --moves 5000 02
"""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page

from .lab import running_browser, running_lab
from .measure import counted_frames, drag_settle, keypress_latency
from .notebooks import write_comparison
from .views import Notebook, opened

SCALE_ROW = 1
LESSONS = Path(__file__).parents[2] / "lessons"
KERNEL_MEMORY = """
import gc, psutil
gc.collect()
print(psutil.Process().memory_info().rss / 1e6)
"""


def measure_latency(n: int = 25) -> dict[str, float]:
    """Milliseconds, pictures a second and blank frames of both, and the ratio of the medians."""
    with TemporaryDirectory() as temporary:
        notebooks, own = Path(temporary, "notebooks"), Path(temporary, "own")
        notebooks.mkdir()
        own.mkdir()
        name = write_comparison(notebooks)
        with (
            running_lab(notebooks, own, every_output=False) as address,
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


@contextmanager
def _lesson(number: str) -> Iterator[Notebook]:
    """A lesson with all its cells run, in a JupyterLab as a learner starts it."""
    with TemporaryDirectory() as temporary:
        notebooks, own = Path(temporary, "notebooks"), Path(temporary, "own")
        shutil.copytree(LESSONS, notebooks)
        own.mkdir()
        (path,) = notebooks.glob(f"{number}_*.ipynb")
        with (
            running_lab(notebooks, own, every_output=False) as address,
            running_browser() as browser,
            opened(browser, address, path.name) as notebook,
        ):
            notebook.run_all()
            yield notebook


def lesson_latency(number: str, n: int = 25) -> dict[str, float]:
    """Of each slider of a lesson's explorers: median milliseconds from key press to picture.

    Of each explorer also pictures a second and blank frames in a drag of its first slider.
    """
    found = {}
    with _lesson(number) as notebook:
        page = notebook.page
        for place, explorer in enumerate(notebook.explorers, start=1):
            name = f"{number}, explorer {place}"
            for row in range(explorer.sliders.count()):
                low, high = explorer.ends(row)
                box = explorer.boxes.nth(row)
                steps = round((high - low) / float(box.get_attribute("step") or 1))
                explorer.press(row, "End")  # the deepest net is the slowest
                for _ in range(min(steps, (n + 1) // 2)):
                    explorer.press(row, "ArrowLeft")
                page.wait_for_timeout(500)
                presses = keypress_latency(page, explorer.root, min(n, 2 * steps - 1), row=row)
                label = box.get_attribute("aria-label") or f"slider {row + 1}"
                found[f"{name}, {label} (ms)"] = median(presses)
            with counted_frames(page, explorer.root) as frames:
                drag = drag_settle(page, explorer.root)
            found[f"{name}, pictures in a drag (1/s)"] = drag.pictures
            found[f"{name}, blank frames"] = frames.blank
    return found


def endurance(number: str, moves: int) -> dict[str, float]:
    """Megabytes after a tenth, after half and after all of `moves` key presses on a slider."""
    found = {}
    with _lesson(number) as notebook:
        page, explorer = notebook.page, notebook.explorers[0]
        session = page.context.new_cdp_session(page)
        explorer.press(0, "End")
        for _ in range(13):
            explorer.press(0, "ArrowLeft")
        with counted_frames(page, explorer.root) as frames:
            for done in range(25, moves + 1, 25):
                keypress_latency(page, explorer.root, 25)
                explorer.press(0, "ArrowLeft")  # 13 to the right and 12 to the left were pressed
                if done in (moves // 10, moves // 2, moves):
                    session.send("HeapProfiler.collectGarbage")
                    used = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
                    found[f"{number}, page after {done:,} moves (MB)"] = used
                    kernel = float(notebook.execute(KERNEL_MEMORY))
                    found[f"{number}, kernel after {done:,} moves (MB)"] = kernel
        found[f"{number}, blank among {frames.frames:,} frames"] = frames.blank
    return found


def main() -> None:
    """Prints the latencies of the lessons that are asked for, or of the comparison."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.latency")
    parser.add_argument("lessons", nargs="*")
    parser.add_argument("--moves", type=int)
    asked = parser.parse_args()
    for number in asked.lessons or [""]:
        if not number:
            found = measure_latency()
        elif asked.moves:
            found = endurance(number, asked.moves)
        else:
            found = lesson_latency(number)
        for what, value in found.items():
            print(f"{what:<60}{value:>8.1f}", flush=True)


if __name__ == "__main__":
    main()
