"""The five tables, measured once; a browser, and a server that has nothing but the built files."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from docs.live import build
from tests.browser.lab import find_chromium, running_browser

LESSONS = ("02", "03", "06", "07", "08")


def need(found: object, what: str) -> None:
    """Skips a test that lacks something; in CI it fails."""
    if not found:
        reason = f"no {what} is installed: the tests of the live explorers did not run"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def built() -> Path:
    """A folder with everything that a page loads."""
    return build.built()


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node."""
    found = shutil.which("node")
    need(found, "node")
    return str(found)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless browser."""
    need(find_chromium(), "Chromium and no Chrome")
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page under a sub-path that holds all five explorers."""
    root = tmp_path_factory.mktemp("served")
    course = root / "some" / "course"
    shutil.copytree(built, course / "_static" / "live")
    (course / "index.html").write_text(page(LESSONS), encoding="utf-8")
    (course / "gone.html").write_text(page(["05", "02"], "nowhere"), encoding="utf-8")
    (course / "nowhere").mkdir()
    for script in built.glob("*.js"):
        shutil.copy(script, course / "nowhere")  # the scripts without their tables
    handler = functools.partial(_Quiet, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some/course"
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def page(lessons: tuple[str, ...] | list[str], scripts: str = "_static/live") -> str:
    """A page with a heading and these lessons' explorers, in light and dark."""
    boxes = "".join(
        f'<h2>Lesson {n}</h2><div class="gc-explorer" data-lesson="{n}"><p>stored {n}</p></div>'
        for n in lessons
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorers</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        "<style>:root { color-scheme: light dark }</style></head><body><main>"
        f'<h1>Explorers</h1>{boxes}</main><script type="module" src="{scripts}/live.js"></script>'
        "</body></html>"
    )
