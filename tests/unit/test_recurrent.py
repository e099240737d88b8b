"""`RecurrentNet` against its formulas, and unrolling against torch's fused modules."""

import copy
import math
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_sequence

from gradcourse import RecurrentNet, diagnose, generator, watch
from gradcourse.layers import float_tensors
from gradcourse.unroll import unrolled

CELLS = ["rnn", "lstm", "gru"]
KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed))


def net(cell: str = "rnn", seed: int = 0, **dials: Any) -> RecurrentNet:
    dials = {"width": 24, "out_features": 3, "cell": cell, "generator": generator(seed), **dials}
    return RecurrentNet(5, **dials)


def blocks(model: RecurrentNet) -> list[Tensor]:
    """The square recurrent weight of each gate."""
    return list(model.get_parameter("rnn.weight_hh_l0").detach().split(model.rnn.hidden_size))


def radius(w: Tensor) -> float:
    return float(torch.linalg.eigvals(w).abs().max())


# ---------------------------------------------------------------------------- draws


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
def test_each_init_has_its_spectrum(cell: str, scale: float) -> None:
    assert len(blocks(net(cell))) == {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    for w in blocks(net(cell, init="radius", scale=scale)):
        assert radius(w) == pytest.approx(scale, rel=1e-4)
    for w in blocks(net(cell, init="orthogonal", scale=scale)):
        np.testing.assert_allclose(torch.linalg.svdvals(w), scale, rtol=1e-5)
    for w in blocks(net(cell, init="torch", scale=scale)):
        bound = scale / math.sqrt(24)
        assert 0.98 * bound < w.abs().max() <= bound
        assert w.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)


def test_gaussian_has_a_radius_of_about_its_scale_and_a_gain_of_twice_that() -> None:
    draws = [blocks(net(width=150, seed=s, scale=0.8))[0] for s in range(7)]
    assert np.median([radius(w) for w in draws]) == pytest.approx(0.8, rel=0.08)
    gains = [torch.linalg.matrix_norm(w, 2).item() for w in draws]
    assert np.median(gains) == pytest.approx(1.6, rel=0.05)
    assert draws[0].std() == pytest.approx(0.8 / math.sqrt(150), rel=0.02)


def test_radius_is_the_gaussian_draw_with_another_factor() -> None:
    one, other = blocks(net())[0], blocks(net(init="radius"))[0]
    np.testing.assert_allclose(one / radius(one), other, rtol=1e-4, atol=1e-6)


def test_input_weights_and_readout_keep_their_scale_and_biases_are_zero() -> None:
    model = net(width=400, scale=3.0)
    weight = model.get_parameter("rnn.weight_ih_l0")
    assert weight.std().item() == pytest.approx(5**-0.5, rel=0.05)
    assert model.readout.weight.std().item() == pytest.approx(400**-0.5, rel=0.05)
    assert not any(p.any() for name, p in model.named_parameters() if "bias" in name)


@pytest.mark.parametrize("cell", CELLS)
def test_one_seed_tells_one_story(cell: str) -> None:
    before = torch.get_rng_state()
    a, b, c = (net(cell, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not torch.equal(a["rnn.weight_hh_l0"], c["rnn.weight_hh_l0"])
    other = net(cell, 1, scale=2.0, forget_bias=3.0, init="orthogonal").state_dict()
    for same in ("readout.weight", "rnn.weight_ih_l0"):
        assert torch.equal(a[same], other[same])


def test_without_a_generator_torchs_own_is_used() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        a, b = RecurrentNet(2), RecurrentNet(2)
    assert not torch.equal(blocks(a)[0], blocks(b)[0])


# ---------------------------------------------------------------------------- the formulas


def by_hand(model: RecurrentNet, x: Tensor) -> Tensor:
    """Outputs from the equations in the documentation of nn.RNN, nn.LSTM and nn.GRU."""
    p = {k.removeprefix("rnn.").removesuffix("_l0"): v for k, v in model.named_parameters()}
    h = c = torch.zeros(len(x), model.rnn.hidden_size, dtype=x.dtype)
    for step in x.unbind(1):
        from_input = step @ p["weight_ih"].T + p["bias_ih"]
        from_state = h @ p["weight_hh"].T + p["bias_hh"]
        if model.cell == "rnn":
            h = torch.tanh(from_input + from_state)
        elif model.cell == "lstm":
            i, f, g, o = (from_input + from_state).chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        else:
            (r, z, n), (hr, hz, hn) = from_input.chunk(3, dim=1), from_state.chunk(3, dim=1)
            r, z = (r + hr).sigmoid(), (z + hz).sigmoid()
            h = (1 - z) * (n + r * hn).tanh() + z * h
    return h @ p["readout.weight"].T + p["readout.bias"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("forget_bias", [0.0, 1.5])
def test_outputs_are_those_of_the_equations(cell: str, forget_bias: float) -> None:
    model = net(cell, scale=1.3, forget_bias=forget_bias).double()
    x = rows(7, 9, 5).double()
    np.testing.assert_allclose(model(x).detach(), by_hand(model, x).detach(), rtol=1e-9)


def test_a_huge_forget_bias_keeps_the_state() -> None:
    x = rows(4, 30, 5)
    for cell in ("lstm", "gru"):
        kept = net(cell, forget_bias=1e3)
        start = rows(1, 4, 24, seed=1).tanh()
        if cell == "gru":
            _, end = kept.rnn(x, start)
            torch.testing.assert_close(end, start)
        else:  # c is kept and added to: it changes by what the input gate lets in
            _, (_, c) = kept.rnn(x[:, :1], (torch.zeros_like(start), 100 * start))
            assert (c - 100 * start).abs().max() < 1
        forgets = net(cell, forget_bias=-1e3)
        state = start if cell == "gru" else (torch.zeros_like(start), 100 * start)
        _, end = forgets.rnn(x[:, :1], state)
        assert (end if cell == "gru" else end[1]).abs().max() <= 1
    assert torch.equal(net("rnn", forget_bias=9.0)(x), net("rnn")(x))


# ---------------------------------------------------------------------------- dials


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("init", ["gaussian", "radius", "orthogonal", "torch"])
def test_at_is_the_net_built_there_from_the_same_seed(cell: str, init: str) -> None:
    before = torch.get_rng_state()
    moved = net(cell, init=init).at(scale=2.5, forget_bias=1.0)
    there = net(cell, init=init, scale=2.5, forget_bias=1.0)
    assert torch.equal(torch.get_rng_state(), before)
    for name, value in there.state_dict().items():
        assert torch.equal(moved.state_dict()[name], value), name
    assert (moved.scale, moved.forget_bias, moved.cell) == (2.5, 1.0, cell)
    back = moved.at(scale=1.0)
    assert torch.equal(blocks(back)[0], blocks(net(cell, init=init))[0])
    assert back.forget_bias == 1.0


def test_at_keeps_what_training_changed_and_shares_no_memory() -> None:
    model = net()
    with torch.no_grad():
        model.readout.bias.fill_(7)
        model.get_parameter("rnn.weight_hh_l0").fill_(9)
    moved = model.at(scale=1.0)
    assert moved.readout.bias.tolist() == [7.0] * 3
    assert torch.equal(blocks(moved)[0], blocks(net())[0])
    with torch.no_grad():
        moved.readout.bias.zero_()
    assert model.readout.bias.tolist() == [7.0] * 3


def test_follows_its_dtype_and_device(device: torch.device) -> None:
    model = net("lstm").to(device, torch.float64)
    x = rows(2, 4, 5).to(device, torch.float64)
    assert model.at(scale=2.0)(x).dtype == torch.float64
    assert model.at(scale=2.0)(x).device.type == device.type
    np.testing.assert_allclose(
        model(x).detach().cpu(), net("lstm").double()(x.cpu()).detach(), rtol=1e-6
    )


def test_the_draw_is_not_stored_with_the_weights() -> None:
    assert "draw" not in net().state_dict()


@pytest.mark.parametrize("size", ["width", "in_features", "out_features"])
@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan])
def test_sizes_must_be_whole_numbers_above_zero(size: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{size} must be a whole number of at least 1, got"):
        RecurrentNet(**{"in_features": 5, size: value})


def test_other_dials_are_refused_with_what_is_needed() -> None:
    with pytest.raises(ValueError, match=r"scale must be a finite number above 0, got -1\.0"):
        net(scale=-1.0)
    with pytest.raises(ValueError, match="cell must be one of rnn, lstm, gru; got 'elman'"):
        net("elman")
    with pytest.raises(ValueError, match="init must be one of gaussian, radius, orthogonal, torch"):
        net(init="he")
    with pytest.raises(ValueError, match=r"scale must be a finite number above 0, got 0\.0"):
        net().at(scale=0.0)


# ---------------------------------------------------------------------------- unrolling


def module(cell: str, **options: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return KINDS[cell](4, 6, **options).double()


def loss(result: Any) -> Tensor:
    """A number that depends on every entry of every output."""
    parts = list(float_tensors(result))
    return torch.stack(
        [(p * rows(*p.shape, seed=i).to(p)).sum() for i, p in enumerate(parts)]
    ).sum()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("shape", ["time first", "batch first", "unbatched"])
@pytest.mark.parametrize("given", [False, True])
def test_an_unrolled_module_gives_what_the_fused_one_gives(
    cell: str, layers: int, shape: str, given: bool, device: torch.device
) -> None:
    layer = module(cell, num_layers=layers, batch_first=shape != "time first").to(device)
    batch = () if shape == "unbatched" else (3,)
    x = rows(*{"time first": (5, 3, 4), "batch first": (3, 5, 4), "unbatched": (5, 4)}[shape])
    state: Any = [rows(layers, *batch, 6, seed=i) for i in (1, 2)]
    found = []
    for unroll in (False, True):
        leaves = [t.detach().to(device, torch.float64).requires_grad_() for t in [x, *state]]
        hx: Any = tuple(leaves[1:]) if cell == "lstm" else leaves[1]
        seen: list[list[Tensor]] = []
        with unrolled(layer, seen.append) if unroll else nullcontext():
            result = layer(leaves[0], hx) if given else layer(input=leaves[0])
        layer.zero_grad()
        loss(result).backward()
        gradients = [p.grad for p in [*layer.parameters(), *leaves]]
        found.append([*float_tensors(result), *gradients])
        assert len(seen) == (5 if unroll else 0)
        assert all(len(states) == 1 + (cell == "lstm") for states in seen)
    for fused, stepwise in zip(*found, strict=True):
        assert (fused is None) == (stepwise is None)
        if fused is not None:
            torch.testing.assert_close(stepwise, fused, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("read", ["last", "every"])
def test_the_error_of_each_time_step_is_that_of_autograd_by_hand(cell: str, read: str) -> None:
    layer, x = module(cell), rows(5, 3, 4).double()

    def answer(outputs: Tensor) -> Tensor:
        return (outputs[-1] if read == "last" else outputs).square().sum()

    with watch(layer) as seen:
        answer(layer(x)[0]).backward()
    one = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[cell](4, 6).double()
    one.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    state: Any = None
    states: list[tuple[Tensor, ...]] = []
    for step in x:
        state = one(step, state)
        if cell == "lstm":  # a c of its own, on which h does not hang: ∂L/∂c at a given h
            state = (state[0], state[1].clone())
        states.append(state if cell == "lstm" else (state,))
        for part in states[-1]:
            part.retain_grad()
    answer(torch.stack([s[0] for s in states])).backward()
    gradients = [[p.grad for p in s if p.grad is not None] for s in states]
    expected = [math.sqrt(sum(g.square().sum().item() for g in parts)) for parts in gradients]
    name = type(layer).__name__
    assert seen.profile.layers == (name, *(f"{name}#{t}" for t in range(2, 6)))
    np.testing.assert_allclose(seen.profile.error, expected, rtol=1e-9)
    sizes = [math.sqrt(sum(p.detach().square().sum().item() for p in s)) for s in states]
    np.testing.assert_allclose(seen.profile.activation, sizes, rtol=1e-9)
    assert seen.profile.size.tolist() == [18 * (1 + (cell == "lstm"))] * 5


class Odd(nn.LSTM):
    """An LSTM whose forward wants something else."""

    def forward(self, x: Tensor, factor: float) -> Any:  # type: ignore[override]
        return super().forward(x * factor)


@pytest.mark.parametrize("kind", ["packed", "bidirectional", "own forward", "patched"])
def test_what_cannot_be_unrolled_runs_untouched_and_has_one_row(kind: str) -> None:
    layer: Any = Odd(4, 6) if kind == "own forward" else nn.LSTM(4, 6, bidirectional=kind[0] == "b")
    if kind == "patched":
        layer.forward = lambda x: nn.LSTM.forward(layer, x)
    given: Any = [rows(5, 3, 4)] + [2.0] * (kind == "own forward")
    if kind == "packed":
        given = [pack_sequence([rows(3, 4), rows(2, 4)])]
    expected = layer(*given)
    loss(expected).backward()
    gradients = [p.grad.clone() for p in layer.parameters()]
    layer.zero_grad()
    with watch(layer) as seen:
        result = layer(*given)
        loss(result).backward()
    for a, b in zip(float_tensors(result), float_tensors(expected), strict=True):
        assert torch.equal(a, b)
    for p, gradient in zip(layer.parameters(), gradients, strict=True):
        assert torch.equal(p.grad, gradient)
    assert seen.profile.layers == (type(layer).__name__,)
    assert seen.profile.error[0] > 0
    size = math.sqrt(sum(t.detach().square().sum().item() for t in float_tensors(result)))
    assert seen.profile.activation[0] == pytest.approx(size)  # output and last state together


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_recurrent_module_that_is_read_through_its_last_state_has_an_error_signal(
    kind: Any, packed: bool
) -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inp, self.mid, self.out = nn.Linear(4, 4), nn.Linear(6, 6), nn.Linear(6, 2)
            self.rnn = kind(4, 6, bidirectional=not packed)

        def forward(self, x: Tensor) -> Tensor:
            h = self.inp(x)
            _, state = self.rnn(pack_sequence(list(h.unbind(1))) if packed else h)
            out: Tensor = self.out(
                torch.relu(self.mid((state[0] if kind is nn.LSTM else state)[0]))
            )
            return out

    model, x = Reader(), rows(7, 3, 4)
    found = diagnose(model, lambda: model(x).square().sum())
    assert found.verdict == "healthy"
    assert "no error signal came" not in found.where
    assert "through time, inside rnn, nothing was seen" in found.where


def test_under_no_grad_the_fused_module_runs() -> None:
    layer = module("gru")
    with watch(layer) as seen, torch.no_grad():
        layer(rows(5, 3, 4).double())
    assert seen.profiles == ()


def test_the_modules_own_forward_comes_back_after_any_end() -> None:
    layer, x = module("lstm"), rows(5, 3, 4).double()
    for error in (None, ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error) if error else nullcontext(), watch(layer):
            layer(x)
            assert "forward" in vars(layer)
            if error:
                raise error
        assert "forward" not in vars(layer)
    with pytest.raises(RuntimeError), watch(layer):
        layer(rows(5, 3, 99).double())
    assert "forward" not in vars(layer)


def test_nested_watches_each_see_every_time_step() -> None:
    layer, x = module("gru"), rows(5, 3, 4).double()
    with watch(layer) as outer:
        with watch(layer) as inner:
            layer(x)[0].sum().backward()
        assert "forward" in vars(layer)
    assert "forward" not in vars(layer)
    assert len(outer.profile.layers) == len(inner.profile.layers) == 5
    np.testing.assert_allclose(outer.profile.error, inner.profile.error)


def test_a_copy_made_in_the_block_has_its_own_weights_and_is_not_watched() -> None:
    model, x = net("lstm"), rows(3, 6, 5)
    with watch(model) as seen:
        copied = copy.deepcopy(model)
        with torch.no_grad():
            copied.get_parameter("rnn.weight_hh_l0").mul_(3)
        inside = copied(100 * x)
        model(x).sum().backward()
        inside.sum().backward()
    assert len(seen.profiles) == 1
    assert seen.profile.layers == ("rnn", *(f"rnn#{t}" for t in range(2, 7)), "readout")
    assert torch.equal(inside, copied(100 * x))
    assert not torch.allclose(inside, model(100 * x))


def test_watching_changes_no_result_of_training(device: torch.device) -> None:
    def run(watching: bool) -> list[Tensor]:
        model = net("lstm").to(device)
        x, y = rows(8, 12, 5).to(device), torch.arange(8, device=device) % 3
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with watch(model, optimizer=optimizer, units=True) if watching else nullcontext():
            for _ in range(3):
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
        return list(model.state_dict().values())

    for with_watch, without in zip(run(True), run(False), strict=True):
        torch.testing.assert_close(with_watch, without, rtol=1e-4, atol=1e-6)
