"""The activation functions of the course, by name: one table for nets, theory and maps."""

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

T = TypeVar("T")
LEAK = 0.01  # slope of leaky ReLU below zero: torch's default

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z,
    "relu": torch.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, LEAK),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "exp": torch.exp,
}


def choose(what: str, name: str, options: Mapping[str, T]) -> T:
    """The option called `name`.

    Raises:
        ValueError: there is none; the message lists the names that exist.
    """
    if name not in options:
        raise ValueError(f"{what} must be one of {', '.join(options)}; got {name!r}")
    return options[name]


def require_whole(**numbers: float) -> None:
    """Raises a ValueError that names the first number that is not a whole one above 0."""
    for name, value in numbers.items():
        if not math.isfinite(value) or value != int(value) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


def require_positive(**numbers: float) -> None:
    """Raises a ValueError that names the first number that is not finite and above 0."""
    for name, value in numbers.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be a finite number above 0, got {value!r}")
