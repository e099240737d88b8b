"""Whatever an answer's process writes, the grader's side gets plain values or a problem."""

import contextlib
import json
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from gradcourse.instructor import wire
from gradcourse.instructor.describe import Describer
from gradcourse.instructor.isolate import Answer, Isolated, Limits, Reply
from gradcourse.instructor.rebuild import rebuild


def framed(tree: Any, *parts: bytes) -> bytes:
    head = json.dumps({"tree": tree, "sizes": [len(part) for part in parts]}).encode()
    return struct.pack("<I", len(head)) + head + b"".join(parts)


def message(body: bytes) -> bytes:
    return struct.pack("<Q", len(body)) + body


def array(dtype: str, shape: Any, content: bytes = b"") -> bytes:
    return framed({"numpy": False, "dtype": dtype, "shape": shape}, content)


HUGE = 10**12
NESTED = b'{"tree": ' + b'{"list": [' * 20_000 + b"]}" * 20_000 + b', "sizes": []}'
UNREADABLE = {
    "empty": b"",
    "cut": b"\x05",
    "head longer than the message": struct.pack("<I", 2**32 - 1) + b"{}",
    "pickle": b"\x80\x04N.",
    "no tree": struct.pack("<I", 2) + b"{}",
    "nested without end": struct.pack("<I", len(NESTED)) + NESTED,
    "negative shape": array("<f8", [-1], bytes(8)),
    "shape of another size": array("<f8", [HUGE], bytes(8)),
    "sizes that overflow": array("<f8", [2**62, 4], bytes(8)),
    "objects": array("|O", [1], bytes(8)),
    "text": array("<U1", [1], bytes(4)),
    "records": array("f8,O", [1], bytes(16)),
    "unknown kind": framed({"object": "os.system"}),
    "no kind": framed({}),
    "tensor of unknown kind": framed(
        {"tensor": "qint8", "grad": False, "dtype": "<f8", "shape": []}, bytes(8)
    ),
    "unhashable key": framed({"dict": [[{"list": []}, 1]]}),
    "missing part": framed({"numpy": False, "dtype": "<f8", "shape": []}),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_message_is_refused(body: bytes) -> None:
    with pytest.raises(wire.Unreadable):
        wire.decode(body, rebuild)


def test_garbage_never_raises_anything_else() -> None:
    draws = random.Random(0)
    honest = wire.encode({"value": [1.5, np.eye(3), torch.ones(2), "text", None, (True, ...)]})
    for _ in range(3000):
        body = bytearray(honest)
        for _ in range(draws.randint(1, 6)):
            body[draws.randrange(len(body))] = draws.randrange(256)
        with contextlib.suppress(wire.Unreadable):
            wire.decode(bytes(body[: draws.randint(1, len(body))]), rebuild)


@pytest.mark.parametrize(
    "entry",
    [b"{}", b"[]", b'{"list":[]}', b'{"foreign":["a","b"]}', b'{"dict":[]}', b"0", b'"ab"'],
    ids=["braces", "brackets", "lists", "foreign", "dicts", "zeros", "texts"],
)
def test_message_of_many_small_things_takes_little_memory(entry: bytes) -> None:
    count = (wire.LARGEST - 100) // (len(entry) + 1)
    head = b'{"tree": {"list": [' + (entry + b",") * (count - 1) + entry + b']}, "sizes": []}'
    body = struct.pack("<I", len(head)) + head
    before = _memory("VmRSS")
    started = time.process_time()
    with contextlib.suppress(wire.Unreadable):
        wire.decode(body, rebuild)
    assert _memory("VmHWM") - before < 6 * wire.LARGEST
    assert time.process_time() - started < 5


def _memory(key: str) -> int:
    """Bytes that this process has in memory now, or had at most since this was asked last."""
    status = Path("/proc/self/status").read_text()
    if key == "VmRSS":
        Path("/proc/self/clear_refs").write_text("5")
    return int(status.split(f"{key}:")[1].split()[0]) * 1024


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, 1.5, True, None, ..., "Zoë 李", "\ud800", [1, [2, (3,)]], {"a": 1, 2: [3]}),
        *(np.float32(2), np.arange(6).reshape(2, 3), np.zeros((0, 3)), np.array(True)),
        *(torch.tensor(2.0), torch.arange(3), torch.eye(2).T, torch.ones(2, dtype=torch.bfloat16)),
        *(float("inf"), 2**70, slice(1, None), np.arange(6)[::-2], torch.ones(3, 2)[:, 1]),
    ],
    ids=repr,
)
def test_plain_value_comes_back_equal(value: Any) -> None:
    back = wire.decode(wire.encode(value), rebuild)
    assert type(back) is type(value)
    if isinstance(value, np.ndarray):
        assert back.dtype == value.dtype
    if isinstance(value, torch.Tensor):
        assert back.dtype == value.dtype
    np.testing.assert_equal(_plain(back), _plain(value))


def _plain(value: Any) -> Any:
    return value.float().numpy() if isinstance(value, torch.Tensor) else value


class Fake:
    """Stands for `Isolated`: whatever it is asked, it writes the given bytes."""

    limits = Limits(seconds=0.2)

    def __init__(self, *replies: bytes):
        self.replies, self.ended = replies, {"status": 0}

    @contextlib.contextmanager
    def process(self, total_seconds: float) -> Iterator[socket.socket]:
        mine, other = socket.socketpair()
        thread = threading.Thread(target=self._serve, args=(other,), daemon=True)
        thread.start()
        try:
            yield mine
        finally:
            mine.close()
            thread.join(5)

    def _serve(self, channel: socket.socket) -> None:
        with channel, contextlib.suppress(OSError, EOFError):
            for reply in self.replies:
                wire.receive(channel, time.monotonic() + 5)
                channel.sendall(reply)
            channel.recv(2**20)


DEFINED = message(wire.encode({"kind": "callable", "problem": "", "missing": ""}))
FORMS: dict[str, Any] = {
    "a number": 3,
    "a list": [1],
    "nothing": None,
    "empty": {},
    "value only": {"value": 1.0},
    "odd types": {"value": 1.0, "problem": [1], "printed": "x", "changed": "y", "lent": 7},
    "huge numbers": {"value": 1.0, "problem": "", "printed": 10**4000, "changed": -(10**4000)},
    "not finite": {"value": 1.0, "problem": "", "printed": float("nan"), "changed": float("inf")},
    "lent nonsense": {"value": 1.0, "problem": "", "lent": [3, None, {"tensors": 1}]},
    "surrogates": {"value": "\ud800", "problem": "\udcff\x00" * 5000, "printed": 1},
    "markup": {"value": None, "problem": "<script>alert(1)</script>"},
    "remote": {"remote": 0, "args": [1]},
    "remote nonsense": {"remote": "x", "args": None},
    "remote without end": {"remote": -1},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("position", [0, 1], ids=["definition", "call"])
def test_forged_reply_never_breaks_the_grader(form: Any, position: int) -> None:
    forged = message(wire.encode(form))
    fake = cast(Isolated, Fake(*((forged, forged) if position == 0 else (DEFINED, forged))))
    with Answer(fake, "", "answer", 0.2) as answer:
        assert isinstance(answer.report, dict)
        for key in ("kind", "problem", "missing"):
            assert isinstance(answer.report[key], str)
            assert len(answer.report[key]) <= 2000
        got = answer.call((1.0, 2))
    assert isinstance(got, Reply)
    assert type(got.problem) is str
    assert len(got.problem) <= 2000
    assert type(got.printed) is int
    assert 0 <= got.printed < 10**18
    assert all(isinstance(entry, dict) for entry in got.lent)


def described(net: nn.Module) -> dict[str, Any]:
    told = Describer()(net)
    assert told is not None
    return told


FORGED_NETS = {
    "no modules": {"net": 0, "modules": [], "tensors": []},
    "number that is none": {"net": 10**9, "modules": [], "tensors": []},
    "text for a number": {"net": "0", "modules": [{}], "tensors": []},
    "unknown layer": {"net": 0, "modules": [{"base": "os.system"}], "tensors": []},
    "no forward": {"net": 0, "modules": [{"base": None}], "tensors": []},
    "lists missing": {"net": 0},
}


@pytest.mark.parametrize("told", FORGED_NETS.values(), ids=FORGED_NETS)
def test_forged_net_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(wire.Unreadable):
        wire.decode(framed({"special": json.loads(wire_tree(told))}), rebuild)


def wire_tree(value: Any) -> str:
    body = wire.encode(value)
    (size,) = struct.unpack_from("<I", body)
    return json.dumps(json.loads(body[4 : 4 + size])["tree"])


SETTINGS = (
    "forward __call__ __class__ __getattr__ _forward_hooks _backward_hooks _modules _call_impl "
    "_compiled_call_impl state_dict parameters training dump_patches T_destination __dict__ to"
)


@pytest.mark.parametrize("name", SETTINGS.split())
def test_setting_that_would_replace_behaviour_is_refused(name: str) -> None:
    told = described(nn.Sequential(nn.Linear(2, 2)))
    told["modules"][1]["settings"][name] = {"function": "torch.relu"}
    with pytest.raises(wire.Unreadable):
        wire.decode(
            wire.encode([nn.Identity()], lambda v: told if isinstance(v, nn.Module) else None),
            rebuild,
        )


CALLS = {
    "unknown function": ["call_function", "os.system", ("tuple", []), ("dict", [])],
    "private method": ["call_method", "__reduce__", ("tuple", []), ("dict", [])],
    "other method": ["call_method", "apply_", ("tuple", []), ("dict", [])],
    "attribute": [
        "call_function",
        "getattr",
        ("tuple", [("node", 0), ("value", "__class__")]),
        ("dict", []),
    ],
    "later node": ["call_function", "torch.relu", ("tuple", [("node", 5)]), ("dict", [])],
    "negative node": ["call_function", "torch.relu", ("tuple", [("node", -1)]), ("dict", [])],
    "unknown step": ["exec", "torch.relu", ("tuple", []), ("dict", [])],
    "unknown argument": ["call_function", "torch.relu", ("object", []), ("dict", [])],
    "module that is none": ["call_module", 99, ("tuple", []), ("dict", [])],
    "weight that is none": ["get_attr", 99, ("tuple", []), ("dict", [])],
}


@pytest.mark.parametrize("step", CALLS.values(), ids=CALLS)
def test_forged_forward_is_refused(step: list[Any]) -> None:
    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x)

    told = described(Net())
    for graph in told["modules"][0]["graphs"]:
        graph[1] = step
    with pytest.raises(wire.Unreadable):
        wire.decode(
            wire.encode([nn.Identity()], lambda v: told if isinstance(v, nn.Module) else None),
            rebuild,
        )
