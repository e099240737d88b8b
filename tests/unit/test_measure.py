"""`watch`, `Profile` and `layers`: what is measured is what autograd computes by hand."""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.parametrizations import weight_norm

import gradcourse.measure
from gradcourse import DeepNet, Profile, generator, watch
from gradcourse.layers import fetch, find_layers, first_tensor, norm
from gradcourse.profile import QUANTITIES


def size(tensor: Tensor | None) -> float:
    """Root of the sum of squares in float64, the definition."""
    assert tensor is not None
    return tensor.detach().to_dense().double().square().sum().sqrt().item()


def small() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed))


def step(model: nn.Module, x: Any, **options: Any) -> Profile:
    """The profile of one pass whose loss is the sum of squares of the first float output."""
    with watch(model, **options) as seen:
        out = first_tensor(model(x))
        assert out is not None
        out.square().sum().backward()
    return seen.profile


def close(found: Any, *expected: float, rel: float = 1e-5) -> bool:
    return bool(np.asarray(found) == pytest.approx(list(expected), rel=rel, nan_ok=True))


# ---------------------------------------------------------------------------- what is measured


def test_norms_are_those_of_autograd(device: torch.device) -> None:
    model, x = small().to(device), rows(7, 4).to(device)
    first, last = model[0], model[2]
    profile = step(model, x)
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    h1 = x @ first.weight.T + first.bias
    h2 = torch.tanh(h1) @ last.weight.T + last.bias
    errors = torch.autograd.grad(h2.square().sum(), [h1, h2])
    assert profile.layers == ("0", "2")
    assert close(profile.activation, size(h1), size(h2))
    assert close(profile.error, *map(size, errors))
    assert close(profile.weight_gradient, size(errors[0].T @ x), size(errors[1].T @ h1.tanh()))
    assert profile.size.tolist() == [35, 21]
    assert profile.dtype == ("float32", "float32")
    assert close(profile.update, math.nan, math.nan)


def quantities(model: nn.Module, x: Tensor) -> dict[str, Any]:
    """All that two watched steps measure, and the model ends where they led."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with watch(model, optimizer=optimizer, units=True) as seen:
        for _ in range(2):
            optimizer.zero_grad()
            out = model(x)
            (out[0] if isinstance(out, tuple) else out).square().mean().backward()
            optimizer.step()
    return {name: getattr(seen.profile, name) for name in QUANTITIES} | {
        name: getattr(seen.profile, name) for name in ("size", "rms", "ratio", "growth")
    }


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "deep": (lambda: DeepNet(12, width=32, init="he", generator=generator(0)), (9, 64)),
    "tanh": (lambda: DeepNet(9, width=32, activation="tanh", generator=generator(0)), (9, 64)),
    "batch norm": (lambda: DeepNet(6, width=16, norm="batch", generator=generator(0)), (9, 64)),
    "lstm": (lambda: nn.LSTM(3, 8, batch_first=True), (4, 6, 3)),
    "images": (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)),
               (3, 2, 8, 8)),
    "attention": (lambda: nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True),
                  (2, 3, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_every_quantity_is_the_one_measured_on_the_cpu(name: str, device: torch.device) -> None:
    make, shape = MODELS[name]
    model = make()
    twin, x = copy.deepcopy(model).to(device), rows(*shape)
    expected, found = quantities(model, x), quantities(twin, x.to(device))
    for quantity, values in expected.items():
        np.testing.assert_allclose(found[quantity], values, rtol=1e-3, err_msg=quantity)


@pytest.mark.parametrize("norm_name", ["none", "batch", "layer"])
@pytest.mark.parametrize("residual", ["none", "plain", "scaled"])
def test_error_signals_of_a_deep_net_are_those_of_retained_gradients(
    norm_name: str, residual: str
) -> None:
    net = DeepNet(6, width=16, norm=norm_name, residual=residual, generator=generator(0))
    profile = step(net, rows(9, 64))
    hidden = [rows(9, 64)]
    for layer in [*net.layers, net.readout]:
        hidden.append(layer(hidden[-1]))
        hidden[-1].retain_grad()
    hidden[-1].square().sum().backward()
    assert profile.layers == (*(f"layers.{i}" for i in range(1, 7)), "readout")
    assert close(profile.error, *(size(h.grad) for h in hidden[1:]), rel=1e-4)
    assert close(profile.rms, *(h.detach().square().mean().sqrt().item() for h in hidden[1:]))


def test_update_of_sgd_is_the_learning_rate_times_the_gradient() -> None:
    model = small().double()
    start = [size(p) for p in model.parameters() if p.ndim > 1]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    with watch(model, optimizer=optimizer) as seen:
        model(rows(7, 4).double()).square().sum().backward()
        optimizer.step()
    assert close(seen.profile.update, *(0.3 * seen.profile.weight_gradient), rel=1e-9)
    assert close(seen.profile.weight, *start, rel=1e-9)


def test_updates_of_all_steps_are_right_also_when_a_weight_changes_its_format() -> None:
    model = small().double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    with watch(model, optimizer=optimizer) as seen:
        for dtype in (torch.float64, torch.float64, torch.float32):
            model.to(dtype)
            optimizer.zero_grad()
            model(rows(7, 4).to(dtype)).square().sum().backward()
            optimizer.step()
    assert len({profile.update[0] for profile in seen.profiles}) == 3
    for profile in seen.profiles:
        assert close(profile.update, *(0.3 * profile.weight_gradient), rel=1e-5)


def test_a_step_that_calls_the_model_itself_is_recorded() -> None:
    model = small()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=1)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = model(rows(7, 4)).square().sum()
        loss.backward()
        return loss.item()

    with watch(model, optimizer=optimizer) as seen:
        optimizer.step(closure)
    assert np.isfinite(seen.profile.error).all()
    assert np.isnan(seen.profile.update).all()  # nothing had run when the step began


def test_first_update_of_adam_is_the_learning_rate_in_every_entry() -> None:
    model = small().double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, eps=1e-30)
    with watch(model, optimizer=optimizer) as seen:
        model(rows(7, 4).double()).square().sum().backward()
        optimizer.step()
    assert close(seen.profile.update, 0.01 * math.sqrt(20), 0.01 * math.sqrt(15), rel=1e-6)


def test_clipping_after_backward_does_not_alter_the_recorded_weight_gradient() -> None:
    model, x = small(), rows(7, 4)
    expected = step(copy.deepcopy(model), x)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    with watch(model, optimizer=optimizer) as seen:
        model(x).square().sum().backward()
        clip_grad_norm_(model.parameters(), 1e-3)
        optimizer.step()
    assert close(seen.profile.weight_gradient, *expected.weight_gradient)
    assert (seen.profile.update <= 1.01e-3).all()


# ---------------------------------------------------------------------------- nothing changes


def test_a_watched_run_has_the_same_losses_gradients_and_random_numbers() -> None:
    def run(watching: bool) -> list[Tensor]:
        with torch.random.fork_rng():
            torch.manual_seed(3)
            model = nn.Sequential(
                nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Dropout(0.5),
                nn.Linear(8, 2),
            )  # fmt: skip
            optimizer = torch.optim.Adam(model.parameters())
            with watch(model, optimizer=optimizer) if watching else nullcontext():
                for _ in range(3):
                    optimizer.zero_grad()
                    loss = model(rows(6, 4)).square().sum()
                    loss.backward()
                    optimizer.step()
            gradients = [p.grad for p in model.parameters() if p.grad is not None]
            return [loss, *gradients, *model.state_dict().values(), torch.get_rng_state()]

    for with_watch, without in zip(run(True), run(False), strict=True):
        assert torch.equal(with_watch, without)


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_left_as_it_was(training: bool) -> None:
    model = small().train(training)
    step(model, rows(2, 4))
    assert all(module.training is training for module in model.modules())


class Counting(nn.Module):
    """Identity with a parameter, that counts its passes."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3, 3))
        self.passes: list[str] = []

    def forward(self, x: Tensor) -> Tensor:
        passes = self.passes
        passes.append("forward")

        class Count(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Tensor) -> Tensor:
                return x.clone()

            @staticmethod
            def backward(ctx: Any, delta: Tensor) -> Tensor:
                passes.append("backward")
                return delta

        out: Tensor = Count.apply(x @ self.weight)  # type: ignore[no-untyped-call]
        return out


def test_no_pass_is_added() -> None:
    model = Counting()
    step(model, rows(2, 3))
    assert model.passes == ["forward", "backward"]


@pytest.mark.parametrize("with_optimizer", [True, False])
def test_one_synchronisation_a_step(
    with_optimizer: bool, device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def counted(numbers: list[Tensor | float]) -> list[float]:
        calls.append(len(numbers))
        return fetch(numbers)

    monkeypatch.setattr(gradcourse.measure, "fetch", counted)
    model, x = DeepNet(8, width=16, generator=generator(0)).to(device), rows(4, 64).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer=optimizer if with_optimizer else None) as seen:
        for _ in range(3):
            model(x).square().sum().backward()
            optimizer.step()
    assert len(seen.profiles) == len(calls) == 3
    assert set(calls) == {1 + 9 * (5 if with_optimizer else 3)}  # the input, and nine layers


# ---------------------------------------------------------------------------- hooks come off


def hooks(model: nn.Module, optimizer: torch.optim.Optimizer, *tensors: Tensor) -> int:
    """How many hooks hang on a model, its parameters, its optimizer and some tensors."""
    slots: list[Any] = [
        optimizer._optimizer_step_pre_hooks,
        optimizer._optimizer_step_post_hooks,
    ]
    for m in model.modules():
        slots += [m._forward_hooks, m._forward_pre_hooks, m._backward_hooks, m._backward_pre_hooks]
    for t in [*model.parameters(), *tensors]:
        slots += [t._backward_hooks, getattr(t, "_post_accumulate_grad_hooks", None)]
    return sum(len(slot) for slot in slots if slot)


class Breaks(torch.autograd.Function):
    """Identity whose backward pass raises."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, delta: Tensor) -> Tensor:
        raise ZeroDivisionError


def _normal(model: nn.Module, out: Tensor) -> None:
    out.sum().backward()


def _forward_raises(model: nn.Module, out: Tensor) -> None:
    model(rows(2, 99))


def _backward_raises(model: nn.Module, out: Tensor) -> None:
    broken: Tensor = Breaks.apply(out)  # type: ignore[no-untyped-call]
    broken.sum().backward()


def _interrupt(model: nn.Module, out: Tensor) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("leave", "error"),
    [(_normal, None), (_forward_raises, RuntimeError), (_backward_raises, ZeroDivisionError),
     (_interrupt, KeyboardInterrupt)],
)  # fmt: skip
def test_all_hooks_come_off(leave: Any, error: type[BaseException] | None) -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(error) if error else nullcontext(), watch(model, optimizer=optimizer):
        out = model(rows(2, 4))
        # a pass, 2 layers, 4 - 2 weights, 2 of the optimizer, and the output's own
        assert hooks(model, optimizer, out) == 1 + 2 + 2 + 2 + 1
        leave(model, out)
    assert hooks(model, optimizer, out) == 0


def test_hooks_that_others_registered_stay() -> None:
    model = small()
    handle = model[0].register_forward_hook(lambda *_: None)
    step(model, rows(2, 4))
    assert list(model[0]._forward_hooks) == [handle.id]


def test_watches_may_be_nested() -> None:
    model = small()
    with watch(model) as outer, watch(model) as inner:
        model(rows(2, 4)).sum().backward()
    assert close(outer.profile.error, *inner.profile.error)


# ---------------------------------------------------------------------------- which layers


class Shared(nn.Module):
    """One layer used `times` times."""

    def __init__(self, times: int = 2) -> None:
        super().__init__()
        self.layer, self.times = nn.Linear(3, 3), times
        self.alias = self.layer

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = torch.tanh(self.layer(x))
        return x


def test_a_module_called_twice_has_two_rows_and_one_weight_gradient() -> None:
    model, x = Shared(), rows(5, 3)
    profile = step(model, x)
    h1 = model.layer(x)
    h2 = model.layer(torch.tanh(h1))
    *errors, gradient = torch.autograd.grad(h2.tanh().square().sum(), [h1, h2, model.layer.weight])
    assert profile.layers == ("layer", "layer#2")
    assert close(profile.activation, size(h1), size(h2))
    assert close(profile.error, *map(size, errors))
    assert close(profile.weight_gradient, size(gradient), math.nan)


def test_calls_are_counted_anew_in_each_step() -> None:
    model = Shared()
    with watch(model) as seen:
        for _ in range(2):
            model(rows(5, 3)).sum().backward()
    assert [p.layers for p in seen.profiles] == [("layer", "layer#2")] * 2


class Tied(nn.Module):
    """An embedding whose weight is the readout's as well."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.out = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.embed(x))
        return out


def test_tied_weights_have_their_whole_gradient_in_both_rows() -> None:
    model = Tied()
    profile = step(model, torch.tensor([0, 3, 3]))
    assert profile.layers == ("embed", "out")
    assert close(profile.weight_gradient, *[size(model.embed.weight.grad)] * 2)


def test_layers_stand_in_the_order_in_which_they_ran() -> None:
    class Backwards(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            for module in reversed(self):
                x = module(x)
            return x

    model = Backwards(nn.Linear(3, 2), nn.Linear(4, 3), nn.Linear(5, 4))
    assert step(model, rows(2, 5)).layers == ("2", "1", "0")


def test_a_frozen_layer_has_no_weight_gradient_but_an_error_signal() -> None:
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(4)))
    model[2].requires_grad_(False)
    profile = step(model, rows(5, 4))
    assert np.isnan(profile.weight_gradient).tolist() == [False, False, True, False]
    assert np.isfinite(profile.error).all()


def test_frozen_first_layers_leave_the_growth_defined() -> None:
    net = DeepNet(8, width=32, scale=2.0, generator=generator(0))
    whole = step(net, rows(6, 64))
    net.layers[:3].requires_grad_(False)
    profile = step(net, rows(6, 64))
    assert np.isnan(profile.error).tolist() == [True] * 3 + [False] * 6
    assert profile.hidden.tolist() == [3, 4, 5, 6, 7]
    assert profile.growth == pytest.approx((whole.error[3] / whole.error[7]) ** (1 / 4))


def test_a_layer_without_a_matrix_shows_its_vectors() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
    profile = step(model, rows(5, 4))
    gradients = [size(p.grad) for p in model[1].parameters()]
    assert profile.weight_gradient[1] == pytest.approx(math.hypot(*gradients))


def test_what_lies_inside_a_module_that_owns_a_weight_belongs_to_it() -> None:
    block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    names = ("self_attn", "norm1", "linear1", "linear2", "norm2")
    assert step(block, rows(2, 3, 8)).layers == names
    attention = nn.MultiheadAttention(8, 2)
    assert [name for name, _ in find_layers(attention)] == ["MultiheadAttention"]


def test_parametrised_weights_are_measured_through_their_parts() -> None:
    model = nn.Sequential(weight_norm(nn.Linear(4, 3)), nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with watch(model, optimizer=optimizer) as seen:
        model(rows(5, 4)).square().sum().backward()
        optimizer.step()
    parts = [size(p.grad) for p in model[0].parameters() if p.ndim > 1]
    assert seen.profile.layers == ("0", "1")
    assert seen.profile.weight_gradient[0] == pytest.approx(math.hypot(*parts), rel=1e-5)
    assert seen.profile.update[0] == pytest.approx(0.5 * math.hypot(*parts), rel=1e-4)


def test_sparse_gradients_are_measured_like_dense_ones() -> None:
    indices = torch.tensor([1, 1, 4, 0])  # a row twice: its gradients must be added first
    found = []
    for sparse in (True, False):
        embed = nn.Embedding.from_pretrained(rows(6, 3), freeze=False, sparse=sparse)
        found.append(step(embed, indices))
    assert close(found[0].weight_gradient, *found[1].weight_gradient)
    assert found[0].weight_gradient[0] > 0


class Named(nn.Module):
    """Returns a dict, whose first entry is no float tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> dict[str, Any]:
        h = self.inner(x)
        return {"indices": h.argmax(1), "nested": [(None, h)]}


class Owner(Named):
    """The same, itself a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(4))

    def forward(self, x: Tensor) -> dict[str, Any]:
        return super().forward(x @ self.weight)


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), rows(6, 2, 4)),
        (nn.Conv2d(1, 2, 3), rows(2, 1, 5, 5)),
        (Named(), rows(5, 4)),
        (Owner(), rows(5, 4)),
    ],
    ids=["transformer", "conv", "dict", "dict-layer"],
)
def test_any_module_is_measured_by_its_first_float_tensor(model: nn.Module, x: Any) -> None:
    profile = step(model, x)
    out = first_tensor(model(x))
    assert out is not None
    assert profile.activation[-1] == pytest.approx(size(out), rel=1e-5)
    assert profile.error[-1] == pytest.approx(2 * size(out), rel=1e-5)  # ∂(Σh²)/∂h = 2h
    assert (profile.weight_gradient > 0).all()


def test_attention_is_one_layer_whose_output_is_a_tuple() -> None:
    class SelfAttention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 2)

        def forward(self, x: Tensor) -> Any:
            return self.attention(x, x, x)

    model, x = SelfAttention(), rows(6, 2, 4)
    profile = step(model, x)
    gradients = [size(p.grad) for p in model.attention.parameters() if p.ndim > 1]
    assert profile.layers == ("attention",)
    assert close(profile.weight_gradient, math.hypot(*gradients))
    assert close(profile.activation, size(model(x)[0]))


def test_convolutions_and_in_place_activations() -> None:
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(27, 2))
    x = rows(2, 1, 5, 5)
    profile = step(model, x)
    h = model[0](x)
    out = model[3](h.clamp_min(0).flatten(1))
    assert close(profile.activation, size(h), size(out))
    assert close(profile.error, *map(size, torch.autograd.grad(out.square().sum(), [h, out])))


# ---------------------------------------------------------------------------- which steps


def test_two_passes_in_one_block_are_two_steps() -> None:
    model, first, second = small(), rows(7, 4), rows(5, 4, seed=1)
    expected = [step(copy.deepcopy(model), x) for x in (first, second)]
    with watch(model) as seen:
        for x in (first, second):
            model.zero_grad()
            model(x).square().sum().backward()
    assert len(seen.profiles) == 2
    for found, alone in zip(seen.profiles, expected, strict=True):
        assert close(found.activation, *alone.activation)
        assert close(found.error, *alone.error)
        assert close(found.weight_gradient, *alone.weight_gradient)
    assert seen.profile is seen.profiles[-1]


def test_each_optimizer_step_is_one_step_with_an_update() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer=optimizer) as seen:
        for _ in range(3):
            optimizer.zero_grad()
            model(rows(7, 4)).square().sum().backward()
            optimizer.step()
    assert len(seen.profiles) == 3
    for profile in seen.profiles:
        assert close(profile.update, *(0.1 * profile.weight_gradient), rel=1e-3)
    weights = [profile.weight[0] for profile in seen.profiles]
    assert len(set(weights)) == 3


def test_accumulated_half_batches_are_measured_like_the_whole_batch() -> None:
    model, x = small(), rows(8, 4)
    whole, halves = copy.deepcopy(model), copy.deepcopy(model)
    profiles = []
    for net, parts in ((whole, [x]), (halves, [x[:4], x[4:]])):
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        with watch(net, optimizer=optimizer) as seen:
            for part in parts:
                net(part).square().sum().backward()
            optimizer.step()
        assert len(seen.profiles) == 1
        profiles.append(seen.profile)
    for what in ("activation", "error", "weight_gradient", "update", "size"):
        assert close(getattr(profiles[1], what), *getattr(profiles[0], what))


def test_two_passes_before_one_backward_pass_are_one_step() -> None:
    model, x = small(), rows(8, 4)
    expected = step(copy.deepcopy(model), x)
    with watch(model) as seen:
        (model(x[:4]).square().sum() + model(x[4:]).square().sum()).backward()
    assert len(seen.profiles) == 1
    assert close(seen.profile.error, *expected.error)
    assert close(seen.profile.activation, *expected.activation)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_passes_without_gradients_do_not_count(context: Any, when: str) -> None:
    model, x = small(), rows(7, 4)
    expected = step(copy.deepcopy(model), x)

    def evaluate(now: str) -> None:
        if now == when:
            model.eval()
            with context():
                model(100 * x)
            model.train()

    with watch(model) as seen:
        evaluate("before")
        out = model(x)
        evaluate("between")
        out.square().sum().backward()
        evaluate("after")
    assert len(seen.profiles) == 1
    assert seen.profile.layers == expected.layers
    assert close(seen.profile.activation, *expected.activation)
    assert close(seen.profile.error, *expected.error)


@pytest.mark.parametrize("run", [False, True])
def test_without_a_recorded_step_the_message_says_what_to_do(run: bool) -> None:
    model = small()
    with watch(model) as seen, torch.no_grad():
        if run:
            model(rows(2, 4))
    with pytest.raises(RuntimeError, match=r"recorded nothing: run the model and loss\.backward"):
        _ = seen.profile
    assert seen.profiles == ()


def test_a_forward_pass_without_backward_says_so() -> None:
    model = small()
    with watch(model) as seen:
        model(rows(2, 4))
    assert repr(seen.profile) == "Profile(2 layers, no error signal: backward() did not run)"
    assert (seen.profile.activation > 0).all()


def test_a_gradient_left_from_before_is_not_recorded() -> None:
    model = small()
    model(rows(2, 4)).sum().backward()
    with watch(model) as seen:
        model(rows(2, 4))
    assert np.isnan(seen.profile.weight_gradient).all()


def test_checkpointed_layers_are_recorded_once() -> None:
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.out = small(), nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.out(checkpoint(self.inner, x, use_reentrant=False))
            return out

    profile = step(Checkpointed(), rows(7, 4))
    assert profile.layers == ("inner.0", "inner.2", "out")
    assert not np.isnan(profile.error).any()


def test_needs_a_module_with_parameters() -> None:
    with pytest.raises(TypeError, match=r"needs a torch\.nn\.Module, got function"):
        watch(lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs parameters; ReLU has none"):
        watch(nn.ReLU())


# ---------------------------------------------------------------------------- number formats


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_measured_in_float64(dtype: torch.dtype, device: torch.device) -> None:
    model, x = small().to(device, dtype), rows(7, 4).to(device, dtype)
    profile = step(model, x)
    reference = step(copy.deepcopy(model).float(), x.float())
    assert profile.dtype == (str(dtype).removeprefix("torch."),) * 2
    for what in ("activation", "error", "weight_gradient"):
        assert close(getattr(profile, what), *getattr(reference, what), rel=0.05)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_precision_norm_may_exceed_the_largest_entry(
    dtype: torch.dtype, device: torch.device
) -> None:
    layer = nn.Linear(1, 10_000, bias=False).to(device, dtype)
    with torch.no_grad():
        layer.weight.fill_(1000)
    with watch(layer) as seen:
        (layer(torch.ones(1, 1).to(device, dtype)) * 1000).sum().backward()
    assert close(seen.profile.activation, 1e5)
    assert close(seen.profile.error, 1e5)
    assert close(seen.profile.weight_gradient, 1e5)
    assert seen.profile.first_non_finite is None


@pytest.mark.parametrize("entry", [1e-30, 1e-23, 1e-10, 1.0, 1e10, 1e25, 1e37])
def test_tiny_and_huge_gradients_are_measured_right(entry: float, device: torch.device) -> None:
    layer = nn.Linear(1, 10, bias=False).to(device)
    with watch(layer) as seen:
        (layer(torch.ones(1, 1).to(device)) * entry).sum().backward()
    assert close(seen.profile.error, entry * math.sqrt(10))
    assert close(seen.profile.weight_gradient, entry * math.sqrt(10))


@pytest.mark.parametrize(
    "tensor",
    [torch.tensor([3.0, 4.0]), torch.tensor([3e30, 4e30]), torch.tensor([[3.0], [4.0]]).half(),
     torch.tensor([3.0, 4.0]).double() * 1e200, torch.tensor([3 + 4j]), torch.tensor(-5.0),
     torch.tensor([0.0, 3e-25, 4e-25]), torch.arange(24.0).view(4, 6).T, torch.arange(9.0)[::2],
     torch.full((2, 3), 2e15), torch.full((2, 3), 2e-15), torch.empty(0, 3),
     torch.arange(5.0).expand(3, 5), torch.arange(24.0).view(4, 6)[:, 1:3],
     torch.arange(16.0).view(1, 4, 2, 2).to(memory_format=torch.channels_last),
     torch.tensor([3 + 4j, 5 - 12j]).conj().imag,
     torch.tensor([[3.0, 0.0], [0.0, 4.0]]).to_sparse()],
)  # fmt: skip
def test_norm_is_the_root_of_the_sum_of_squares(tensor: Tensor) -> None:
    expected = math.hypot(*tensor.to_dense().abs().double().flatten().tolist())
    assert float(norm(tensor)) == pytest.approx(expected)


class Detached(nn.Module):
    """Passes on what a layer puts out, but no gradient."""

    def forward(self, h: Tensor) -> Tensor:
        return h.detach()


class DetachedLayer(nn.Linear):
    """Gives its output no gradient, though its weight could learn."""

    def forward(self, h: Tensor) -> Tensor:
        return super().forward(h).detach()


def test_cut_names_a_frozen_layer_that_a_gradient_should_have_passed() -> None:
    frozen = nn.Linear(4, 4).requires_grad_(False)
    model = nn.Sequential(nn.Linear(4, 4), frozen, Detached(), nn.Linear(4, 4))
    assert step(model, rows(3, 4)).cut == ("0", "1")


def test_cut_names_a_layer_that_detaches_its_own_output() -> None:
    assert step(nn.Sequential(DetachedLayer(4, 4), nn.Linear(4, 4)), rows(3, 4)).cut == ("0",)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_func_runs_as_without_watch(dtype: torch.dtype, device: torch.device) -> None:
    model, x = small().to(device, dtype), rows(7, 4).to(device, dtype)

    def loss(weights: dict[str, Tensor]) -> Tensor:
        out: Tensor = torch.func.functional_call(model, weights, x)
        return out.square().sum()

    weights = {name: w.detach() for name, w in model.named_parameters()}
    plain = torch.func.grad(loss)(weights)
    with watch(model) as seen:
        watched = torch.func.grad(loss)(weights)
    assert all(torch.equal(watched[name], plain[name]) for name in plain)
    assert np.isfinite(seen.profile.activation).all()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_entry_that_is_not_finite_makes_the_norm_infinite(bad: float) -> None:
    model = small()
    with torch.no_grad():
        list(model.parameters())[3][0] = bad
    profile = step(model, rows(7, 4))
    assert np.isinf(profile.activation).tolist() == [False, True]
    assert profile.first_non_finite == ("forward", 1)
    assert repr(profile) == "Profile(1 layers and a readout, forward pass not finite at 2)"


def test_fetch_returns_the_values(device: torch.device) -> None:
    numbers = [torch.tensor(0.5), torch.tensor(2e-300, dtype=torch.float64)]
    assert fetch([0.25, *(n.to(device) for n in numbers)]) == [0.25, 0.5, 2e-300]
    assert fetch([]) == []


# ---------------------------------------------------------------------------- Profile


def made(error: list[float], **columns: list[float]) -> Profile:
    """A profile with this error signal and ones elsewhere."""
    names = ("activation", "weight_gradient", "weight", "update", "dead", "saturated")
    arrays: dict[str, Any] = {
        name: np.array(columns.get(name, np.ones(len(error)))) for name in names
    }
    return Profile(
        tuple("abcdefgh"[: len(error)]), error=np.array(error), **arrays,
        size=np.full(len(error), 4), dtype=("float32",) * len(error),
    )  # fmt: skip


def test_growth_is_the_geometric_mean_on_the_way_back() -> None:
    profile = made([8.0, 5.0, 2.0, 1.0, 77.0])
    assert profile.depth == 4
    assert profile.ratio == 8
    assert profile.growth == pytest.approx(2)
    text = "Profile(4 layers and a readout, error signal first/last 8, ×2 per layer)"
    assert repr(profile) == text


def test_root_mean_square_is_per_entry() -> None:
    assert close(made([1, 1], activation=[6.0, 2.0]).rms, 3.0, 1.0)


@pytest.mark.parametrize(
    ("activation", "error", "found"),
    [([1, 1, 1], [1, 1, 1], None), ([1, math.inf, math.inf], [math.inf] * 3, ("forward", 1)),
     ([1, 1, 1], [math.inf, math.inf, 1], ("backward", 1)), ([1, 1, 1], [math.nan, 1, 1], None)],
)  # fmt: skip
def test_first_non_finite_follows_the_passes(activation: Any, error: Any, found: Any) -> None:
    assert made(error, activation=activation).first_non_finite == found


def test_first_non_finite_looks_at_weight_gradients_too() -> None:
    profile = made([1, 1, 1], weight_gradient=[1, math.inf, 1])
    assert profile.first_non_finite == ("backward", 1)


@pytest.mark.parametrize(
    ("activation", "growth", "size_of_x"), [("tanh", 0.3, 1.0), ("relu", 0.212, 1e30)]
)
def test_growth_is_told_of_an_error_signal_that_fell_to_zero(
    activation: str, growth: float, size_of_x: float
) -> None:
    found = []
    for seed in range(5):
        net = DeepNet(100, scale=0.3, activation=activation, generator=generator(seed))
        with watch(net) as seen:
            net(size_of_x * rows(64, 64, seed=seed)).sum().backward()
        profile = seen.profile
        assert profile.ratio == 0
        found.append(profile.growth)
    assert np.median(found) == pytest.approx(growth, rel=0.03)


def test_growth_is_unknown_where_the_error_signal_fell_to_zero_at_once() -> None:
    profile = made([0.0, 0.0, 1.0, 1.0])
    assert (profile.ratio, math.isnan(profile.growth)) == (0, True)
    assert repr(profile) == "Profile(3 layers and a readout, error signal first/last 0)"


def test_a_profile_of_one_layer_has_growth_one() -> None:
    assert made([3.0]).growth == 1


@pytest.fixture(autouse=True)
def fixed_layers() -> Iterator[None]:
    """Layers that tests make with torch's own initialisation are the same in every run."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield
