"""Student code in its process: compiled as a notebook does, timed, its output only counted."""

import ast
import contextlib
import io
import os
import re
import signal
import traceback
from collections.abc import Iterator
from typing import Any

SOURCE = "<answer>"


class OutOfTime(BaseException):
    """Not an Exception, so that `except Exception` in an answer lets it pass."""


class Counter(io.TextIOBase):
    """Takes what an answer prints, and only counts it."""

    total = 0

    def write(self, text: str) -> int:
        self.total += len(text)
        return len(text)

    def writable(self) -> bool:
        return True


def compiled(source: str) -> Any:
    """The code of a cell; a notebook's own lines (%time, files = !ls, help?) do nothing."""
    lines = source.split("\n")
    while True:
        try:
            return compile("\n".join(lines), SOURCE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            line = lines[number] if 0 <= number < len(lines) else ""
            own = re.fullmatch(r"([ \t]*)([\w, ]+=[ ]*)?[%!].*|([ \t]*)\S.*\?[ \t]*", line)
            if own is None:
                raise
            lines[number] = f"{own[1] or own[3] or ''}{own[2] or ''}None"


@contextlib.contextmanager
def limited(seconds: float, wall: float) -> Iterator[None]:
    """Raises `OutOfTime` inside after that much processor time, or time; then ends the process.

    It is raised again every 50 ms, because an answer may swallow it, and the end comes a second
    later. An answer that takes the timers away is ended by the grader.
    """
    raised = 0

    def stop(*_: Any) -> None:
        nonlocal raised
        raised += 1
        if raised > 20:
            os._exit(124)
        raise OutOfTime

    clocks = {
        signal.SIGALRM: (signal.ITIMER_REAL, wall),
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
    }
    for number, (timer, limit) in clocks.items():
        signal.signal(number, stop)
        signal.setitimer(timer, limit, 0.05)
    try:
        yield
    finally:
        for timer, _ in clocks.values():
            signal.setitimer(timer, 0)


def explain(error: BaseException, source: str) -> str:
    """The error and the line of the answer that raised it."""
    if isinstance(error, EOFError) and "reading a line" in str(error):
        return "asked for input(), and nobody types while it is graded; use its arguments"
    text = f"raised {type(error).__name__}: {str(error)[:300]}"
    if isinstance(error, SyntaxError) and error.lineno:
        return f"is not Python: {error.msg} (line {error.lineno}: {(error.text or '').strip()})"
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == SOURCE]
    if own and own[-1].lineno:
        lines = source.splitlines()
        line = lines[own[-1].lineno - 1].strip() if own[-1].lineno <= len(lines) else ""
        text += f" (line {own[-1].lineno}{f': {line}' if line else ''})"
    return text
