"""Plain values as bytes and back: numbers, texts, arrays, containers of them. Never pickle.

Both sides of the channel to an answer's process use it. What comes back was written by a student:
`decode` builds nothing but plain values, within fixed limits, or raises `Unreadable`.
"""

import json
import re
import socket
import struct
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch

LARGEST = 64 * 2**20  # bytes of one message
WORDS = 4 * 2**20  # bytes of what is no array in it
LONGEST = 1000  # bits of a whole number
DEEPEST = 40  # containers inside containers
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.float32, torch.float64, torch.bfloat16, torch.bool),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    )
}
Special = Callable[[Any], dict[str, Any] | None]


class Unreadable(ValueError):  # noqa: N818
    """A message that no honest process writes."""


class Foreign:
    """Stands for a value that is not plain: only its type's name and its text came over."""

    def __init__(self, text: str):
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _array(array: np.ndarray[Any, Any], parts: list[bytes]) -> dict[str, Any]:
    parts.append(np.ascontiguousarray(array).tobytes())
    return {"dtype": array.dtype.str, "shape": list(array.shape)}


def _tensor(value: torch.Tensor, parts: list[bytes]) -> dict[str, Any] | None:
    name = str(value.dtype).removeprefix("torch.")
    if value.layout != torch.strided or name not in DTYPES or value.is_quantized:
        return None
    plain = value.detach().cpu().resolve_neg()
    plain = plain.float() if value.dtype == torch.bfloat16 else plain
    wanted = bool(value.requires_grad and value.is_leaf)
    return {"tensor": name, "grad": wanted, **_array(plain.numpy(), parts)}


def _foreign(value: Any) -> dict[str, Any]:
    try:
        text = re.sub(r" at 0x[0-9a-f]+", "", repr(value)[:400])  # where it lay is no matter
    except Exception:
        text = f"<{type(value).__name__}>"
    return {"foreign": [type(value).__name__[:60], text]}


def _pack(value: Any, parts: list[bytes], special: Special | None) -> Any:
    """The tree of a value; the bytes of its arrays are appended to `parts`."""
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if kind is int:
        return value if value.bit_length() <= LONGEST else _foreign(value)
    if special is not None and (found := special(value)) is not None:
        return {"special": _pack(found, parts, special)}
    if isinstance(value, str):  # numpy's, for instance
        return str.__str__(value)
    if isinstance(value, torch.Tensor):
        return _tensor(value, parts) or _foreign(value)
    if isinstance(value, (np.ndarray, np.generic)):
        plain = np.asarray(value)
        if plain.dtype.kind not in "biuf" or plain.dtype.itemsize > 8:
            return _foreign(value)
        return {"numpy": kind is not np.ndarray and plain.ndim == 0, **_array(plain, parts)}
    if isinstance(value, dict):
        pairs = [[_pack(k, parts, special), _pack(v, parts, special)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, (list, tuple)):
        name = "list" if isinstance(value, list) else "tuple"
        return {name: [_pack(entry, parts, special) for entry in value]}
    if isinstance(value, (bool, int, float, str)):  # a subclass, such as an enumeration's
        return next(base(value) for base in (int, float, str) if isinstance(value, base))
    if isinstance(value, slice):
        return {"slice": [_pack(v, parts, special) for v in (value.start, value.stop, value.step)]}
    return {"dots": True} if value is ... else _foreign(value)


def encode(value: Any, special: Special | None = None) -> bytes:
    """The bytes of a plain value. `special` may turn other objects into a plain dict."""
    parts: list[bytes] = []
    tree = json.dumps({"tree": _pack(value, parts, special), "sizes": [len(p) for p in parts]})
    head = tree.encode("ascii")
    return b"".join([struct.pack("<I", len(head)), head, *parts])


@lru_cache(maxsize=200)
def _stand_in(name: str) -> type[Foreign]:
    return type("".join(c for c in name if c.isalnum() or c == "_") or "object", (Foreign,), {})


class _Reader:
    """Builds the value of a tree; each array is the next of the parts, in the order of writing."""

    def __init__(self, parts: list[bytes], special: Callable[[Any], Any] | None):
        self.parts, self.special = iter(parts), special

    def read(self, tree: Any, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise Unreadable(f"more than {DEEPEST} containers inside each other")
        if tree is None or isinstance(tree, (bool, int, float, str)):
            if isinstance(tree, int) and tree.bit_length() > LONGEST:
                return _stand_in("int")("a very large number")
            return tree
        kind, inner = next(iter(tree.items()))
        if kind in ("list", "tuple"):
            entries = [self.read(entry, depth + 1) for entry in inner]
            return entries if kind == "list" else tuple(entries)
        if kind == "dict":
            return {self.read(k, depth + 1): self.read(v, depth + 1) for k, v in inner}
        if kind == "slice":
            return slice(*[self.read(entry, depth + 1) for entry in inner])
        if kind == "dots":
            return ...
        if kind == "foreign":
            return _stand_in(str(inner[0])[:60])(str(inner[1])[:400])
        if kind == "special" and self.special is not None:
            return self.special(self.read(inner, depth + 1))
        return self._array(kind, inner, tree)

    def _array(self, kind: str, inner: Any, rest: dict[str, Any]) -> Any:
        dtype = np.dtype(str(rest["dtype"])[:10])
        shape = tuple(int(n) for n in rest["shape"])
        if dtype.kind not in "biuf" or dtype.itemsize > 8 or len(shape) > 16 or min((0, *shape)):
            raise Unreadable("an array of another kind than numbers")
        array = np.frombuffer(next(self.parts), dtype=dtype).reshape(shape).copy()
        if kind == "numpy":
            return array[()] if inner else array
        if kind != "tensor":
            raise Unreadable(f"a value of unknown kind {kind[:20]!r}")
        tensor = torch.from_numpy(array).to(DTYPES[inner])
        return tensor.requires_grad_() if rest["grad"] and tensor.is_floating_point() else tensor


def decode(body: bytes, special: Callable[[Any], Any] | None = None) -> Any:
    """The value of some bytes that a student's process may have written.

    Raises:
        Unreadable: anything else than `encode` writes.
    """
    try:
        (size,) = struct.unpack_from("<I", body)
        if size > WORDS:
            raise Unreadable(f"{size >> 20} MiB of what is no array")
        head = json.loads(body[4 : 4 + size].decode("ascii"))
        parts, start = [], 4 + size
        for length in head["sizes"]:
            if type(length) is not int or not 0 <= length <= len(body) - start:
                raise Unreadable("the sizes of its arrays are wrong")
            parts.append(body[start : start + length])
            start += length
        return _Reader(parts, special).read(head["tree"])
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {str(error)[:100]}") from None


def send(channel: socket.socket, body: bytes) -> None:
    """Writes one message, after its length."""
    if len(body) > LARGEST:
        raise Unreadable(f"{len(body) >> 20} MiB are too much for one answer")
    channel.sendall(struct.pack("<Q", len(body)) + body)


def receive(channel: socket.socket, deadline: float | None = None) -> bytes:
    """Reads one message; `deadline` is a `time.monotonic`.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: the deadline passed.
        Unreadable: the message is too long.
    """

    def exactly(count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            if deadline is not None:
                channel.settimeout(max(deadline - time.monotonic(), 1e-3))
            piece = channel.recv(min(count - len(parts), 2**20))
            if not piece:
                raise EOFError("the other side is gone")
            parts += piece
        return bytes(parts)

    (size,) = struct.unpack("<Q", exactly(8))
    if size > LARGEST:
        raise Unreadable(f"a message of {size} bytes")
    return exactly(size)
