"""Lessons in Jupyter Notebook 7, run and with a slider moved."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from docs.project import lessons
from tests.browser.lab import free_port, own_environment, stop, wait_until_serving, write_settings

from .conftest import missing

RUN_MS = 240_000
LESSONS = [path.name for path in lessons() if path.name[:2] in ("00", "02")]
SESSION = "jupyterapp.shell.currentWidget?.context?.sessionContext?.session?.kernel"
RUN_ALL = """() => {
    window.ranAll = null;
    jupyterapp.commands.execute('notebook:run-all-cells')
        .then(() => window.ranAll = true, error => window.ranAll = String(error));
}"""
ERRORS = """() => jupyterapp.shell.currentWidget.context.model.toJSON().cells
    .flatMap(cell => cell.outputs ?? []).filter(output => output.output_type === 'error')"""


@pytest.fixture(scope="module")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Jupyter Notebook 7 that serves copies of two lessons."""
    if importlib.util.find_spec("notebook") is None:
        missing("Notebook 7 is not installed, so this did not run: pip install -e '.[site]'")
    own = tmp_path_factory.mktemp("notebook7")
    folder = own / "notebooks"
    folder.mkdir()
    for path in lessons():
        if path.name in LESSONS:
            shutil.copy(path, folder)
    write_settings(own / "settings")
    address = f"http://127.0.0.1:{free_port()}"
    command = [
        *(sys.executable, "-m", "notebook", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={address.rpartition(':')[2]}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    with (own / "log.txt").open("w") as log:
        server = subprocess.Popen(
            command, env=own_environment(own), cwd=folder, stdout=log, stderr=log
        )
        try:
            wait_until_serving(server, address, own / "log.txt")
            yield address
        finally:
            stop(server)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_and_its_slider_moves(browser: Browser, notebook7: str, name: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{notebook7}/notebooks/{name}")
    page.wait_for_function(f"() => window.jupyterapp && {SESSION}?.status === 'idle'")
    page.evaluate(RUN_ALL)
    page.wait_for_function("window.ranAll !== null", timeout=RUN_MS)
    assert page.evaluate("window.ranAll") is True
    assert page.evaluate(ERRORS) == []
    explorer = page.locator(".jp-OutputArea:has(.noUi-handle)").first
    sentence = explorer.get_by_role("status")
    before = sentence.inner_text()
    # The arrow keys belong to the notebook there, also when a slider has the focus.
    explorer.locator(".noUi-handle").first.press("PageUp")
    expect(sentence).not_to_have_text(before, timeout=30_000)
    expect(explorer.get_by_role("alert")).to_have_count(0)
    page.close()
