"""The verdict on real nets, and on profiles made by hand."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradcourse import DeepNet, Diagnosis, History, Profile, diagnose, generator, watch
from gradcourse.diagnose import ADVICE
from gradcourse.train import Breakdown

ROOT2 = math.sqrt(2)


def measured(
    depth: int, scale: float, *, seed: int = 0, factor: float = 1.0, reduction: str = "mean",
    **dials: Any,
) -> Profile:  # fmt: skip
    """The profile of one step of a random net on random inputs and labels."""
    draw = generator(seed)
    net = DeepNet(depth, scale=scale, generator=draw, **dials)
    x, y = torch.randn(64, 64, generator=draw), torch.randint(10, (64,), generator=draw)
    with watch(net) as seen:
        (factor * F.cross_entropy(net(x), y, reduction=reduction)).backward()
    return seen.profile


def made(error: list[float], *, activation: list[float] | None = None) -> Profile:
    """A profile with this error signal; the last entry is the readout's."""
    ones = np.ones(len(error))
    h = ones if activation is None else np.array(activation)
    return Profile(
        tuple(f"layer {i}" for i in range(1, len(error) + 1)), activation=h, error=np.array(error),
        weight_gradient=ones, weight=ones, update=ones, size=np.full(len(error), 9),
        dtype=("float32",) * len(error),
    )  # fmt: skip


NETS = [
    ("healthy", {"depth": 30, "scale": ROOT2}),
    ("healthy", {"depth": 30, "scale": 1.0, "activation": "tanh"}),
    ("healthy", {"depth": 30, "scale": ROOT2, "norm": "layer"}),
    ("healthy", {"depth": 50, "scale": ROOT2, "norm": "batch", "residual": "scaled"}),
    ("vanishing", {"depth": 30, "scale": 1.0}),
    ("vanishing", {"depth": 10, "scale": 2.0, "activation": "sigmoid"}),
    ("exploding", {"depth": 30, "scale": 2.0}),
    ("exploding", {"depth": 40, "scale": 3.0, "activation": "tanh"}),
    ("exploding", {"depth": 50, "scale": 1.0, "norm": "batch"}),
    ("non-finite", {"depth": 150, "scale": 3.0}),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("verdict", "dials"), NETS, ids=lambda v: str(v).replace(" ", ""))
def test_verdict_on_real_nets(verdict: str, dials: dict[str, Any], seed: int) -> None:
    assert diagnose(measured(seed=seed, **dials)).verdict == verdict


@pytest.mark.parametrize("options", [{"reduction": "sum"}, {"factor": 1e3}, {"factor": 1e-6}])
@pytest.mark.parametrize("scale", [1.0, ROOT2, 2.0])
def test_the_scale_of_the_loss_does_not_matter(scale: float, options: dict[str, Any]) -> None:
    plain, scaled = measured(30, scale), measured(30, scale, **options)
    assert diagnose(scaled).verdict == diagnose(plain).verdict
    assert diagnose(scaled).growth == pytest.approx(diagnose(plain).growth, rel=1e-3)
    assert diagnose(scaled).where == diagnose(plain).where


@pytest.mark.parametrize(
    ("dials", "advice"),
    [({"depth": 40, "scale": 3.0}, "exploding"),
     ({"depth": 50, "scale": 1.0, "norm": "batch"}, "exploding backward"),
     ({"depth": 40, "scale": 3.0, "activation": "tanh"}, "exploding backward")],
)  # fmt: skip
def test_advice_tells_a_forward_explosion_from_one_that_is_backward_only(
    dials: dict[str, Any], advice: str
) -> None:
    found = diagnose(measured(**dials))
    assert (found.verdict, found.advice) == ("exploding", ADVICE[advice])


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_growth_is_that_of_theory(scale: float) -> None:
    growth = np.median([diagnose(measured(30, scale, seed=s)).growth for s in range(5)])
    assert growth == pytest.approx(scale / ROOT2, rel=0.03)


# ---------------------------------------------------------------------------- where


@pytest.mark.parametrize("error", [[1e6, 1e4, 1e3, 10, 1, 9], [1e-6, 1e-4, 1e-3, 0.1, 1, 9]])
def test_where_is_the_layer_at_which_the_way_back_leaves_the_bounds(error: list[float]) -> None:
    found = diagnose(made(error))
    ratio, bound = ("1e+06", "100") if error[0] > 1 else ("1e-06", "1/100")
    assert found.where == (
        f"the error signal at layer 1 is {ratio} times that at layer 5, "
        f"and passes {bound} at layer 3"
    )
    assert found.growth == pytest.approx(error[0] ** 0.25)


@pytest.mark.parametrize(
    ("first", "verdict"),
    [(101.0, "exploding"), (99.0, "healthy"), (1 / 99, "healthy"), (1 / 101, "vanishing")],
)
def test_the_bound_is_a_factor_of_a_hundred(first: float, verdict: str) -> None:
    assert diagnose(made([first, 1.0, 1e9])).verdict == verdict


def test_an_error_signal_that_fell_to_zero_is_vanishing() -> None:
    found = diagnose(made([0.0, 0.0, 1.0, 1.0]))
    assert found.verdict == "vanishing"
    assert (
        found.where
        == "the error signal at layer 1 is exactly 0: dead units, or numbers too small for float32"
    )


def test_an_error_signal_of_zero_everywhere_is_vanishing() -> None:
    assert diagnose(made([0.0, 0.0, 0.0])).verdict == "vanishing"


@pytest.mark.parametrize(
    ("error", "activation", "where"),
    [([math.inf] * 3, [1, math.inf, math.inf], "the forward pass"),
     ([math.inf, math.inf, 1], [1, 1, 1], "the backward pass")],
)  # fmt: skip
def test_non_finite_says_which_pass_and_layer(error: Any, activation: Any, where: str) -> None:
    found = diagnose(made(error, activation=activation))
    assert found.verdict == "non-finite"
    assert found.where == f"{where} leaves the range of float32 at layer 2"
    assert found.advice == ADVICE[where.split()[1]]


# ---------------------------------------------------------------------------- histories


@pytest.mark.parametrize("where", ["data", "weights", "forward", "loss", "backward"])
def test_the_breakdown_of_a_history_comes_first(where: str) -> None:
    stop = Breakdown(3, where, "layers.7", "float32")
    found = diagnose(History((math.inf,), (math.inf,), {0: made([1, 1, 1])}, stop))
    assert found == Diagnosis("non-finite", str(stop), found.growth, ADVICE[where])
    assert math.isnan(found.growth)


def test_otherwise_the_last_profile_of_a_history_counts() -> None:
    profiles = {50: made([1e6, 1, 1]), 0: made([1, 1, 1])}
    assert diagnose(History((1.0,), (1.0,), profiles)).verdict == "exploding"


# ---------------------------------------------------------------------------- text and errors


def test_a_diagnosis_reads_as_verdict_place_and_advice() -> None:
    assert repr(Diagnosis("exploding", "here", 1.2345, "that")) == (
        "exploding, ×1.23 per layer: here.\nTry: that."
    )
    assert repr(Diagnosis("non-finite", "here", math.nan, "that")) == (
        "non-finite: here.\nTry: that."
    )


def test_a_history_without_profiles_says_how_to_record_them() -> None:
    with pytest.raises(ValueError, match=r"call fit\(\.\.\., record_every="):
        diagnose(History((1.0,), (1.0,), {}))


def test_a_profile_without_backward_says_so() -> None:
    with pytest.raises(ValueError, match=r"call loss\.backward\(\) inside watch"):
        diagnose(made([math.nan] * 3))


def test_a_net_that_is_frozen_up_to_its_readout_has_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="error signal"):
        diagnose(made([math.nan, math.nan, 1.0]))


def test_anything_else_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="needs a Profile or a History, got DeepNet"):
        diagnose(DeepNet(2))  # type: ignore[arg-type]
