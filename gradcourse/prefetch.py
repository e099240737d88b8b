"""The next position of a slider, and a cache that prefetches its result."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from threading import RLock
from typing import Any

PAUSE = 0.01  # seconds after a picture: by then it is on its way to the page
QUICK = 0.05  # seconds: after a slower `compute` nothing is prefetched, as a move might wait for it
KEEP = 8  # results: enough to go on, or back


def short(value: Any) -> Any:
    """1.4 for 1.4000000000000001, which is how a page's slider counts."""
    return round(value, 10) if isinstance(value, float) else value


def on_grid(control: Any, value: Any) -> Any:
    """The number that the page's slider makes of `value`: it counts steps in % of its range.

    Any other number it would send back, perhaps after the next move.
    """
    step = getattr(control, "step", None)
    if not (isinstance(value, float) and step and control.min < value < control.max):
        return value
    span = control.max - control.min
    percent, each = 100 * (value - control.min) / span, 100 * step / span
    return math.floor(percent / each + 0.5) * each * span / 100 + control.min


def next_step(
    controls: Mapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """The values after one more step, if one slider has just moved by one step; else `now`."""
    from ipywidgets import FloatSlider, IntSlider

    moved = [name for name in now if now[name] is not before[name] and now[name] != before[name]]
    if len(moved) != 1 or type(control := controls[moved[0]]) not in (IntSlider, FloatSlider):
        return dict(now)
    new, step = now[moved[0]], now[moved[0]] - before[moved[0]]
    if not math.isclose(abs(step), control.step, rel_tol=1e-6):
        return dict(now)
    further = min(max(new + step, control.min), control.max)
    return {**now, moved[0]: short(on_grid(control, further))}


class Cache:
    """Results of `compute` for the latest values, and for those that a pause was used for.

    So a key that is pressed again, or back, need not wait for `compute`. A cell may change what
    results depend on: those from before it or from while it ran are dropped.
    """

    def __init__(self, compute: Callable[..., Any], lock: RLock):
        self._compute, self._lock = compute, lock
        self._cached = lru_cache(KEEP, typed=True)(self._timed)
        self._seconds = math.inf  # that the last `compute` took
        self._cell = _cell()
        self._waiting: asyncio.TimerHandle | None = None
        self.clear = self._cached.cache_clear

    def __call__(self, **values: Any) -> Any:
        """The result for these values; give them always in one order, which is part of the key."""
        if self._cell != (cell := _cell()):
            self._cell = cell
            self.clear()
        try:
            hash(tuple(values.values()))
        except TypeError:  # a menu's value may be a list, or an array
            return self._timed(**values)
        return self._cached(**values)

    def prefetch(self, **values: Any) -> None:
        """Computes the result in the next pause; an error is left for when it is asked for."""
        if self._waiting is not None:
            self._waiting.cancel()
        with suppress(RuntimeError):  # no loop, so no page that could ask
            loop = asyncio.get_running_loop()
            if self._seconds < QUICK:
                self._waiting = loop.call_later(PAUSE, self._in_pause, values)

    def _in_pause(self, values: Mapping[str, Any]) -> None:
        if self._lock.acquire(blocking=False):  # else it is no pause
            try:
                with suppress(Exception):
                    self(**values)
            finally:
                self._lock.release()

    def _timed(self, **values: Any) -> Any:
        start = time.perf_counter()
        found = self._compute(**values)
        self._seconds = time.perf_counter() - start
        return found


def _cell() -> tuple[int, int] | None:
    """What changes when a cell begins, and when it ends."""
    from IPython import get_ipython

    shell = get_ipython()
    return None if shell is None else (shell.execution_count, id(shell.last_execution_result))
