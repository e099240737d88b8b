"""Is a result the expected one? If not, why not, in words."""

from typing import Any

import numpy as np
import torch


def as_numbers(value: Any) -> np.ndarray[Any, Any] | None:
    """A float64 array of a number, a list of numbers, an array or a tensor; None for others.

    Where the numbers live and in which format they are does not matter.
    """
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().double().numpy() if not value.is_complex() else None
    if isinstance(value, (list, tuple)):
        value = [as_numbers(entry) for entry in value]
        if any(entry is None for entry in value):
            return None
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different length
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None


def show(value: Any) -> str:
    """A short text of any value for a message."""
    numbers = as_numbers(value)
    if numbers is not None and numbers.ndim == 0:
        return f"{float(numbers):.4g}"
    if isinstance(value, (tuple, list)) and all(type(entry) is int for entry in value):
        return str(value) if len(value) <= 12 else f"{len(value)} whole numbers"
    if numbers is not None and numbers.size <= 12:
        return " ".join(np.array2string(numbers, precision=4, separator=", ").split())
    if numbers is not None:
        return f"an array of shape {numbers.shape}"
    if isinstance(value, torch.nn.Module):
        return f"a {type(value).__name__} of {len(list(value.children()))} modules"
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"


def difference(got: Any, expected: Any, *, tolerance: float) -> str | None:
    """What is wrong with `got`, or None if it equals `expected`.

    Numbers may differ by `tolerance` relative to the largest expected entry. Strings are
    compared without regard to case and surrounding blanks.
    """
    if got is None:
        return "gave None; does every path end in a return?"
    if isinstance(expected, str):
        if not isinstance(got, str):
            return f"gave {show(got)} ({type(got).__name__}); a text was needed"
        right = got.strip().casefold() == expected.strip().casefold()
        return None if right else f"gave {got!r}, which is not right"
    want, have = as_numbers(expected), as_numbers(got)
    if want is None:
        return None if got == expected else f"gave {show(got)}, expected {show(expected)}"
    if have is None:
        kind = "a number" if want.ndim == 0 else f"numbers of shape {want.shape}"
        return f"gave {show(got)} ({type(got).__name__}); {kind} was needed"
    if have.size == 1 and want.size == 1:
        have = have.reshape(want.shape)
    if have.shape != want.shape:
        return f"gave numbers of shape {have.shape}; the shape {want.shape} was needed"
    if not np.isfinite(have).all():
        return f"gave {show(got)}, which is not finite; is there a division by 0 or a log of 0?"
    slack = tolerance * max(float(np.abs(want).max(initial=0.0)), 1e-300)
    if np.abs(have - want).max(initial=0.0) <= slack:
        return None
    return f"gave {show(got)}, expected {show(expected)}"
