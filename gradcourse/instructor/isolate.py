"""Processes for answers: without rights, without network, within limits, killed to the last child.

`Isolated` starts a zygote (see `zygote.py`), in bubblewrap where that works, and runs one answer
at a time in it. `protection` tells what this machine cannot keep an answer from doing.
"""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from torch import nn

from gradcourse.exercises.declare import PRELUDE
from gradcourse.instructor import wire
from gradcourse.instructor.box import Box, boxes
from gradcourse.instructor.describe import Describer
from gradcourse.instructor.rebuild import rebuild

GRACE = 1.0  # seconds after which an answer that ignores its limits is ended from outside
FAREWELL = 30.0  # seconds for killing and cleaning; then the zygote is replaced
START = 120.0  # seconds that loading torch may take on a busy machine
LEARNER = "\ncheck = hint = solution = lambda *args, **kwargs: None\n"


@dataclass(frozen=True)
class Limits:
    """What one answer may use.

    Attributes:
        memory: bytes, of all its processes together, beyond the libraries'.
        processes: processes and threads at a time.
        file_size: bytes of one file; all its files together have 64 MiB.
        seconds: of processor time for one call; None for what the exercise declares.
    """

    memory: int = 2**30
    processes: int = 64
    file_size: int = 16 * 2**20
    seconds: float | None = None


@dataclass(frozen=True)
class Reply:
    """What came of one call in an answer's process.

    Attributes:
        value: what came back, rebuilt from plain data.
        problem: what went wrong, in words, or "".
        printed: characters that it printed.
        lent: what the call left of the networks among its arguments.
        ended: the process is gone; "time", "memory", "files", "gone", or "".
    """

    value: Any = None
    problem: str = ""
    printed: int = 0
    lent: tuple[dict[str, Any], ...] = ()
    ended: str = ""


class Isolated:
    """A place where answers run, one at a time. Use it in a `with` block.

    Args:
        limits: what one answer may use.
        hide: folders that no answer may see, such as the submissions.
        only: the name of a `Box`: no other one is taken. Without it the best one that works,
            and from then on no other one.
    """

    def __init__(
        self, limits: Limits | None = None, *, hide: tuple[Path, ...] = (), only: str = ""
    ):
        self.limits, self.hide, self.only = limits or Limits(), hide, only
        self._zygote: subprocess.Popen[bytes] | None = None
        self.box: Box

    def __enter__(self) -> "Isolated":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the zygote and removes its files."""
        if self._zygote is not None:
            self._control.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._zygote.wait(timeout=2)
            self._zygote.kill()
            self._zygote.wait()
            subprocess.run(["rm", "-rf", "--", str(self._folder)], check=False)
            self._zygote = None

    def _start(self) -> None:
        """Starts a zygote in the best box that works here."""
        told = []
        ways = [box for box in boxes() if self.only in ("", box.name)]
        for box in ways * (3 if self.only else 1):
            self._folder = Path(tempfile.mkdtemp(prefix="gradcourse-"))
            self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with other, open(self._folder / "errors", "wb") as errors:
                settings = box.settings(self._folder) | {"prelude": PRELUDE + LEARNER}
                words = ["-P", "-m", "gradcourse.instructor.zygote", str(other.fileno())]
                self._zygote = subprocess.Popen(
                    [*box.command(self._folder, self.hide), sys.executable, *words,
                     json.dumps(settings)],
                    env=box.environment(self._folder), pass_fds=[other.fileno()], cwd="/",
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                )  # fmt: skip
            self._control.settimeout(START)
            with contextlib.suppress(OSError):
                if self._control.recv(100) == b"ready":
                    self.box, self.only = box, box.name
                    return
            told.append((self._folder / "errors").read_text(errors="replace")[-300:].strip())
            self.close()
        raise RuntimeError(f"no process for answers could be started ({self.only}): {told}")

    @contextlib.contextmanager
    def process(self, total_seconds: float) -> Iterator[socket.socket]:
        """The channel to a new process; afterwards nothing of it is left."""
        if self._zygote is None or self._zygote.poll() is not None:
            self.close()
            self._start()
        mine, other = socket.socketpair()
        job = {**asdict(self.limits), "total_seconds": total_seconds}
        with other:
            socket.send_fds(self._control, [json.dumps(job).encode()], [other.fileno()])
        self.ended: dict[str, Any] = {"status": None}
        self._goodbye = b"stop"
        try:
            yield mine
        finally:
            mine.close()
            try:
                self._control.settimeout(FAREWELL)
                self._control.send(self._goodbye)
                self.ended = json.loads(self._control.recv(65536))
            except (OSError, ValueError):  # the zygote itself is gone
                self.ended = {"status": None, "closing": True}
            if self.ended["closing"]:
                self.close()


class Answer:
    """One student's answer, defined in a process of its own; a new one where the last one died.

    Args:
        isolated: where to run it.
        source: of the answer cell.
        name: what the cell should define.
        seconds: processor time of one call.
    """

    def __init__(self, isolated: Isolated, source: str, name: str, seconds: float):
        self.isolated, self.source, self.name = isolated, source, name
        self.seconds = isolated.limits.seconds or seconds
        self.wall = 2 * self.seconds + 1
        self._open: contextlib.ExitStack | None = None
        self.report: dict[str, str] = {}

    def __enter__(self) -> "Answer":
        reply = self._ask({"source": self.source, "answer": self.name})
        told = reply.value if isinstance(reply.value, dict) else {"problem": reply.problem}
        self.report = {key: _text(told.get(key)) for key in ("kind", "problem", "missing")}
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def call(self, args: tuple[Any, ...]) -> Reply:
        """What the answer gives for copies of these arguments; never raises."""
        if self._open is None:  # it died in an earlier call
            first = self._ask({"source": self.source, "answer": self.name})
            if first.problem:
                return first
        told = self._ask({"args": args})
        if told.ended or not isinstance(told.value, dict):
            return told
        problem, changed = _text(told.value.get("problem")), told.value.get("changed")
        if not problem and type(changed) is int and 0 < changed <= len(args):
            problem = f"changed its argument number {changed} in place; work on a copy"
        printed, lent = told.value.get("printed"), told.value.get("lent")
        return Reply(
            None if problem else told.value.get("value"),
            problem,
            printed if type(printed) is int and 0 <= printed < 10**15 else 0,
            tuple(n for n in lent if isinstance(n, dict)) if isinstance(lent, list) else (),
        )

    def _hang_up(self, goodbye: bytes = b"stop") -> None:
        if self._open is not None:
            self.isolated._goodbye = goodbye
            self._open.close()
            self._open = None

    def _ask(self, job: dict[str, Any]) -> Reply:
        """Sends a job, serves the functions that it was lent, and reads the reply."""
        lent = _Lent()
        try:
            if self._open is None:
                self._open = contextlib.ExitStack()
                channel = self.isolated.process(1000 * self.seconds)
                self.channel = self._open.enter_context(channel)
            end = time.monotonic() + self.wall + GRACE
            limits = {"seconds": self.seconds, "wall": self.wall}
            self.channel.settimeout(self.wall + GRACE)
            wire.send(self.channel, wire.encode({**job, **limits}, lent))
            while True:
                value = wire.decode(wire.receive(self.channel, end), rebuild)
                if not isinstance(value, dict):
                    raise wire.Unreadable("no reply")
                if "remote" not in value:
                    return Reply(value)
                wire.send(self.channel, wire.encode(lent.serve(value)))
        except wire.Unreadable as error:
            self._hang_up()
            return Reply(problem=f"gave no readable answer ({error})", ended="gone")
        except (OSError, EOFError) as error:
            late = isinstance(error, TimeoutError)
            self._hang_up(b"stop" if late else b"gone")
            return self._died(timed_out=late)

    def _died(self, *, timed_out: bool) -> Reply:
        status = self.isolated.ended["status"]
        if timed_out or status in (124, -signal.SIGXCPU):
            text = f"did not finish within {self.seconds:g} s; is there a loop without end?"
            return Reply(problem=text, ended="time")
        if status == "memory":
            size = f"{self.isolated.limits.memory / 2**20:.0f} MiB"
            return Reply(problem=f"needed more memory than {size}", ended="memory")
        if status == "files":
            return Reply(problem="wrote more than 64 MiB of files", ended="files")
        how = f"signal {signal.Signals(-status).name}" if (status or 0) < 0 else f"status {status}"
        return Reply(problem=f"ended its own process ({how})", ended="gone")


def _text(value: Any) -> str:
    """A text that a student's process wrote, of bounded length and without broken characters."""
    plain = value[:600] if isinstance(value, str) else ""
    return plain.encode("utf-8", "replace").decode("utf-8")


def lendable(net: nn.Module) -> nn.Module:
    """The part of a network that an answer gets: all, or what its `lend` gives."""
    lend: Any = getattr(net, "lend", None)
    return net if lend is None else lend()


class _Lent:
    """Describes networks among the arguments, and keeps functions here, where they are called."""

    def __init__(self) -> None:
        self.functions: list[Callable[..., Any]] = []

    def __call__(self, value: Any) -> dict[str, Any] | None:
        if isinstance(value, nn.Module):
            return Describer()(lendable(value))
        if callable(value):
            self.functions.append(value)
            return {"remote": len(self.functions) - 1, "name": repr(value)[:60]}
        return None

    def serve(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The result of a function that was lent, for plain arguments."""
        try:
            return {"value": self.functions[asked["remote"]](*asked["args"])}
        except Exception as error:
            return {"raises": [type(error).__name__, str(error)[:300]]}


@cache
def best_box() -> Box:
    """The best way to keep answers apart that works on this machine."""
    with Isolated() as isolated, isolated.process(10.0):
        return isolated.box


def protection() -> tuple[str, ...]:
    """What answers are not kept from on this machine; empty when nothing is missing."""
    return best_box().missing
