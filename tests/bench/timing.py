"""Interleaved timing, and a row of the table."""

import math
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Row:
    """What was timed, ours, what one would do instead, their ratio, the floor, its share."""

    what: str
    ours: str = ""
    instead: str = ""
    ratio: str = ""
    floor: str = ""
    share: str = ""

    def __str__(self) -> str:
        cells = (self.what, self.ours, self.instead, self.ratio, self.floor, self.share)
        widths = (56, 10, 36, 7, 9, 8)
        text = " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {text} |"


HEAD = Row("what", "ours", "instead", "ratio", "floor", "of floor")
LINE = Row(*["---"] * 6)


def seconds(
    function: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    start = clock()
    function()
    return clock() - start


def interleaved(*functions: Callable[[], object], rounds: int) -> list[float]:
    """Median seconds of each function, the rounds of all of them interleaved.

    Seconds of the processor, which other work on the machine disturbs less than the clock's.
    """
    for function in functions:
        function()
    runs = [[seconds(function, time.process_time) for function in functions] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def interleaved_in(
    *contexts: Callable[[], AbstractContextManager[Callable[[], object]]], rounds: int
) -> list[float]:
    """The same of the functions that contexts give: to enter and to leave one is not timed."""

    def once(context: Callable[[], AbstractContextManager[Callable[[], object]]]) -> float:
        with context() as function:
            return seconds(function, time.process_time)

    runs = [[once(context) for context in contexts] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def ms(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.9995 else f"{1000 * value:.3g} ms"


def times(value: float) -> str:
    return f"{value:.0f} ×" if value >= 9.95 else f"{value:.1f} ×"


def exponent(sizes: list[int], times: list[float]) -> float:
    """The slope of the line of least squares through log time over log size."""
    x, y = torch.tensor([[math.log(s) for s in sizes], [math.log(t) for t in times]])
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) / (x @ x))


def machine() -> str:
    """The processor, and what the times were measured with."""
    info, name = Path("/proc/cpuinfo"), platform.processor() or platform.machine()
    for line in info.read_text(encoding="utf-8").splitlines() if info.exists() else ():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    python, capability = platform.python_version(), torch.backends.cpu.get_cpu_capability()
    return f"{name}, {capability}, one thread; Python {python}, torch {torch.__version__}"
