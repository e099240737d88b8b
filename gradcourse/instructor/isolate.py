"""One student's answer in a process of its own: what it defines, and what its calls give."""

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from gradcourse.instructor import wire
from gradcourse.instructor.describe import Describer
from gradcourse.instructor.place import Isolated, Limits, best_box, protection
from gradcourse.instructor.rebuild import rebuild

__all__ = ["Answer", "Isolated", "Limits", "Reply", "best_box", "give_back",
           "lendable", "protection"]  # fmt: skip

GRACE = 1.0  # seconds after which an answer that ignores its limits is ended from outside


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


def give_back(copies: tuple[Any, ...], reply: Reply) -> bool:
    """Puts what a call left of its networks where a judge looks for it; False if it cannot."""
    networks = [arg for arg in copies if isinstance(arg, nn.Module)]
    if len(networks) != len(reply.lent):
        return False
    for outer, left in zip(networks, reply.lent, strict=True):
        net = lendable(outer)
        modules = dict(net.named_modules())
        tensors: dict[str, Any] = {**dict(net.named_parameters()), **dict(net.named_buffers())}
        try:
            modes, values = dict(left["training"]), dict(left["tensors"])
            if modes.keys() != modules.keys() or values.keys() != tensors.keys():
                return False
            for name, module in modules.items():
                module.training = modes[name] is True
            with torch.no_grad():
                for name, tensor in tensors.items():
                    if tensor.shape != values[name].shape:
                        return False
                    tensor.copy_(values[name])
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError):
            return False
        outer.training = net.training
    return True


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
