"""A real JupyterLab and a headless browser: start both, and stop them whatever happens."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# No question on the first start.
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}
EVERY_OUTPUT = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless Chromium, closed when the block is left.

    Raises:
        FileNotFoundError: no Chromium and no Chrome is installed.
    """
    path = find_chromium()
    if path is None:
        raise FileNotFoundError("the browser tests need Chromium or Chrome, and found neither")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running_lab(notebooks: Path, own: Path, *, every_output: bool = True) -> Iterator[str]:
    """The address of a JupyterLab that serves `notebooks`, stopped when the block is left.

    Its settings, data, kernels' connection files and log are in `own`, so that neither the
    user's JupyterLab nor the tests notice each other. With `every_output` the page holds every
    output, without it, as by default, those near what is in sight.
    """
    write_settings(own / "settings", every_output)
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--PasswordIdentityProvider.hashed_password=",
        f"--ServerApp.root_dir={notebooks}",
        "--LabApp.expose_app_in_browser=True",
        "--ServerApp.kernel_websocket_connection_class=gradcourse.prompt.PromptConnection",
        "--LabApp.extension_manager=readonly",
    ]
    with (own / "log.txt").open("w") as log:
        server = subprocess.Popen(
            command, env=own_environment(own), cwd=notebooks, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_serving(server, address, own / "log.txt")
            yield address
        finally:
            stop(server)


def write_settings(folder: Path, every_output: bool = True) -> None:
    """Writes a user's settings."""
    for plugin, values in (SETTINGS | (EVERY_OUTPUT if every_output else {})).items():
        path = folder / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def own_environment(own: Path) -> dict[str, str]:
    """This process's environment with every folder that Jupyter writes to below `own`."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "MPLCONFIGDIR": "matplotlib",
    }
    for name in folders.values():
        (own / name).mkdir(parents=True, exist_ok=True)
    calm = {"TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}
    return os.environ | {key: str(own / name) for key, name in folders.items()} | calm


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_serving(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Returns when `address` answers.

    Raises:
        RuntimeError: the server ended, or does not answer in a minute; with the log's end.
    """
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/api/status", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ends the server, which ends its kernels; by force if it does not end in 15 seconds."""
    server.terminate()
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
