"""Prints the table."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import torch
from jupyter_client.manager import start_new_kernel

from tests.bench.maps import executor_rows, growth_rows
from tests.bench.steps import logger_row, transformer_row, watch_rows
from tests.bench.timing import HEAD, LINE, Row, machine, ms, seconds, times
from tests.browser.lab import find_chromium
from tests.browser.latency import measure_latency

LESSON = Path(__file__).parents[2] / "lessons" / "02_deep_nets.ipynb"


def import_row() -> Row:
    clock = "time.perf_counter()"
    code = f"import time, torch; t = {clock}; import gradcourse; print({clock} - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    return Row("import gradcourse, beyond torch", ms(statistics.median(runs)))


def lesson_row() -> Row:
    from tests.refresh_lessons import execute

    return Row("lesson 02 re-executed", ms(seconds(lambda: execute(LESSON))))


def first_cell_row() -> Row:
    """From the start of a kernel to the end of the lesson's first code cell."""
    cells = nbformat.read(LESSON, as_version=4).cells
    first = next(cell.source for cell in cells if cell.cell_type == "code")

    def run() -> None:
        manager, client = start_new_kernel(kernel_name="python3", cwd=str(LESSON.parent))
        try:
            reply = client.execute_interactive(first, output_hook=lambda _: None, timeout=60)
            assert reply["content"]["status"] == "ok", reply["content"]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    what = "lesson 02: kernel start and first cell, median of 5"
    return Row(what, ms(statistics.median(seconds(run) for _ in range(5))))


def browser_rows() -> Iterator[Row]:
    """A slider in a real JupyterLab, against `interact` with the same figure."""
    found = measure_latency()
    ours, theirs = found["ours key press (ms)"], found["interact key press (ms)"]
    what = "key press → new picture, 50-layer net, median of 25"
    yield Row(what, f"{ours:.0f} ms", f"interact, pyplot {theirs:.0f} ms", times(theirs / ours))
    ours, theirs = found["ours drag settles (ms)"], found["interact drag settles (ms)"]
    what = "drag of 3 s: from release to the last picture"
    yield Row(what, f"{ours:.0f} ms", f"interact, pyplot {theirs:.0f} ms", times(theirs / ours))
    blank, others = found["ours blank frames"], found["interact blank frames"]
    yield Row("blank frames in that drag", f"{blank:.0f}", f"interact, pyplot {others:.0f}")


def rows() -> Iterator[Row]:
    yield from growth_rows()
    yield from executor_rows()
    yield from watch_rows()
    yield transformer_row()
    yield logger_row()
    yield import_row()
    yield first_cell_row()
    yield lesson_row()
    if find_chromium() is None:
        yield Row("(no Chromium: the browser rows are left out)")
    else:
        yield from browser_rows()


def main() -> None:
    torch.set_num_threads(1)
    print(machine(), "\n")
    print(HEAD, LINE, sep="\n")
    for row in rows():
        print(row, flush=True)


if __name__ == "__main__":
    main()
