"""What mean-field theory predicts for wide nets at initialisation.

Notation: σ_w = `scale`, σ_b = `bias_scale`; q is the variance of a pre-activation and
z ~ N(0, 1). The variance of the next layer is q' = σ_w² E[φ(√q z)²] + σ_b², and the squared
norm of the error signal grows by χ = σ_w² E[φ′(√q z)²] per layer on its way back
(Poole et al. 2016; Schoenholz et al. 2017).
"""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import TypeVar

import torch
from torch import Tensor

from gradcourse.activations import ACTIVATIONS, LEAK, choose, require_positive

Function = Callable[[Tensor], Tensor]
Scale = TypeVar("Scale", float, Tensor)
HOMOGENEOUS = {"linear": 1.0, "relu": 0.5, "leaky_relu": (1 + LEAK**2) / 2}  # E[φ′(z)²]


def _mean_square(function: Function, q: Tensor) -> Tensor:
    """E[function(√q z)²] for each of the variances q, by the midpoint rule on -8 … 8.

    Exact to 1e-8 if there are points enough for the narrow slope of a saturated unit, which
    Gauss-Hermite nodes step over.
    """
    half = math.ceil(24 * max(q.max().sqrt().item(), 1.0))
    z = torch.arange(0.5 - half, half, dtype=torch.float64) * 8 / half
    return function(q.sqrt().unsqueeze(-1) * z) ** 2 @ torch.softmax(-(z**2) / 2, dim=0)


def _slope(function: Function, z: Tensor) -> Tensor:
    """φ′(z)."""
    (slope,) = torch.autograd.grad(function(z.requires_grad_()).sum(), z)
    return slope


def _crossing(above: Callable[[Tensor], Tensor], low: Tensor, high: Tensor) -> Tensor:
    """The numbers between `low` and `high` from which on `above` is true, by bisection."""
    for _ in range(45):
        middle = (low * high).sqrt()
        yes = above(middle)
        low, high = torch.where(yes, low, middle), torch.where(yes, middle, high)
    return (low * high).sqrt()


def _settled_variance(activation: str, scale: Tensor, bias_scale: float) -> Tensor:
    """The variance q* at which pre-activations of a deep layer settle; 0 where signals die."""
    if activation == "exp":
        raise ValueError("exp has no settled variance, so no growth per layer; try tanh or relu")
    if activation == "gelu":
        return torch.ones_like(scale)  # settles nowhere: the customary working point
    most = scale**2 + bias_scale**2  # φ² ≤ 1, and q' - q falls through 0 below it
    phi = ACTIVATIONS[activation]
    settled = _crossing(
        lambda q: scale**2 * _mean_square(phi, q) + bias_scale**2 <= q, most * 0 + 1e-12, most
    )
    dies = (scale <= 1) & (activation == "tanh" and bias_scale == 0)
    return torch.where(dies, 0.0, settled)


def growth_per_layer(activation: str, scale: Scale, *, bias_scale: float = 0.0) -> Scale:
    """How many times larger the error signal is one layer further back: √χ.

    Above 1 it explodes, below 1 it vanishes. Linear: σ_w. ReLU: σ_w/√2 (He et al. 2015).
    Others: √χ at the variance where deep layers settle (GELU settles nowhere: at variance 1).
    It is the limit of a wide and deep net; a real one scatters around it. A tensor of scales
    gives a tensor, in float64. The growth map in theory is its power `depth - 1`: layers that
    have yet to settle are left out, so at tanh's critical scale, where signals fall as a power
    of the depth, it sees no change.

    Raises:
        ValueError: unknown activation, a `scale` not above 0, or exp, which has no such limit.
    """
    choose("activation", activation, ACTIVATIONS)
    if not isinstance(scale, Tensor):
        return _growth_at(activation, scale, bias_scale)
    for one in scale.flatten().tolist():
        require_positive(scale=one)
    scale = scale.detach().cpu().double()
    if activation in HOMOGENEOUS:
        return scale * math.sqrt(HOMOGENEOUS[activation])
    q = _settled_variance(activation, scale, bias_scale)
    return scale * _mean_square(partial(_slope, ACTIVATIONS[activation]), q).sqrt()


@cache  # for sliders, which return to their values
def _growth_at(activation: str, scale: float, bias_scale: float) -> float:
    one = torch.tensor(scale, dtype=torch.float64)
    return growth_per_layer(activation, one, bias_scale=bias_scale).item()


@cache
def critical_scale(activation: str, *, bias_scale: float = 0.0) -> float:
    """The weight scale σ_w at which the error signal neither grows nor shrinks, √χ = 1.

    Linear 1, ReLU √2, tanh 1 (at zero bias), sigmoid 10.15, GELU 1.48 (at q = 1).

    Raises:
        ValueError: unknown activation, or exp, which has none.
    """
    low, high = torch.tensor([[1e-2], [1e2]], dtype=torch.float64)
    return _crossing(
        lambda scale: growth_per_layer(activation, scale, bias_scale=bias_scale) > 1, low, high
    ).item()


def overflow_depth(
    growth: float, *, dtype: torch.dtype = torch.float32, start: float = 2.8
) -> float:
    """The depth L at which a signal that grows ×`growth` per layer passes the format's limit.

    L = ln(max / start) / ln(growth), with max 65504 for float16 and 3.4e38 for float32 and
    bfloat16. `start` is about the largest entry of a signal whose entries have variance 1.

    Raises:
        ValueError: `growth` is not above 1, so nothing overflows; or `dtype` is no float.
    """
    if not growth > 1:
        raise ValueError(f"growth must be above 1 for anything to overflow, got {growth!r}")
    if not dtype.is_floating_point:
        raise ValueError(f"dtype must be a floating-point format, got {dtype}")
    return math.log(torch.finfo(dtype).max / start) / math.log(growth)
