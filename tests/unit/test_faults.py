"""Ten planted faults, each named right, and healthy nets of many kinds that are called healthy."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from gradcourse import (
    DeepNet,
    Diagnosis,
    RecurrentNet,
    diagnose,
    digits,
    fit,
    generator,
    growth_per_layer,
    watch,
)

ROOT2 = math.sqrt(2)
DATA = digits()
SEEDS = [0, 1, 2]
Fill = Callable[[Tensor], Any]


def drawn(net: nn.Module, seed: int, fill: Fill | None = None) -> Any:
    """The net with weights from `fill`, or He's, and biases of 0."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name, p in net.named_parameters():
            if p.ndim < 2:
                nn.init.constant_(p, float("norm" in name and "weight" in name))
            else:
                (fill or nn.init.kaiming_normal_)(p)
    return net


def stack(depth: int = 12, activation: type[nn.Module] = nn.ReLU, out: int = 10) -> nn.Sequential:
    """Linear layers 0, 2, 4, … of 64 units and a readout."""
    hidden = [part for _ in range(depth) for part in (nn.Linear(64, 64), activation())]
    return nn.Sequential(*hidden, nn.Linear(64, out))


class ConvNet(nn.Module):
    """Convolutions of 16 channels that wrap round, and a readout; it returns a dict."""

    def __init__(self, depth: int = 12, activation: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(16 if i else 1, 16, 3, padding=1, padding_mode="circular")
            for i in range(depth)
        )
        self.act, self.head = activation(), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        h = x.reshape(-1, 1, 8, 8)
        for conv in self.convs:
            h = self.act(conv(h))
        return {"logits": self.head(h.mean((2, 3)))}


def batch(seed: int = 0, size: int = 64) -> tuple[Tensor, Tensor]:
    rows = torch.randint(len(DATA.x), (size,), generator=generator(seed))
    return DATA.x[rows], DATA.y[rows]


def probe(net: nn.Module, x: Tensor, y: Tensor) -> Diagnosis:
    """The diagnosis of a classifier on one batch."""

    def loss() -> Tensor:
        out = net(x)
        return F.cross_entropy((out["logits"] if isinstance(out, dict) else out).float(), y)

    return diagnose(net, loss)


def named(found: Diagnosis, verdict: str, way: str, layer: str, dtype: str = "float32") -> bool:
    """Compares all that says where; the text must hold the layer and the format as well."""
    assert (found.verdict, found.way, found.layer, found.dtype) == (verdict, way, layer, dtype)
    assert layer in found.where
    return True


def normal(scale: float) -> Fill:
    """Gaussian weights of variance scale² / fan_in."""
    return lambda w: nn.init.normal_(w, std=scale / w[0].numel() ** 0.5)


# ---------------------------------------------------------------------------- scale, squashing


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["DeepNet", "stack", "conv"])
@pytest.mark.parametrize(
    ("scale", "verdict", "keyword"),
    [(3.0, "exploding", "multiply the weights"), (0.7, "vanishing", "multiply the weights")],
)
def test_a_bad_scale(scale: float, verdict: str, keyword: str, kind: str, seed: int) -> None:
    net: nn.Module
    if kind == "DeepNet":
        net = DeepNet(12, scale=scale, generator=generator(seed))
    else:
        net = drawn(stack() if kind == "stack" else ConvNet(), seed, normal(scale))
    found = probe(net, *batch(seed))
    growth = scale / ROOT2
    assert found.growth == pytest.approx(growth, rel=0.25 if kind == "conv" else 0.12)
    steps = math.log(100) / abs(math.log(growth))  # layers on the way back until the bound
    name = {"DeepNet": "layers.{}", "stack": "{}", "conv": "convs.{}"}[kind]
    first, stride = {"DeepNet": (1, 1), "stack": (0, 2), "conv": (0, 1)}[kind]
    near = range(round(11 - 1.5 * steps) - 1, round(11 - steps / 1.5) + 2)
    assert found.layer in [name.format(first + stride * i) for i in near]
    assert named(found, verdict, "backward", found.layer)
    assert keyword in found.advice
    factor = float(found.advice.split("layers by ")[1].split(",")[0])
    assert factor == pytest.approx(1 / growth, rel=0.3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["DeepNet", "stack", "conv"])
def test_a_stack_of_sigmoids(kind: str, seed: int) -> None:
    theory = growth_per_layer(scale=1.0, activation="sigmoid")
    net: nn.Module
    if kind == "DeepNet":
        net = DeepNet(12, scale=1.0, activation="sigmoid", generator=generator(seed))
    else:
        net = stack(activation=nn.Sigmoid) if kind == "stack" else ConvNet(activation=nn.Sigmoid)
        net = drawn(net, seed, normal(1.0))
    found = probe(net, *batch(seed))
    assert (found.verdict, found.way, found.dtype) == ("vanishing", "backward", "float32")
    assert found.growth == pytest.approx(theory, rel=0.2)
    last = {"DeepNet": ["layers.8"], "stack": ["14"], "conv": ["convs.7", "convs.8"]}[kind]
    assert found.layer in last  # 0.24³ is above 1/100 still, and 0.24⁴ below
    assert "another activation" in found.advice


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [5, 10])
def test_weights_between_09_and_11(depth: int, seed: int) -> None:
    net = drawn(stack(depth), seed, lambda w: nn.init.uniform_(w, 0.9, 1.1))
    nn.init.normal_(net[-1].weight, std=1 / 8, generator=generator(seed))
    x, target = torch.rand(32, 64, generator=generator(seed)), torch.ones(32, 10)
    found = diagnose(net, lambda: F.mse_loss(net(x), target))
    assert (found.verdict, found.way) == ("exploding", "backward")
    assert 64**0.6 < found.growth < 64 * 1.05  # all units on: W ≈ 1·1ᵀ multiplies by the width
    assert "mean 0" in found.advice


def test_weights_between_09_and_11_in_a_conv_net_and_until_overflow() -> None:
    for depth, verdict, way in ((8, "exploding", "backward"), (30, "non-finite", "forward")):
        net = drawn(ConvNet(depth), 0, lambda w: nn.init.uniform_(w, 0.9, 1.1))
        nn.init.normal_(net.head.weight, std=1 / 4, generator=generator(0))
        found = probe(net, *batch())
        assert (found.verdict, found.way) == (verdict, way)
        assert "mean 0" in found.advice


# ---------------------------------------------------------------------------- dead units


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["DeepNet", "stack", "conv"])
@pytest.mark.parametrize("alive", [0, 2])
def test_dead_units(kind: str, alive: int, seed: int) -> None:
    net: Any
    if kind == "DeepNet":
        net, name = DeepNet(8, scale=ROOT2, generator=generator(seed)), "layers.4"
        bias = next(p for p in net.layers[3].parameters() if p.ndim < 2)
    else:
        net = drawn(stack(8) if kind == "stack" else ConvNet(8), seed)
        name = "6" if kind == "stack" else "convs.3"
        bias = net.get_submodule(name).bias
    with torch.no_grad():
        bias[alive if kind != "conv" or not alive else 1 :] = -1e4
    found = probe(net, *batch(seed))
    assert named(found, "dead", "forward", name)
    assert "leaky ReLU" in found.advice
    assert math.isnan(found.growth) == (alive == 0)


# ---------------------------------------------------------------------------- recurrent nets


class ByHand(nn.Module):
    """An RNN cell in a loop."""

    def __init__(self, scale: float, seed: int) -> None:
        super().__init__()
        self.cell, self.head = nn.RNNCell(6, 50, nonlinearity="relu"), nn.Linear(50, 4)
        drawn(self, seed, normal(1.0))
        nn.init.eye_(self.cell.weight_hh).data.mul_(scale)

    def forward(self, x: Tensor) -> Tensor:
        h = None
        for step in x.unbind(1):
            h = self.cell(step, h)
        out: Tensor = self.head(h)
        return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["RecurrentNet", "two layers", "cell"])
def test_an_exploding_rnn(kind: str, seed: int) -> None:
    net: nn.Module
    if kind == "RecurrentNet":
        net, name = RecurrentNet(
            6, out_features=4, scale=1.5, init="orthogonal", generator=generator(seed)
        ), "rnn"  # fmt: skip
    elif kind == "cell":
        net, name = ByHand(1.5, seed), "cell"
    else:
        net, name = drawn(Reader(), seed, normal(1.0)), "rnn"
        for layer, scale in ((0, 1.5), (1, 1.0)):
            weight = net.get_parameter(f"rnn.weight_hh_l{layer}")
            nn.init.orthogonal_(weight, scale, generator=generator(seed))
    x = 1e-6 * torch.randn(16, 25, 6, generator=generator(seed))  # so small that tanh is linear
    y = torch.randint(4, (16,), generator=generator(seed))
    found = diagnose(net, lambda: F.cross_entropy(net(x), y))
    if kind != "cell":  # relu is linear for those that are on: a cell's gradient is seed's luck
        assert found.growth == pytest.approx(1.5, rel=0.03 if kind == "RecurrentNet" else 0.15)
    assert found.layer.startswith(f"{name}#")
    assert named(found, "exploding", "backward", found.layer)
    assert found.per == "time step"
    assert "time steps before the last" in found.where
    assert "clip" in found.advice
    if kind == "RecurrentNet":  # 1.5¹¹ is below 100 still, and 1.5¹² above
        assert found.layer == f"rnn#{25 - 12}"


class Reader(nn.Module):
    """An RNN of two layers that reads, and a readout of its last output."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.RNN(6, 50, 2, batch_first=True), nn.Linear(50, 4)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.rnn(x)[0][:, -1])
        return out


@pytest.mark.parametrize("seed", SEEDS)
def test_sickness_in_time_is_told_where_the_depth_is_healthy(seed: int) -> None:
    class Deep(Reader):
        def __init__(self) -> None:
            super().__init__()
            self.inp = nn.Linear(6, 6)

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(self.inp(x))

    net = drawn(Deep(), seed, normal(1.0))
    for layer in (0, 1):
        weight = net.get_parameter(f"rnn.weight_hh_l{layer}")
        nn.init.orthogonal_(weight, 0.3, generator=generator(seed))
    x = 1e-3 * torch.randn(16, 25, 6, generator=generator(seed))  # inp learns from the last steps
    y = torch.randint(4, (16,), generator=generator(seed))
    found = diagnose(net, lambda: F.cross_entropy(net(x), y))
    assert (found.verdict, found.way, found.per) == ("vanishing", "backward", "time step")
    assert found.growth == pytest.approx(0.3, rel=0.15)
    assert "longer memory" in found.advice


# ---------------------------------------------------------------------------- learning rate


def trained(net: nn.Module, lr: float, seed: int, steps: int = 12) -> Diagnosis:
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    with watch(net, optimizer=optimizer) as seen:
        for step in range(steps):
            x, y = batch(100 * seed + step)
            optimizer.zero_grad()
            out = net(x)
            F.cross_entropy(out["logits"] if isinstance(out, dict) else out, y).backward()
            optimizer.step()
    return diagnose(seen)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["DeepNet", "stack", "conv"])
@pytest.mark.parametrize("lr", [0.01, 30.0])
def test_a_learning_rate_too_high_in_a_loop_of_ones_own(lr: float, kind: str, seed: int) -> None:
    net: nn.Module
    if kind == "DeepNet":
        net = DeepNet(5, scale=ROOT2, generator=generator(seed))
    else:
        net = drawn(stack(5) if kind == "stack" else ConvNet(5), seed)
    found = trained(net, lr, seed)
    if lr < 1:
        assert found.verdict == "healthy"
        return
    assert (found.verdict, found.way) == ("unstable", "update")
    assert "lower the learning rate" in found.advice
    assert "healthy" in found.where or "single updates" in found.where


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["DeepNet", "stack"])
@pytest.mark.parametrize("lr", [0.01, 30.0])
def test_a_learning_rate_too_high_in_fit(lr: float, kind: str, seed: int) -> None:
    net: nn.Module = DeepNet(5, scale=ROOT2, generator=generator(seed))
    net = net if kind == "DeepNet" else drawn(stack(5), seed)
    history = fit(
        net, DATA.x, DATA.y, optimizer=torch.optim.SGD(net.parameters(), lr=lr), steps=12,
        generator=generator(seed), record_every=1,
    )  # fmt: skip
    found = diagnose(history)
    assert (found.verdict, found.way) == (("healthy", "") if lr < 1 else ("unstable", "update"))
    assert ("lower the learning rate" in found.advice) == (lr > 1)


# ---------------------------------------------------------------------------- NaN, overflow, cut


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", ["DeepNet", "conv", "loop", "history"])
def test_data_that_are_not_finite(kind: str, bad: float) -> None:
    x, y = batch()
    x[5, 3] = bad
    net: nn.Module = ConvNet(5) if kind == "conv" else DeepNet(5, scale=ROOT2)
    if kind == "loop":
        with watch(net) as seen:
            F.cross_entropy(net(batch()[0]), y).backward()
            F.cross_entropy(net(x), y).backward()
        found = diagnose(seen)
        assert found.where.startswith("step 1: ")
    elif kind == "history":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        found = diagnose(
            fit(net, x, y, optimizer=optimizer, steps=3, generator=generator(0), record_every=1)
        )
    else:
        found = probe(net, x, y)
    assert named(found, "non-finite", "data", "")
    assert "clean or drop" in found.advice


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["half", "autocast", "conv"])
def test_overflow_of_half_precision(kind: str, seed: int) -> None:
    x, y = batch(seed, 8)
    net = drawn(ConvNet() if kind == "conv" else stack(), seed, normal(6.0))
    assert probe(copy.deepcopy(net), x, y).verdict == "exploding"  # float32 holds it
    if kind == "autocast":

        def loss() -> Tensor:
            with torch.autocast("cpu", torch.float16):
                out = net(x)
            return F.cross_entropy(out.float(), y)

        found = diagnose(net, loss)
    else:
        found = probe(net.half(), x.half(), y)
    stride, name = (1, "convs.{}") if kind == "conv" else (2, "{}")
    steps = math.log(65504 / 5) / math.log(6 / ROOT2)  # the largest entry is some 5 times the rms
    assert found.layer in [name.format(stride * i) for i in range(int(steps) - 1, int(steps) + 3)]
    assert named(found, "non-finite", "forward", found.layer, "float16")
    assert "bfloat16" in found.advice
    assert "6.6e+04" in found.where


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize("with_optimizer", [True, False])
def test_an_overflow_is_no_update_in_a_loop_that_runs_on_until_the_weights_are_nan(
    with_optimizer: bool, dtype: torch.dtype
) -> None:
    net = drawn(stack(12 if dtype == torch.float16 else 50), 0, normal(12.0)).to(dtype)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x, y = batch(size=8)
    with watch(net, optimizer=optimizer if with_optimizer else None) as seen:
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(net(x.to(dtype)).float(), y).backward()
            optimizer.step()
    assert any(p.isnan().any() for p in net.parameters())
    found = diagnose(seen)
    assert (found.verdict, found.way) == ("non-finite", "forward")
    assert found.where.startswith("step 0: the forward pass leaves the range of float")
    assert ("bfloat16" in found.advice) == (dtype == torch.float16)


def test_weights_that_were_nan_from_the_start_are_named() -> None:
    net = drawn(stack(4), 0)
    nn.init.constant_(net.get_parameter("4.weight"), math.nan)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    with watch(net, optimizer=optimizer) as seen:
        net(batch()[0]).sum().backward()
        optimizer.step()
    assert named(diagnose(seen), "non-finite", "update", "4")
    assert "the weights 4 hold inf or NaN" in diagnose(seen.profile).where


@pytest.mark.parametrize("how", ["detach", "data", "numpy", "no_grad"])
@pytest.mark.parametrize("kind", ["stack", "rnn"])
def test_a_gradient_that_is_cut(how: str, kind: str) -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a: nn.Module = stack(3, out=64) if kind == "stack" else nn.GRU(64, 64)
            self.b = stack(3)

        def forward(self, x: Tensor) -> Tensor:
            with torch.set_grad_enabled(how != "no_grad"):
                h = self.a(x) if kind == "stack" else self.a(x[None])[0][0]
            if how == "numpy":
                h = torch.from_numpy(h.detach().numpy())
            out: Tensor = self.b({"detach": h.detach(), "data": h.data}.get(how, h))
            return out

    found = probe(drawn(Cut(), 0), *batch())
    assert named(found, "cut", "backward", "a.6" if kind == "stack" else "a")
    assert "detach()" in found.advice
    if kind == "stack":
        assert "a.0 … a.6 (4 in all)" in found.where


@pytest.mark.parametrize("make", [lambda o: o.argmax(1).float().mean(), lambda o: o.detach().sum()])
def test_a_loss_that_is_cut_from_the_model(make: Callable[[Tensor], Tensor]) -> None:
    net = stack(3)
    found = diagnose(net, lambda: make(net(batch()[0])))
    assert (found.verdict, found.way) == ("cut", "backward")
    assert "argmax" in found.advice


# ---------------------------------------------------------------------------- healthy nets


class Encoder(nn.Module):
    """A transformer that reads the eight rows of a picture."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, **options)
        self.embed, self.head = nn.Linear(8, 32), nn.Linear(32, 10)
        self.body = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, None]:
        h = self.body(self.embed(x.reshape(-1, 8, 8)), mask=mask)
        return self.head(h.mean(1)), None


class Residual(nn.Module):
    """Eight branches that start at 0: by their last weight, or by a factor."""

    def __init__(self, zero: str) -> None:
        super().__init__()
        self.inp, self.out = nn.Linear(64, 64), nn.Linear(64, 10)
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64)) for _ in range(8)
        )
        self.factor = nn.Parameter(torch.ones(8))
        drawn(self, 0)
        if zero == "weight":
            for branch in self.branches:
                nn.init.zeros_(branch.get_parameter("2.weight"))
        nn.init.constant_(self.factor, float(zero == "weight"))

    def forward(self, x: Tensor) -> Tensor:
        x = self.inp(x)
        for branch, factor in zip(self.branches, self.factor, strict=True):
            x = x + factor * branch(x)
        out: Tensor = self.out(x)
        return out


class Tied(nn.Module):
    """One layer used ten times, orthogonal so that it neither grows nor shrinks."""

    def __init__(self) -> None:
        super().__init__()
        self.inp, self.again, self.out = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 10)
        nn.init.orthogonal_(self.again.weight, generator=generator(0))

    def forward(self, x: Tensor) -> Tensor:
        u, h = 0.1 * self.inp(x), torch.zeros(len(x), 64)
        for _ in range(10):
            h = torch.tanh(self.again(h) + u)
        out: Tensor = self.out(h)
        return out


class Checkpointed(nn.Module):
    """Blocks that backward runs a second time."""

    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.inp, self.out, self.reentrant = nn.Linear(64, 64), nn.Linear(64, 10), reentrant
        self.blocks = nn.ModuleList(stack(2, out=64) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.inp(x)
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=self.reentrant)
        out: Tensor = self.out(x)
        return out


def frozen() -> nn.Module:
    net = drawn(stack(), 0)
    net[:10].requires_grad_(False)
    return net  # type: ignore[no-any-return]


HEALTHY: dict[str, Callable[[], nn.Module]] = {
    "he": lambda: drawn(stack(), 0),
    "shallow": lambda: drawn(stack(2), 0),
    "conv, a dict": lambda: drawn(ConvNet(), 0),
    "zero-initialised branches": lambda: Residual("weight"),
    "branches behind a factor of 0": lambda: Residual("factor"),
    "weight-tied depth": Tied,
    "checkpointed": lambda: drawn(Checkpointed(False), 0),
    "checkpointed, reentrant": lambda: drawn(Checkpointed(True), 0),
    "frozen first layers": frozen,
    "eval mode": lambda: drawn(stack(), 0).eval(),
}


@pytest.mark.parametrize("kind", HEALTHY)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_healthy_net(kind: str, seed: int) -> None:
    found = probe(HEALTHY[kind](), *batch(seed))
    assert (found.verdict, found.way, found.layer) == ("healthy", "", "")
    assert "no error signal came" not in found.where
    assert (0.2 if kind == "weight-tied depth" else 0.6) < found.growth < 1.6


@pytest.mark.parametrize("options", [{}, {"norm_first": True}, {"dropout": 0.5}], ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_a_healthy_transformer(masked: bool, options: dict[str, Any]) -> None:
    net, (x, y) = Encoder(**options), batch()
    mask = nn.Transformer.generate_square_subsequent_mask(8) if masked else None  # holds -inf
    found = diagnose(net, lambda: F.cross_entropy(net(x, mask)[0], y))
    assert found.verdict == "healthy"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("kind", ["stack", "conv"])
def test_a_healthy_net_in_another_format(kind: str, dtype: torch.dtype) -> None:
    net = drawn(stack() if kind == "stack" else ConvNet(6), 0).to(dtype)
    x, y = batch(size=8)
    assert probe(net, x.to(dtype), y).verdict == "healthy"


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_a_healthy_language_model_with_a_tied_embedding(kind: Any) -> None:
    class Language(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.rnn = nn.Embedding(20, 32), kind(32, 32, 2, batch_first=True)
            self.head = nn.Linear(32, 20)
            self.head.weight = self.embed.weight

        def forward(self, ids: Tensor) -> Tensor:
            out: Tensor = self.head(self.rnn(self.embed(ids))[0])
            return out

    net, ids = Language(), torch.randint(20, (8, 15), generator=generator(0))
    found = diagnose(
        net, lambda: F.cross_entropy(net(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
    )
    assert found.verdict == "healthy"


def test_two_models_that_play_against_each_other() -> None:
    made, judge = drawn(stack(3, out=64), 0), drawn(stack(3, nn.LeakyReLU, 1), 1)
    z, x = torch.randn(32, 64, generator=generator(0)), batch(0, 32)[0]
    found = diagnose(made, lambda: F.softplus(-judge(made(z))).mean())
    assert found.verdict == "healthy"
    assert all(p.grad is None for p in judge.parameters())

    def loss() -> Tensor:
        real, fake = judge(x), judge(made(z).detach())
        return (F.softplus(-real) + F.softplus(fake)).mean()

    assert diagnose(judge, loss).verdict == "healthy"


@pytest.mark.parametrize("parts", [1, 4])
def test_a_healthy_run_that_accumulates_gradients(parts: int) -> None:
    net = drawn(stack(5), 0)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    with watch(net, optimizer=optimizer, units=True) as seen:
        for step in range(4):
            optimizer.zero_grad()
            for part in range(parts):
                x, y = batch(parts * step + part)
                F.cross_entropy(net(x), y).div(parts).backward()
            optimizer.step()
    assert len(seen.profiles) == 4
    assert diagnose(seen).verdict == "healthy"


def test_a_first_step_that_a_scaler_drops_does_no_harm() -> None:
    net = drawn(stack(5), 0)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    with watch(net, optimizer=optimizer) as seen:
        for scale in (1e38, 1.0, 1.0, 1.0):
            optimizer.zero_grad()
            x, y = batch()
            (F.cross_entropy(net(x), y) * scale * scale).backward()
            finite = all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())
            if finite:
                optimizer.step()
    assert diagnose(seen).verdict == "healthy"
    assert np.isfinite(seen.profile.error).all()
