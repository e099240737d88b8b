"""`fit` learns, records, and says where numbers stopped being finite."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradcourse import (
    DeepNet,
    History,
    accuracy,
    digits,
    fit,
    generator,
    growth_per_layer,
    overflow_depth,
    watch,
)

DATA = digits()


def train(model: nn.Module, *, steps: int = 5, lr: float = 0.1, **options: Any) -> History:
    """`fit` on digits by SGD."""
    data: dict[str, Any] = {"x": DATA.x, "y": DATA.y, "generator": generator(0)} | options
    device = next(model.parameters()).device
    x, y = (data.pop(name).to(device) for name in ("x", "y"))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    return fit(model, x, y, optimizer=optimizer, steps=steps, **data)


def net(depth: int = 3, scale: float = math.sqrt(2), seed: int = 0, **dials: Any) -> DeepNet:
    return DeepNet(depth, scale=scale, generator=generator(seed), **{"width": 64, **dials})


def parameters(model: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in model.parameters()]


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(torch.equal(x.nan_to_num(), y.nan_to_num()) for x, y in zip(a, b, strict=True))


# ---------------------------------------------------------------------------- learning


@pytest.mark.parametrize("seed", range(3))
def test_learns_digits(seed: int, device: torch.device) -> None:
    model = net(seed=seed).to(device)
    history = train(model, steps=150)
    assert len(history.loss) == len(history.gradient_norm) == 150
    assert history.breakdown is None
    assert np.mean(history.loss[:5]) > 1.5
    assert np.mean(history.loss[-10:]) < 0.3
    assert accuracy(model, DATA.x_test.to(device), DATA.y_test.to(device)) > 0.9


def test_one_seed_gives_one_history_and_another_seed_another() -> None:
    a, b, c = (train(net(), generator=generator(seed)) for seed in (0, 0, 1))
    assert a == b
    assert a.loss != c.loss


def test_global_random_state_stays_put() -> None:
    before = torch.get_rng_state()
    train(net())
    assert torch.equal(torch.get_rng_state(), before)


def test_one_step_is_stochastic_gradient_descent_by_hand() -> None:
    model, copy = net().double(), net().double()
    x = DATA.x.double()
    history = train(model, steps=1, x=x, batch_size=32, lr=0.5)
    batch = torch.randint(len(x), (32,), generator=generator(0))
    loss = F.cross_entropy(copy(x[batch]), DATA.y[batch])
    gradients = torch.autograd.grad(loss, list(copy.parameters()))
    assert list(history.loss) == pytest.approx([loss.item()])
    total = math.sqrt(sum(g.square().sum().item() for g in gradients))
    assert list(history.gradient_norm) == pytest.approx([total])
    for new, old, gradient in zip(model.parameters(), copy.parameters(), gradients, strict=True):
        torch.testing.assert_close(new, old - 0.5 * gradient)


def test_clip_limits_the_update_and_the_norm_is_recorded_before() -> None:
    model, free = net(), net()
    start = parameters(model)
    history, unclipped = (
        train(m, steps=1, lr=1.0, clip=c) for m, c in ((model, 0.01), (free, None))
    )
    moved = [p - q for p, q in zip(parameters(model), start, strict=True)]
    length = torch.stack([m.norm() for m in moved]).norm().item()
    assert length == pytest.approx(0.01, rel=1e-3)
    assert history.gradient_norm == unclipped.gradient_norm
    assert history.gradient_norm[0] > 0.1


def test_a_clip_above_the_norm_changes_nothing() -> None:
    assert train(net(), clip=1e6) == train(net())


def test_record_every_keeps_profiles_with_updates() -> None:
    history = train(net(), steps=7, record_every=3)
    assert sorted(history.profiles) == [0, 3, 6]
    for profile in history.profiles.values():
        np.testing.assert_allclose(profile.update, 0.1 * profile.weight_gradient, rtol=1e-3)
    assert train(net(), steps=7).profiles == {}
    assert history.loss == train(net(), steps=7).loss


def test_history_shows_its_ends() -> None:
    history = History((2.345, 1.0, 0.0123), (1.0, 1.0, 1.0), {})
    assert repr(history) == "History(3 steps, loss 2.3 → 0.01)"


# ---------------------------------------------------------------------------- breakdowns


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_stops_at_bad_data(bad: float) -> None:
    x = DATA.x.clone()
    x[:, 3] = bad
    model = net()
    before = parameters(model)
    history = train(model, x=x)
    assert len(history.loss) == 1
    assert str(history.breakdown) == "step 0: inf or NaN in the data (float32 ends at 3.4e+38)"
    assert repr(history) == f"History(stopped at {history.breakdown})"
    assert same(parameters(model), before)


def test_stops_at_bad_weights() -> None:
    model = net()
    with torch.no_grad():
        model.readout.weight[0, 0] = math.nan
    found = train(model).breakdown
    assert found is not None
    assert str(found).startswith("step 0: inf or NaN in the weights of readout.weight after")


def test_stops_after_an_update_that_ruined_the_weights() -> None:
    history = train(net(), lr=3e38, loss=lambda z, y: 100 * F.cross_entropy(z, y))
    assert history.breakdown is not None
    assert (history.breakdown.step, history.breakdown.where) == (1, "weights")
    assert len(history.loss) == 2


@pytest.mark.parametrize("seed", range(5))
def test_forward_overflow_is_found_near_the_depth_that_theory_predicts(
    seed: int, device: torch.device
) -> None:
    found = train(net(150, 3.0, seed, width=128).to(device)).breakdown
    predicted = overflow_depth(growth_per_layer("relu", 3.0))
    assert found is not None
    assert (found.step, found.where, found.dtype) == (0, "forward", "float32")
    assert int(found.layer.removeprefix("layers.")) == pytest.approx(predicted, abs=6)
    text = f"step 0: inf or NaN in the forward pass, at {found.layer} (float32 ends at 3.4e+38)"
    assert str(found) == text


@pytest.mark.parametrize("seed", range(3))
def test_half_precision_overflows_in_its_thirteenth_layer(seed: int) -> None:
    found = train(net(30, 3.0, seed, width=128).half(), x=DATA.x.half()).breakdown
    assert found is not None
    assert (found.where, found.dtype) == ("forward", "float16")
    assert int(found.layer.removeprefix("layers.")) == pytest.approx(13.4, abs=3)
    assert str(found).endswith("(float16 ends at 6.6e+04)")


@pytest.mark.parametrize("seed", range(3))
def test_backward_overflow_is_found_where_the_error_signal_passes_the_limit(seed: int) -> None:
    def loss(z: Tensor, y: Tensor) -> Tensor:
        return 1e36 * F.cross_entropy(z, y)

    model = net(60, 3.0, seed, activation="tanh")
    reference = net(60, 3.0, seed, activation="tanh").double()
    before = parameters(model)
    found = train(model, loss=loss, steps=1).breakdown
    batch = torch.randint(len(DATA.x), (64,), generator=generator(0))
    with watch(reference) as seen:
        loss(reference(DATA.x[batch].double()), DATA.y[batch]).backward()
    limit = torch.finfo(torch.float32).max
    largest_norm = limit * math.sqrt(64 * 64)
    assert found is not None
    assert found.where == "backward"
    index = seen.profile.layers.index(found.layer)
    assert index < 60
    assert seen.profile.error[index] > limit / 10
    assert (seen.profile.error[index + 1 :] < largest_norm).all()
    assert f"in the backward pass, at {found.layer} (float32" in str(found)
    assert same(parameters(model), before)


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, y: F.cross_entropy(z, y) + torch.tensor(math.nan),
        lambda z, y: F.cross_entropy(z, y) * math.nan,
        lambda z, y: F.cross_entropy(z, y) * math.inf,
        lambda z, y: -z.sum().square().neg().log(),
        lambda z, y: F.mse_loss(z[:, 0], torch.full((len(z),), math.nan)),
    ],
    ids=["plus-nan", "times-nan", "times-inf", "log-of-negative", "nan-targets"],
)
def test_a_loss_that_is_not_finite_is_told_from_a_backward_pass_that_is_not(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    found = train(net(), loss=loss).breakdown
    assert found is not None
    assert str(found) == (
        "step 0: inf or NaN in the loss, though the model's output is finite "
        "(float32 ends at 3.4e+38)"
    )


def test_a_bad_step_changes_neither_the_model_nor_the_optimizer() -> None:
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    calls: list[list[Tensor]] = []

    def loss(z: Tensor, y: Tensor) -> Tensor:
        calls.append(parameters(model))
        return F.cross_entropy(z, y) * (math.inf if len(calls) >= 3 else 1.0)

    history = fit(
        model, DATA.x, DATA.y, optimizer=optimizer, steps=9, generator=generator(0), loss=loss
    )
    assert history.breakdown is not None
    assert history.breakdown.step == 2
    assert len(history.loss) == 3
    assert not same(calls[1], calls[2])
    assert same(parameters(model), calls[2])
    assert {int(state["step"]) for state in optimizer.state.values()} == {2}
    assert all(p.grad is None for p in model.parameters())


def test_a_finite_gradient_whose_float32_norm_overflows_is_no_breakdown() -> None:
    history = train(net(), steps=1, lr=0.0, loss=lambda z, y: 1e25 * F.cross_entropy(z, y))
    assert history.breakdown is None
    assert 1e24 < history.gradient_norm[0] < 1e27


def test_a_weight_gradient_that_overflows_between_finite_signals_is_found() -> None:
    model = DeepNet(1, in_features=64, width=8, scale=1e-20, generator=generator(0))
    history = train(model, x=1e20 * DATA.x, loss=lambda z, y: 1e20 * F.cross_entropy(z, y))
    assert history.breakdown is not None  # ‖δ‖ and ‖h‖ are finite, their product is not
    assert history.breakdown.where == "backward"
    assert history.breakdown.layer == "layers.1"


def test_a_breakdown_is_found_while_recording() -> None:
    history = train(net(150, 3.0), record_every=1)
    assert history.breakdown is not None
    assert history.breakdown.where == "forward"
    assert list(history.profiles) == [0]


# ---------------------------------------------------------------------------- accuracy


@pytest.mark.parametrize("training", [True, False])
def test_accuracy_restores_the_mode_and_needs_no_gradients(training: bool) -> None:
    model = net(norm="batch").train(training)
    statistics = {k: v.clone() for k, v in model.state_dict().items()}
    accuracy(model, DATA.x_test, DATA.y_test)
    assert model.training is training
    assert all(torch.equal(v, statistics[k]) for k, v in model.state_dict().items())
    with pytest.raises(RuntimeError):
        accuracy(model, torch.ones(2, 3), DATA.y_test)
    assert model.training is training


def test_accuracy_is_the_share_of_right_answers() -> None:
    logits = torch.tensor([[0.0, 1.0], [2.0, 1.0], [0.0, 5.0], [-1.0, -2.0]])
    assert accuracy(nn.Identity(), logits, torch.tensor([1, 0, 0, 0])) == 0.75


def test_accuracy_counts_many_examples_exactly() -> None:
    y = torch.zeros(1_000, dtype=torch.int64)
    y[:3] = 1
    assert accuracy(nn.Identity(), torch.tensor([[1.0, 0.0]]).expand(1_000, 2), y) == 0.997


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize("name", ["steps", "batch_size"])
@pytest.mark.parametrize("value", [0, -3, 1.5])
def test_counts_must_be_whole_numbers_above_zero(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number .*got {value}"):
        train(net(), **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("x", "y"), [(5, 4), (0, 0)])
def test_data_must_have_one_target_for_each_example(x: int, y: int) -> None:
    with pytest.raises(ValueError, match=f"same length above 0, got {x} and {y}"):
        train(net(), x=DATA.x[:x], y=DATA.y[:y])
