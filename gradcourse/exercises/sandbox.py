"""Runs a learner's function so that nothing it does stops the lesson."""

import contextlib
import copy
import io
import linecache
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

KEPT = 400  # characters of the learner's prints that are shown


class _OutOfTime(BaseException):
    """Not an Exception, so that `except Exception` in the learner's code lets it pass."""


class _Bounded(io.StringIO):
    """Keeps the first `KEPT` characters and counts the rest."""

    total = 0

    def write(self, text: str) -> int:
        self.total += len(text)
        return super().write(text[: max(KEPT - self.tell(), 0)])


@dataclass(frozen=True)
class Ran:
    """What came of one call.

    Attributes:
        value: what the function returned; None when there is a problem.
        problem: what went wrong, in words, or "".
        note: remark on prints, or "".
    """

    value: Any = None
    problem: str = ""
    note: str = ""


def call(function: Callable[..., Any], args: tuple[Any, ...], *, seconds: float) -> Ran:
    """Calls a learner's function on copies of `args` and never raises.

    Catches errors (with the learner's own line), endless loops, floods of prints, and changes
    to the arguments. Ctrl-C still works.
    """
    given = copy.deepcopy(args)
    printed = _Bounded()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            _time_limit(seconds),
        ):
            value = function(*given)
    except _OutOfTime:
        return Ran(problem=f"did not finish within {seconds:g} s; is there a loop without end?")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Ran(problem=_describe(error))
    for position, (before, after) in enumerate(zip(args, given, strict=True), start=1):
        if not same(before, after):
            text = f"changed its argument number {position} in place; work on a copy"
            return Ran(problem=text)
    note = f"(It also printed {printed.total} characters.)" if printed.total else ""
    return Ran(value=value, note=note)


def _describe(error: BaseException) -> str:
    """The error and the learner's line that raised it."""
    text = f"raised {type(error).__name__}: {str(error)[:300]}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    own = [f for f in frames if "site-packages" not in f.filename]
    if own and own[-1].lineno:
        line = linecache.getline(own[-1].filename, own[-1].lineno).strip()
        text += f" (line {own[-1].lineno}{f': {line}' if line else ''})"
    return text


def same(a: Any, b: Any) -> bool:
    """True unless both are numbers, arrays or containers of them and differ somewhere."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a.nan_to_num(), b.nan_to_num()) if a.shape == b.shape else False
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return not isinstance(a, (int, float, str)) or a == b or (a != a and b != b)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises `_OutOfTime` in the code inside after `seconds`, and again every 50 ms.

    Again, because code that swallows every exception would swallow the first. Needs the main
    thread of a system with timers; elsewhere (Windows) there is no limit.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable:
        yield
        return

    def stop(*_: Any) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
