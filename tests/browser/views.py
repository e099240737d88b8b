"""A notebook in JupyterLab and its explorers, as a learner sees and handles them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from .measure import DRAWN

RUN_MS = 240_000
WAIT_MS = 30_000
PANEL = "jupyterapp.shell.currentWidget"
# Rules that ipywidgets breaks and Python cannot mend, and the element each is accepted on.
# A slider's handle has no accessible name; the labelled number box beside it has one.
ACCEPTED = {"aria-input-field-name": "noUi-handle"}
NOTHING_LEFT_TO_RUN = f"{PANEL}.sessionContext.session.kernel.status === 'idle'"


def is_explorer(output: dict[str, Any]) -> bool:
    """Whether a cell's output is an explorer: a widget and, for whoever has none, its picture."""
    wanted = {"application/vnd.jupyter.widget-view+json", "image/png"}
    return wanted <= set(output.get("data", ()))


@dataclass(frozen=True)
class Notebook:
    """A notebook that is open in JupyterLab."""

    page: Page

    def run_all(self) -> None:
        """Runs every cell and returns when the last one has ended, or one has failed."""
        self.page.evaluate(
            """() => {
                window.ranAll = null;
                jupyterapp.commands.execute('notebook:run-all-cells')
                    .then(() => window.ranAll = true, error => window.ranAll = String(error));
            }"""
        )
        self.page.wait_for_function("window.ranAll !== null", timeout=RUN_MS)
        self.page.wait_for_function(NOTHING_LEFT_TO_RUN, timeout=RUN_MS)

    def execute(self, code: str) -> str:
        """What the kernel prints when it runs `code`."""
        printed: str = self.page.evaluate(
            f"""async code => {{
                const future = {PANEL}.sessionContext.session.kernel.requestExecute({{code}});
                let printed = '';
                future.onIOPub = message => printed += message.content.text ?? '';
                await future.done;
                return printed;
            }}""",
            code,
        )
        return printed

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The code cells as the notebook file would hold them."""
        notebook = self.page.evaluate(f"() => {PANEL}.model.toJSON()")
        return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    @property
    def not_run(self) -> list[str]:
        """Sources of the code cells without an execution count."""
        return [
            text
            for cell in self.cells
            if (text := "".join(cell["source"]).strip()) and cell["execution_count"] is None
        ]

    @property
    def errors(self) -> list[str]:
        """What went wrong in a cell, an error output's name and message each."""
        outputs = [output for cell in self.cells for output in cell["outputs"]]
        return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]

    @property
    def broken_widgets(self) -> list[str]:
        """Outputs that JupyterLab shows in place of a widget it has not got."""
        outputs = self.page.locator(".jp-OutputArea")
        text = outputs.get_by_text("Error displaying widget")
        return text.or_(outputs.get_by_text("Error creating widget")).all_text_contents()

    @property
    def explorers(self) -> list["ExplorerView"]:
        """The explorers, from the top, when each that the cells have put out is live.

        Raises:
            AssertionError: some are not, after half a minute.
        """
        found = self.page.locator(".jp-OutputArea .widget-vbox:has(svg[role=img])")
        outputs = [output for cell in self.cells for output in cell["outputs"]]
        expect(found).to_have_count(sum(map(is_explorer, outputs)), timeout=WAIT_MS)
        return [ExplorerView(self.page, root) for root in found.all()]


@contextmanager
def opened(browser: Browser, address: str, name: str) -> Iterator[Notebook]:
    """The notebook `name` in a page of its own; page and kernel end with the block."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    try:
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/doc/tree/{name}?reset")
        page.wait_for_function(f"() => window.jupyterapp && {PANEL}?.context?.isReady")
        page.evaluate(f"() => {PANEL}.context.ready.then(() => {PANEL}.sessionContext.ready)")
        page.wait_for_function(NOTHING_LEFT_TO_RUN)
        yield Notebook(page)
        page.evaluate(f"() => {PANEL}.sessionContext.shutdown()")
    finally:
        context.close()


@dataclass(frozen=True)
class ExplorerView:
    """One explorer as a learner sees it. A row is a slider and its number box, from the top."""

    page: Page
    root: Locator

    @property
    def picture(self) -> Locator:
        return self.root.get_by_role("img", name=re.compile(r"\S"))

    @property
    def sentence(self) -> Locator:
        return self.root.get_by_role("status")

    @property
    def alert(self) -> Locator:
        return self.root.get_by_role("alert")

    @property
    def sliders(self) -> Locator:
        return self.root.locator(".noUi-handle")

    @property
    def boxes(self) -> Locator:
        """The number boxes, one beside each slider."""
        return self.root.locator(".widget-hbox:has(.noUi-handle) input[type=number]")

    @property
    def menus(self) -> Locator:
        return self.root.locator("select")

    def number(self, row: int) -> float:
        """What the number box of a row shows."""
        return float(self.boxes.nth(row).input_value())

    def position(self, row: int) -> float:
        """The value at which a row's handle stands, without the slider's own rounding."""
        return round(float(self.sliders.nth(row).get_attribute("aria-valuetext") or "nan"), 10)

    def ends(self, row: int) -> tuple[float, float]:
        """The smallest and the largest value that the number box of a row takes."""
        box = self.boxes.nth(row)
        return float(box.get_attribute("min") or "nan"), float(box.get_attribute("max") or "nan")

    def seen(self) -> dict[str, str]:
        """Picture, text alternative and sentence at one moment; empty where there is none."""
        seen: dict[str, str] = self.root.evaluate(
            f"""root => {{ {DRAWN}
                const alt = root.querySelector('svg[role=img]')?.getAttribute('aria-label');
                const said = root.querySelector('[role=status]')?.innerText;
                return {{drawn: drawn(root) ?? '', alt: alt ?? '', said: said ?? ''}};
            }}"""
        )
        return seen

    def wait_for_number(self, row: int) -> float:
        """The number of a row, when its box and its handle agree: the picture comes first."""
        self.page.wait_for_function(
            "([box, handle]) => Math.abs(box.value - handle.ariaValueText) < 1e-9",
            arg=[self.boxes.nth(row).element_handle(), self.sliders.nth(row).element_handle()],
        )
        return self.number(row)

    def violations(self) -> list[str]:
        """What axe-core finds inside the explorer, without what is accepted."""
        self.root.evaluate("root => root.id = 'under-test'")
        found = Axe().run(self.page, context="#under-test").response["violations"]
        self.root.evaluate("root => root.removeAttribute('id')")
        return [
            f"{rule['id']}: {node['html'][:120]}"
            for rule in found
            for node in rule["nodes"]
            if ACCEPTED.get(rule["id"], "nothing is") not in node["html"]
        ]

    def press(self, row: int, key: str) -> None:
        """Presses a key on a slider's handle."""
        self.sliders.nth(row).press(key)

    def wait_for_other_picture(self, before: dict[str, str]) -> dict[str, str]:
        """What is seen when the picture is no longer the one in `before`.

        Raises:
            AssertionError: there is an error in its place.
        """
        self.page.wait_for_function(
            f"""([root, before]) => {{ {DRAWN}
                const shown = drawn(root);
                return root.querySelector('[role=alert]') || (shown && shown !== before);
            }}""",
            arg=[self.root.element_handle(), before["drawn"]],
        )
        if self.alert.count():
            raise AssertionError(self.alert.inner_text())
        return self.seen()
