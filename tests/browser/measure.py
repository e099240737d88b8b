"""What a learner waits for, measured inside the page: from a key or the mouse to the paint."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

from playwright.sync_api import Locator, Page

DRAG_MS = 3_000
QUIET_MS = 700

# What a picture shows, as text: an explorer's drawing with its sentence, or an image's address.
DRAWN = """const drawn = root => {
    const svg = root.querySelector('svg[role=img]');
    return svg ? svg.outerHTML : root.querySelector('img')?.src;
};"""

# Notes when a key went down, when the mouse was released, and when each new picture inside
# `root` was on the screen: loaded, decoded, and the frame that shows it given to the compositor.
WATCH = (
    f"""root => {{ {DRAWN}"""
    """
    window.watched?.stop();
    const watched = {key: 0, released: 0, painted: [], shown: drawn(root)};
    const onKey = event => watched.key = event.timeStamp;
    const onRelease = event => watched.released = event.timeStamp;
    const afterPaint = act => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => { act(); channel.port1.close(); };
        channel.port2.postMessage(0);
    });
    const look = async () => {
        const shown = drawn(root);
        if (!shown || shown === watched.shown) return;
        watched.shown = shown;
        await root.querySelector('img')?.decode().catch(() => {});
        afterPaint(() => watched.painted.push(performance.now()));
    };
    const observer = new MutationObserver(look);
    observer.observe(root, {subtree: true, childList: true, attributes: true});
    addEventListener('keydown', onKey, true);
    addEventListener('pointerup', onRelease, true);
    watched.stop = () => {
        observer.disconnect();
        removeEventListener('keydown', onKey, true);
        removeEventListener('pointerup', onRelease, true);
    };
    window.watched = watched;
}"""
)
QUIET = "ms => performance.now() - Math.max(watched.released, ...watched.painted) > ms"

# Looks at the picture in each frame that the browser is about to paint.
SAMPLE_FRAMES = """root => {
    const sample = {frames: 0, blank: 0, going: true};
    const whole = () => {
        const img = root.querySelector('img'), svg = root.querySelector('svg[role=img]');
        return img && img.complete && img.naturalWidth > 0
            && img.getBoundingClientRect().height > 0
            && (!svg || (getComputedStyle(svg).visibility === 'visible'
                && svg.querySelector('path[d*=L], image[href]')));
    };
    const look = () => {
        sample.frames += 1;
        sample.blank += whole() ? 0 : 1;
        if (sample.going) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    window.sample = sample;
}"""


@dataclass
class Frames:
    """Frames that the browser painted, and those without a whole picture."""

    frames: int = 0
    blank: int = 0


@dataclass(frozen=True)
class Drag:
    """How the picture followed a drag.

    Attributes:
        settle: milliseconds from the mouse's release to the last picture; 0 if it was there.
        pictures: how many pictures were shown each second of the drag.
        late: how many pictures came after the release.
    """

    settle: float
    pictures: float
    late: int


def keypress_latency(page: Page, root: Locator, n: int = 25, *, row: int = 0) -> list[float]:
    """Milliseconds from a key press on a slider to the painted picture, `n` times.

    Args:
        root: contains the sliders and the picture; an explorer's or an `interact`'s element.
        n: presses; a round trip through the slider, so that it does not end at one end.
        row: which slider, counted from the top.
    """
    handle = root.locator(".noUi-handle").nth(row)
    handle.focus()
    root.evaluate(WATCH)
    found = []
    for i in range(n):
        shown = page.evaluate("() => watched.painted.length")
        handle.press("ArrowRight" if i < (n + 1) // 2 else "ArrowLeft")
        page.wait_for_function("n => watched.painted.length > n", arg=shown)
        found.append(page.evaluate("n => watched.painted[n] - watched.key", shown))
    page.evaluate("() => watched.stop()")
    return found


def drag_settle(
    page: Page, root: Locator, *, row: int = 0, ms: int = DRAG_MS, quiet: int = QUIET_MS
) -> Drag:
    """How the picture follows a drag to and fro that ends in the middle of a slider.

    Args:
        root, row: as in `keypress_latency`.
        ms: how long the drag lasts.
        quiet: no new picture for so many milliseconds means that the last one has come; must
            be longer than one picture takes.
    """
    root.locator(".noUi-handle").nth(row).scroll_into_view_if_needed()
    track = root.locator(".noUi-base").nth(row).bounding_box()
    handle = root.locator(".noUi-handle").nth(row).bounding_box()
    if track is None or handle is None:
        raise ValueError(f"no slider in row {row} is on the screen")
    y = track["y"] + track["height"] / 2
    root.evaluate(WATCH)
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    start = page.evaluate("performance.now()")
    for place in cycle((0.3, 0.5, 0.7, 0.9, 0.7, 0.5)):
        page.mouse.move(track["x"] + place * track["width"], y, steps=4)
        if page.evaluate("performance.now()") > start + ms:
            break
    page.mouse.move(track["x"] + 0.45 * track["width"], y)
    page.mouse.up()
    page.wait_for_function(QUIET, arg=quiet)
    return _drag(page, start)


def _drag(page: Page, start: float) -> Drag:
    painted = page.evaluate("() => watched.painted")
    released = page.evaluate("() => watched.released")
    page.evaluate("() => watched.stop()")
    late = [moment for moment in painted if moment > released]
    seconds = (released - start) / 1000
    return Drag(
        settle=max(late, default=released) - released,
        pictures=(len(painted) - len(late)) / seconds,
        late=len(late),
    )


@contextmanager
def counted_frames(page: Page, root: Locator) -> Iterator[Frames]:
    """Counts, while the block runs, the frames and those in which `root` has no whole picture."""
    seen = Frames()
    root.evaluate(SAMPLE_FRAMES)
    yield seen
    found = page.evaluate("() => { sample.going = false; return sample; }")
    seen.frames, seen.blank = found["frames"], found["blank"]
