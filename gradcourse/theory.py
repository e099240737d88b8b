"""What mean-field theory predicts for wide nets at initialisation.

Notation: σ_w = `scale`, σ_b = `bias_scale`; q is the variance of a pre-activation and
z ~ N(0, 1). The variance of the next layer is q' = σ_w² E[φ(√q z)²] + σ_b², and the squared
norm of the error signal grows by χ = σ_w² E[φ′(√q z)²] per layer on its way back
(Poole et al. 2016; Schoenholz et al. 2017).
"""

import math
from collections.abc import Callable
from functools import cache, partial

import torch

from gradcourse.activations import ACTIVATIONS, LEAK, choose, require_positive

HOMOGENEOUS = {"linear": 1.0, "relu": 0.5, "leaky_relu": (1 + LEAK**2) / 2}  # E[φ′(z)²]
# Midpoints of 4,000 equal steps on -8 … 8: fine enough for the narrow slope of a saturated
# unit, which Gauss-Hermite nodes step over.
_Z = torch.arange(-1999.5, 2000, dtype=torch.float64) / 250
_DENSITY = torch.softmax(-(_Z**2) / 2, dim=0)


def _moments(activation: str, q: float) -> tuple[float, float]:
    """E[φ(√q z)²] and E[φ′(√q z)²], by the midpoint rule."""
    z = (math.sqrt(q) * _Z).requires_grad_()
    value = ACTIVATIONS[activation](z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    return float(_DENSITY @ value.detach() ** 2), float(_DENSITY @ slope**2)


def _crossing(above: Callable[[float], bool], low: float, high: float) -> float:
    """The number between `low` and `high` from which on `above` is true, by bisection."""
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if above(middle) else (middle, high)
    return math.sqrt(low * high)


def _settled_variance(activation: str, scale: float, bias_scale: float) -> float:
    """The variance q* at which pre-activations of a deep layer settle; 0 where signals die."""
    if activation == "exp":
        raise ValueError("exp has no settled variance, so no growth per layer; try tanh or relu")
    if activation == "gelu":
        return 1.0  # GELU settles nowhere between 0 and infinity: the customary working point
    if activation == "tanh" and scale <= 1 and bias_scale == 0:
        return 0.0
    most = scale**2 + bias_scale**2  # φ² ≤ 1, and q' - q falls through 0 below it
    return _crossing(
        lambda q: scale**2 * _moments(activation, q)[0] + bias_scale**2 <= q, 1e-12, most
    )


@cache
def growth_per_layer(activation: str, scale: float, *, bias_scale: float = 0.0) -> float:
    """How many times larger the error signal is one layer further back: √χ.

    Above 1 it explodes, below 1 it vanishes. Linear: σ_w. ReLU: σ_w/√2 (He et al. 2015).
    Others: √χ at the variance where deep layers settle (GELU settles nowhere: at variance 1).
    It is the limit of a wide and deep net; a real one scatters around it.

    Raises:
        ValueError: unknown activation, `scale` not above 0, or exp, which has no such limit.
    """
    choose("activation", activation, ACTIVATIONS)
    require_positive(scale=scale)
    if activation in HOMOGENEOUS:
        return scale * math.sqrt(HOMOGENEOUS[activation])
    q = _settled_variance(activation, scale, bias_scale)
    return scale * math.sqrt(_moments(activation, q)[1])


@cache
def critical_scale(activation: str, *, bias_scale: float = 0.0) -> float:
    """The weight scale σ_w at which the error signal neither grows nor shrinks, √χ = 1.

    Linear 1, ReLU √2, tanh 1 (at zero bias), sigmoid 10.15, GELU 1.48 (at q = 1).

    Raises:
        ValueError: unknown activation, or exp, which has none.
    """
    growth = partial(growth_per_layer, activation, bias_scale=bias_scale)
    return _crossing(lambda scale: growth(scale) > 1, 1e-2, 1e2)


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
