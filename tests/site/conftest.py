"""The site and the slides, built once for all tests, and a static file server for them."""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser

from docs.project import NPM, ROOT, lessons
from tests.browser.lab import find_chromium, running_browser

LESSONS = [f"lessons/{path.stem}.html" for path in lessons()]
PAGES = ["index.html", *LESSONS, "run_anywhere.html", "instructors.html", "contributing.html"]


SPHINX = importlib.util.find_spec("sphinx") is not None
collect_ignore = [] if SPHINX else ["test_stage.py"]  # it imports what only the extra brings


def missing(text: str) -> None:
    """Skips a test for what is not installed; in CI it fails instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def built(module: str, name: str, factory: pytest.TempPathFactory, worker: str) -> Path:
    """The folder that `python -m docs.…` wrote, once for all of pytest's workers."""
    if not SPHINX or shutil.which("node") is None or not (NPM / "katex").is_dir():
        missing("Sphinx or KaTeX is not installed, so this did not run: make .venv/site")
    base = factory.getbasetemp()
    folder = (base if worker == "master" else base.parent) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            command = [sys.executable, "-m", f"docs.{module}", str(folder)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The built site."""
    return built("build", "site", tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def slides(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The built slides."""
    return built("slides", "slides", tmp_path_factory, worker_id)


class Quiet(SimpleHTTPRequestHandler):
    """A plain static file server that does not write a log."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


Serve = Callable[[Path], str]


@pytest.fixture(scope="package")
def serve() -> Iterator[Serve]:
    """A function that serves a folder and returns its address, with a slash at the end."""
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="package")
def address(site: Path, serve: Serve) -> str:
    """The site's address at the root of a server."""
    return serve(site)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless browser."""
    if find_chromium() is None:
        missing("no Chromium and no Chrome is installed, so this did not run")
    with running_browser() as browser:
        yield browser
