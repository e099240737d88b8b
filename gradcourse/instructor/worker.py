"""What runs in an answer's process: defines the answer, calls it, writes plain values.

It holds no expected value, no reference and no case but the one that it was just given. Whatever
student code does to it, the worst result is a wrong value.
"""

import asyncio
import builtins
import contextlib
import inspect
import os
import random
import re
import socket
from typing import Any

import numpy as np
import torch
from torch import nn

from gradcourse.instructor import wire
from gradcourse.instructor.describe import Describer
from gradcourse.instructor.guard import Counter, OutOfTime, compiled, explain, limited
from gradcourse.instructor.rebuild import rebuild


class Remote:
    """A function that lives with the grader: a call is sent there, and its result comes back."""

    def __init__(self, channel: socket.socket, number: int, name: str):
        self._ask, self._name = (channel, number), name

    def __call__(self, *args: Any) -> Any:
        channel, number = self._ask
        wire.send(channel, wire.encode({"remote": number, "args": args}))
        reply = wire.decode(wire.receive(channel))
        if "raises" in reply:
            kind, text = reply["raises"]
            raise getattr(builtins, kind, RuntimeError)(text)
        return reply["value"]

    def __repr__(self) -> str:
        return self._name


class _Shell:
    """Stands for IPython: whatever it is asked, it does nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


class Worker:
    """One answer: its definitions, and the calls that the grader asks for."""

    def __init__(self, channel: socket.socket, namespace: dict[str, Any]):
        self.channel, self.namespace = channel, namespace
        self.source, self.output = "", Counter()
        os.register_at_fork(after_in_child=channel.close)  # only one process answers

    def _run(self, function: Any, seconds: float, wall: float) -> tuple[Any, str]:
        """What the function gives, and what went wrong, if anything."""
        self.output.total = 0
        try:
            with (
                contextlib.redirect_stdout(self.output),
                contextlib.redirect_stderr(self.output),
                limited(seconds, wall),
            ):
                return function(), ""
        except OutOfTime:
            return None, f"did not finish within {seconds:g} s; is there a loop without end?"
        except BaseException as error:
            return None, explain(error, self.source)

    def define(self, job: dict[str, Any]) -> dict[str, Any]:
        """Runs the source and tells what the answer's name stands for now."""
        self.source, name = job["source"], job["answer"]
        self.namespace.update(get_ipython=_Shell)
        _, problem = self._run(self._execute, job["seconds"], job["wall"])
        found = self.namespace.get(name, self)
        kind = "missing" if found is self else "callable" if callable(found) else "value"
        self.answer = found
        missing = re.search(r"NameError: name '(\w+)'", problem)
        return {"kind": kind, "problem": problem, "missing": missing[1] if missing else ""}

    def _execute(self) -> None:
        code = compiled(self.source)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, self.namespace))
        else:
            exec(code, self.namespace)

    def call(self, job: dict[str, Any]) -> bytes:
        """The reply to one call: value, problem, printed characters, changed arguments."""
        args = job["args"]
        before = [wire.encode(arg, _unseen) for arg in args]
        call = (lambda: self.answer(*args)) if callable(self.answer) else lambda: self.answer
        value, problem = self._run(call, job["seconds"], job["wall"])
        after = [wire.encode(arg, _unseen) for arg in args]
        changed = [n for n, (a, b) in enumerate(zip(before, after, strict=True), start=1) if a != b]
        reply = {
            "value": value,
            "problem": problem,
            "printed": self.output.total,
            "changed": changed[0] if changed else 0,
            "lent": [_state(arg) for arg in args if isinstance(arg, nn.Module)],
        }
        body = b""

        def pack() -> None:
            nonlocal body
            body = wire.encode(reply, Describer())

        _, trouble = self._run(pack, job["seconds"], job["wall"])
        return body if not trouble else wire.encode({**reply, "value": None, "problem": trouble})

    def _lent(self, told: dict[str, Any]) -> Any:
        """An argument that is no plain value: a network, or a function of the grader's."""
        if "remote" in told:
            return Remote(self.channel, told["remote"], told["name"])
        return rebuild(told)

    def serve(self) -> None:
        """Answers the grader's messages until it hangs up."""
        while True:
            try:
                job = wire.decode(wire.receive(self.channel), self._lent)
            except (EOFError, OSError):
                return
            reply = wire.encode(self.define(job)) if "source" in job else self.call(job)
            wire.send(self.channel, reply)


def _unseen(value: Any) -> dict[str, Any] | None:
    """Leaves networks and the grader's functions out of the search for changed arguments."""
    return {} if isinstance(value, (nn.Module, Remote)) else None


def _state(net: nn.Module) -> dict[str, Any]:
    tensors = [*net.named_parameters(), *net.named_buffers()]
    return {
        "training": [[name, module.training] for name, module in net.named_modules()],
        "tensors": [[name, tensor.detach()] for name, tensor in tensors],
    }


def settle() -> None:
    """Puts every source of random numbers at the same start: two runs give the same values."""
    random.seed(0)
    np.random.set_state(np.random.RandomState(0).get_state())  # noqa: NPY002
    torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
