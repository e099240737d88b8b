"""What an explorer is asked next: where a slider can go, and what is worked out ahead."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

PAUSE = 0.01  # seconds after a picture: by then it is on its way to the page
QUICK = 0.05  # seconds: a pause is not filled with more, or the next move might wait
KEEP = 16  # results


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


def onwards(
    controls: Mapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """The values after one more step of the slider that moved; `now` if that is no step."""
    moved = [name for name in now if now[name] != before[name]]
    if len(moved) != 1 or not getattr(control := controls[moved[0]], "step", None):
        return dict(now)
    new, back = now[moved[0]], now[moved[0]] < before[moved[0]]
    further = new - control.step if back else new + control.step
    inside = min(max(further, control.min), control.max)
    return {**now, moved[0]: short(on_grid(control, inside))}


class Results:
    """What `compute` gave lately; a pause is used to work out what may be asked next.

    So a key that is pressed again, or back, need not wait for `compute`. Whoever runs a cell
    may change what results depend on: all are computed anew then.
    """

    def __init__(self, compute: Callable[..., Any], lock: AbstractContextManager[Any]):
        self._compute, self._lock = compute, lock
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._cell: int | None = None  # that ran last
        self._seconds = math.inf  # that `compute` took
        self._waiting: asyncio.TimerHandle | None = None

    def forget(self) -> None:
        """Makes the next result a new one."""
        self._kept.clear()

    def __call__(self, **values: Any) -> Any:
        """The result for these values, in the controls' order."""
        if self._cell != (cell := _cells_run()):
            self._cell = cell
            self.forget()
        key = tuple(values.values())
        with suppress(KeyError, TypeError):  # TypeError: a menu's value need not be hashable
            return self._kept[key]
        start = time.perf_counter()
        found = self._compute(**values)
        self._seconds = time.perf_counter() - start
        with suppress(TypeError):
            self._kept[key] = found
        while len(self._kept) > KEEP:
            del self._kept[next(iter(self._kept))]
        return found

    def ahead(self, **values: Any) -> None:
        """Works a result out in the next pause, if that is quick; an error is left for later."""
        if self._waiting is not None:
            self._waiting.cancel()
        with suppress(RuntimeError):  # no loop, so no page that could ask
            loop = asyncio.get_running_loop()
            if self._seconds < QUICK:
                self._waiting = loop.call_later(PAUSE, self._work, values)

    def _work(self, values: Mapping[str, Any]) -> None:
        with self._lock, suppress(Exception):
            self(**values)


def _cells_run() -> int | None:
    from IPython import get_ipython

    shell = get_ipython()
    return None if shell is None else shell.execution_count
