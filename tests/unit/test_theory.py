"""Mean-field theory against closed forms and the numbers of the literature."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from gradcourse import (
    DeepNet,
    critical_scale,
    generator,
    growth_map,
    growth_per_layer,
    overflow_depth,
)
from gradcourse.activations import ACTIVATIONS
from gradcourse.theory import _settled_variance


def settled_variance(activation: str, scale: float, bias_scale: float = 0.0) -> float:
    return _settled_variance(activation, torch.tensor(scale).double(), bias_scale).item()


@pytest.mark.parametrize("bias_scale", [0.0, 0.3])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS.keys() - {"exp"}))
def test_many_scales_give_what_each_gives_alone(activation: str, bias_scale: float) -> None:
    scales = torch.tensor([[0.3, 1.0, 1.5], [4.0, 12.0, 60.0]])
    found = growth_per_layer(activation, scales, bias_scale=bias_scale)
    alone = [
        growth_per_layer(activation, scale, bias_scale=bias_scale)
        for scale in scales.flatten().tolist()
    ]
    assert found.shape == scales.shape
    assert found.flatten().tolist() == pytest.approx(alone, rel=1e-7)


def test_every_one_of_many_scales_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match=r"scale must be .*got -1\.0"):
        growth_per_layer("tanh", torch.tensor([1.0, -1.0]))


def test_the_map_in_theory_is_the_map_that_is_measured() -> None:
    scales = torch.linspace(1.2, 3.0, 7)
    theory = np.outer(np.arange(32), growth_per_layer("tanh", scales).log10())
    x = torch.randn(16, 64, generator=generator(9))
    seen = [
        growth_map(DeepNet(32, activation="tanh", generator=generator(seed)), x, scales).decades
        for seed in range(5)
    ]
    assert np.abs(np.median(seen, axis=0) - theory).max() < 0.5


@pytest.mark.parametrize("scale", [0.3, 0.9, 1.0, 1.2, math.sqrt(2), 1.6, 3.0])
def test_homogeneous_activations_have_closed_forms(scale: float) -> None:
    assert growth_per_layer("linear", scale) == pytest.approx(scale)
    assert growth_per_layer("relu", scale) == pytest.approx(scale / math.sqrt(2))
    leaky = scale * math.sqrt((1 + 0.01**2) / 2)
    assert growth_per_layer("leaky_relu", scale) == pytest.approx(leaky)


@pytest.mark.parametrize(
    ("activation", "scale", "growth"),
    [("relu", 1.2, 0.849), ("relu", 1.6, 1.131), ("tanh", 0.8, 0.800), ("tanh", 1.5, 1.067),
     ("tanh", 2, 1.167), ("tanh", 3, 1.364)],
)  # fmt: skip
def test_growth_is_the_published_number(activation: str, scale: float, growth: float) -> None:
    assert growth_per_layer(activation, scale) == pytest.approx(growth, abs=5e-4)


@pytest.mark.parametrize(("scale", "seen"), [(1, 0.236), (2, 0.416), (4, 0.629), (8, 0.886)])
def test_growth_of_sigmoid_is_near_what_was_seen_in_nets(scale: float, seen: float) -> None:
    assert growth_per_layer("sigmoid", scale) == pytest.approx(seen, rel=0.01)


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.0])
def test_tanh_below_its_critical_scale_is_linear(scale: float) -> None:
    assert settled_variance("tanh", scale) == 0
    assert growth_per_layer("tanh", scale) == pytest.approx(scale)


@pytest.mark.parametrize(
    ("activation", "critical", "tolerance"),
    [("linear", 1, 1e-9), ("relu", math.sqrt(2), 1e-9), ("leaky_relu", 1.41414, 1e-5),
     ("tanh", 1, 1e-6), ("sigmoid", 10.15, 0.005), ("gelu", 1.48, 0.005)],
)  # fmt: skip
def test_critical_scale(activation: str, critical: float, tolerance: float) -> None:
    assert critical_scale(activation) == pytest.approx(critical, abs=tolerance)


@pytest.mark.parametrize(
    ("bias_scale", "squared"),
    [(0.05, 1.260), (0.1, 1.424), (0.2, 1.701), (0.3, 1.948), (0.5, 2.402)],
)
def test_critical_line_of_tanh_with_bias(bias_scale: float, squared: float) -> None:
    assert critical_scale("tanh", bias_scale=bias_scale) ** 2 == pytest.approx(squared, abs=1e-3)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS.keys() - {"exp"}))
def test_growth_at_the_critical_scale_is_one(activation: str) -> None:
    assert growth_per_layer(activation, critical_scale(activation)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS.keys() - {"exp"}))
def test_growth_rises_with_the_scale(activation: str) -> None:
    scales = [0.1, 0.5, 0.9, 1.1, 1.5, 2.0, 4.0, 8.0, 16.0]
    growth = [growth_per_layer(activation, scale) for scale in scales]
    assert all(a < b for a, b in pairwise(growth))


@pytest.mark.parametrize(
    ("activation", "scale", "bias_scale"),
    [("tanh", 1.5, 0.0), ("tanh", 3.0, 0.3), ("tanh", 0.5, 0.3), ("sigmoid", 2.0, 0.0)],
)
def test_variance_settles_at_its_fixed_point(
    activation: str, scale: float, bias_scale: float
) -> None:
    q = settled_variance(activation, scale, bias_scale)
    z = torch.randn(10**6, dtype=torch.float64, generator=generator(0))
    value = ACTIVATIONS[activation](math.sqrt(q) * z)
    following = scale**2 * value.square().mean().item() + bias_scale**2
    assert following == pytest.approx(q, rel=0.01)


@pytest.mark.parametrize(
    ("dtype", "depth", "tolerance"),
    [(torch.float16, 13.4, 0.05), (torch.float32, 116.6, 0.05), (torch.bfloat16, 116.6, 0.05),
     (torch.float64, 942, 0.5)],
)  # fmt: skip
def test_overflow_depth_of_relu_at_scale_three(
    dtype: torch.dtype, depth: float, tolerance: float
) -> None:
    found = overflow_depth(growth_per_layer("relu", 3.0), dtype=dtype)
    assert found == pytest.approx(depth, abs=tolerance)


def test_overflow_depth_is_where_the_signal_passes_the_limit() -> None:
    depth = overflow_depth(1.5, start=10.0)
    assert 10.0 * 1.5**depth == pytest.approx(torch.finfo(torch.float32).max)


@pytest.mark.parametrize("growth", [1.0, 0.5, 0.0, -2.0, math.nan])
def test_nothing_overflows_unless_it_grows(growth: float) -> None:
    with pytest.raises(ValueError, match=f"growth must be above 1 .*got {growth}"):
        overflow_depth(growth)


def test_overflow_needs_a_floating_point_format() -> None:
    with pytest.raises(ValueError, match=r"got torch\.int32"):
        overflow_depth(2.0, dtype=torch.int32)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_scale_must_be_finite_and_above_zero(activation: str, scale: float) -> None:
    with pytest.raises(ValueError, match=f"scale must be .*got {scale}"):
        growth_per_layer(activation, scale)


def test_an_unknown_activation_is_answered_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"one of linear, relu, .*got 'swish'"):
        growth_per_layer("swish", 1.0)
    with pytest.raises(ValueError, match=r"one of linear, relu, .*got 'swish'"):
        critical_scale("swish")


def test_exp_has_no_limit() -> None:
    with pytest.raises(ValueError, match="exp has no settled variance"):
        growth_per_layer("exp", 1.0)
    with pytest.raises(ValueError, match="exp has no settled variance"):
        critical_scale("exp")


@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_gelu_is_judged_at_variance_one(scale: float) -> None:
    assert settled_variance("gelu", scale) == 1
