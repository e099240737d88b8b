"""The verdict on real nets, and on profiles made by hand."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradcourse import DeepNet, Diagnosis, History, Profile, diagnose, generator, watch
from gradcourse.diagnosis.advice import ADVICE
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


def made(
    error: list[float], *, activation: list[float] | None = None, update: float = 1e-3
) -> Profile:
    """A profile with this error signal; the last entry is the readout's."""
    ones = np.ones(len(error))
    h = ones if activation is None else np.array(activation)
    return Profile(
        tuple(f"layer {i}" for i in range(1, len(error) + 1)), activation=h, error=np.array(error),
        weight_gradient=ones, weight=ones, update=update * ones, size=np.full(len(error), 9),
        dtype=("float32",) * len(error), dead=0 * ones, saturated=0 * ones,
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
    [({"depth": 40, "scale": 3.0}, "multiply the weights of these layers by 0.4"),
     ({"depth": 50, "scale": 1.0, "norm": "batch"}, "the forward pass is bounded"),
     ({"depth": 40, "scale": 3.0, "activation": "tanh"}, "the forward pass is bounded")],
)  # fmt: skip
def test_advice_tells_a_forward_explosion_from_one_that_is_backward_only(
    dials: dict[str, Any], advice: str
) -> None:
    found = diagnose(measured(**dials))
    assert (found.verdict, found.way) == ("exploding", "backward")
    assert found.advice.startswith(advice)


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
        f"the error signal at layer 1 is {ratio} times that at layer 5 (float32), "
        f"and passes {bound} at layer 3"
    )
    assert found.growth == pytest.approx(error[0] ** 0.25)
    assert (found.way, found.layer, found.dtype, found.per) == (
        "backward", "layer 3", "float32", "layer"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "verdict"),
    [(101.0, "exploding"), (99.0, "healthy"), (1 / 99, "healthy"), (1 / 101, "vanishing")],
)
def test_the_bound_is_a_factor_of_a_hundred(first: float, verdict: str) -> None:
    assert diagnose(made([first, 1.0, 1e9])).verdict == verdict


def test_an_error_signal_that_is_zero_in_the_first_layers_is_that_of_dead_units() -> None:
    found = diagnose(made([0.0, 0.0, 1.0, 1.0]))
    assert (found.verdict, found.way, found.layer) == ("dead", "forward", "layer 2")
    assert "exactly 0 at layer 2" in found.where


def test_an_error_signal_that_sank_below_the_format_is_vanishing() -> None:
    found = diagnose(made([0.0, 0.0, 1e-40, 1e-38, 1.0]))
    assert (found.verdict, found.way, found.layer) == ("vanishing", "backward", "layer 2")
    assert "falls below 1e-38 and is 0 in float32" in found.where
    assert "GradScaler" in found.advice


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_a_weight_gradient_that_underflowed_is_no_dead_unit(activation: str) -> None:
    found = diagnose(measured(100, 0.3, activation=activation))
    assert (found.verdict, found.way) == ("vanishing", "backward")
    assert "falls below 1e-38 and is 0 in float32" in found.where


def test_an_error_signal_of_zero_everywhere_cannot_be_judged() -> None:
    found = diagnose(made([0.0, 0.0, 0.0]))
    assert (found.verdict, found.way) == ("unknown", "loss")
    assert "exactly 0 at the model's output" in found.where


@pytest.mark.parametrize(
    ("error", "activation", "where"),
    [([math.inf] * 3, [1e30, math.inf, math.inf], "the forward pass"),
     ([math.inf, math.inf, 1e30], [1, 1, 1], "the backward pass")],
)  # fmt: skip
def test_non_finite_says_which_pass_and_layer(error: Any, activation: Any, where: str) -> None:
    found = diagnose(made(error, activation=activation))
    assert found.verdict == "non-finite"
    assert found.where.startswith(f"{where} leaves the range of float32")
    assert (found.way, found.layer) == (where.split()[1], "layer 2")
    assert found.advice == ADVICE[found.way]


def test_inf_after_numbers_of_ordinary_size_is_no_overflow() -> None:
    found = diagnose(made([math.inf] * 3, activation=[1, math.inf, math.inf]))
    assert (found.verdict, found.way, found.layer) == ("non-finite", "forward", "layer 2")
    assert found.advice == ADVICE["invalid"]
    found = diagnose(made([math.inf, math.inf, 1, 1]))
    assert (found.verdict, found.way, found.layer) == ("non-finite", "backward", "layer 2")
    assert found.advice == ADVICE["slope"]
    assert "between layer 3 and layer 2" in found.where


# ---------------------------------------------------------------------------- histories


@pytest.mark.parametrize("where", ["data", "weights", "forward", "loss", "backward"])
def test_the_breakdown_of_a_history_comes_first(where: str) -> None:
    stop = Breakdown(3, where, "layers.7", "float32")
    found = diagnose(History((math.inf,), (math.inf,), {3: made([1, 1, 1])}, stop))
    assert (found.verdict, found.where) == ("non-finite", str(stop))
    assert found.way == {"weights": "update"}.get(where, where)
    assert (found.layer, found.dtype) == ("layers.7", "float32")
    assert found.advice == ADVICE[where]
    assert math.isnan(found.growth)


def test_a_breakdown_after_healthy_steps_is_the_updates_doing() -> None:
    stop = Breakdown(3, "forward", "layers.7", "float32")
    found = diagnose(History((1.0, math.inf), (1.0, math.inf), {2: made([1, 1, 1])}, stop))
    assert (found.verdict, found.way, found.layer) == ("unstable", "update", "layers.7")
    assert found.where == f"{stop}; step 2 was still healthy"
    assert "learning rate" in found.advice


def test_a_breakdown_after_sick_steps_is_the_sickness() -> None:
    stop = Breakdown(3, "forward", "layers.7", "float32")
    profiles = {0: made([1e6, 1, 1]), 3: made([1, 1, 1])}
    found = diagnose(History((1.0, math.inf), (1.0, math.inf), profiles, stop))
    assert (found.verdict, found.layer) == ("exploding", "layer 1")


def test_a_broken_example_among_the_data_is_not_the_updates_doing() -> None:
    stop = Breakdown(3, "data", "", "float32")
    found = diagnose(History((1.0, math.inf), (1.0, math.inf), {2: made([1, 1, 1])}, stop))
    assert (found.verdict, found.way) == ("non-finite", "data")


def test_the_last_profile_of_a_history_is_judged_and_the_first_sick_one_told() -> None:
    healthy, sick = made([1, 1, 1], update=0.2), made([1e6, 1, 1])
    profiles = {50: sick, 0: healthy, 25: sick}
    found = diagnose(History((1.0,), (1.0,), profiles))
    assert found.where.startswith("step 25: ")
    assert (found.verdict, found.way) == ("unstable", "update")
    assert "updates up to 0.2 times the weights" in found.where
    assert diagnose(History((1.0,), (1.0,), {0: sick, 25: healthy})).verdict == "healthy"


def test_sickness_without_large_updates_is_not_put_down_to_them() -> None:
    profiles = {0: made([1, 1, 1]), 25: made([1e6, 1, 1])}
    found = diagnose(History((1.0,), (1.0,), profiles))
    assert (found.verdict, found.way) == ("exploding", "backward")
    assert "step 0 was still healthy" in found.where


def test_updates_as_large_as_the_weights_are_unstable_even_where_signals_are_healthy() -> None:
    found = diagnose(History((1.0,), (1.0,), {0: made([1, 1, 1], update=1.0)}))
    assert (found.verdict, found.way, found.advice) == ("unstable", "update", ADVICE["weights"])
    assert found.where == "single updates are 1 times as large as the weights"


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
    found = diagnose(made([math.nan] * 3))
    assert found.verdict == "unknown"
    assert "no layer's output needs a gradient" in found.where


def test_a_net_that_is_frozen_up_to_its_readout_has_nothing_to_judge() -> None:
    found = diagnose(made([math.nan, math.nan, 1.0]))
    assert (found.verdict, found.way) == ("unknown", "")
    assert "fewer than two layers" in found.where


def test_a_watch_that_saw_nothing_cannot_tell() -> None:
    with watch(DeepNet(2)) as seen:
        pass
    assert diagnose(seen).where == "cannot tell: nothing was recorded"


def test_anything_else_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="a watch, Profile or History, got list"):
        diagnose([])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"a function that returns the loss, .*; got NoneType"):
        diagnose(DeepNet(2))
    with pytest.raises(TypeError, match=r"with one number, got float"):
        diagnose(DeepNet(2), lambda: 0.5)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=r"with one number, got \(3,\)"):
        diagnose(DeepNet(2), lambda: torch.zeros(3))
