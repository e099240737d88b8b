"""`DeepNet`: the draw, the dials and the formulas."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradcourse import DeepNet, generator
from gradcourse.activations import ACTIVATIONS
from gradcourse.nets import INITS, NORMS, RESIDUALS, Init, Layer

RESIDUAL_CASES = [(r, n) for r in RESIDUALS for n in NORMS if (r, n) != ("pre-norm", "none")]


def layer(net: DeepNet, index: int) -> Layer:
    found = net.layers[index]
    assert isinstance(found, Layer)
    return found


@pytest.fixture
def x() -> Tensor:
    return torch.randn(5, 64, generator=generator(1))


# ---------------------------------------------------------------------------- the draw


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_weights_are_gaussian_with_variance_scale_squared_over_fan_in(
    seed: int, scale: float
) -> None:
    net = DeepNet(2, in_features=50, width=200, scale=scale, generator=generator(seed))
    for w in (layer(net, 0).weight, layer(net, 1).weight):
        entries = w.detach().double() * math.sqrt(w.shape[1]) / scale
        assert abs(entries.mean()) < 5 / math.sqrt(w.numel())
        assert entries.var().item() == pytest.approx(1, abs=5 * math.sqrt(2 / w.numel()))
        assert (entries**4).mean().item() == pytest.approx(3, abs=0.6)  # a uniform gives 1.8


@pytest.mark.parametrize(
    ("init", "variance"),
    [("lecun", 1 / 60), ("he", 2 / 60), ("xavier", 2 / 260), ("orthogonal", 1 / 200),
     ("torch", 1 / 180)],
)  # fmt: skip
def test_each_named_init_has_its_variance(init: str, variance: float) -> None:
    w = DeepNet(1, in_features=60, width=200, init=init, generator=generator(0)).layers[0].weight
    assert isinstance(w, Tensor)
    assert w.var().item() == pytest.approx(variance, rel=0.05)


def test_named_inits_are_those_of_torch() -> None:
    references: dict[str, Init] = {
        "lecun": lambda w, g: w.normal_(0, w.shape[1] ** -0.5, generator=g),
        "he": lambda w, g: w.normal_(0, math.sqrt(2 / w.shape[1]), generator=g),
        "xavier": lambda w, g: nn.init.xavier_normal_(w, generator=g),
        "orthogonal": lambda w, g: nn.init.orthogonal_(w, generator=g),
        "torch": lambda w, g: w.uniform_(-(w.shape[1] ** -0.5), w.shape[1] ** -0.5, generator=g),
    }
    for name, reference in references.items():
        ours = INITS[name](torch.empty(20, 30), generator(3))
        torch.testing.assert_close(ours, reference(torch.empty(20, 30), generator(3)))


def test_an_init_function_fills_the_weights() -> None:
    net = DeepNet(2, scale=3.0, init=lambda w, g: nn.init.constant_(w, 2.0))
    assert (layer(net, 1).weight == 6).all()


def test_orthogonal_keeps_every_singular_value_at_the_scale() -> None:
    net = DeepNet(2, width=64, init="orthogonal", scale=1.5, generator=generator(0))
    values = torch.linalg.svdvals(layer(net, 1).weight.detach())
    torch.testing.assert_close(values, torch.full((64,), 1.5))


def test_readout_keeps_scale_one_and_biases_are_zero() -> None:
    small, large = (DeepNet(3, scale=s, generator=generator(0)) for s in (0.5, 4.0))
    assert torch.equal(small.readout.weight, large.readout.weight)
    assert small.readout.weight.var().item() == pytest.approx(1 / 128, rel=0.2)
    biases = [p for name, p in small.named_parameters() if name.endswith("bias")]
    assert len(biases) == 4
    assert not any(b.any() for b in biases)


def test_one_seed_gives_one_net_and_another_seed_another() -> None:
    a, b, c = (DeepNet(3, generator=generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(layer(a, 2).weight, layer(b, 2).weight)
    assert not torch.equal(layer(a, 2).weight, layer(c, 2).weight)


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("norm", NORMS)
def test_construction_with_a_generator_leaves_torchs_own_alone(init: str, norm: str) -> None:
    before = torch.get_rng_state()
    DeepNet(3, width=16, init=init, norm=norm, generator=generator(0))
    assert torch.equal(torch.get_rng_state(), before)


def test_construction_without_a_generator_draws_from_torchs_own() -> None:
    before = torch.get_rng_state()
    first, second = DeepNet(1, width=8), DeepNet(1, width=8)
    assert not torch.equal(layer(first, 0).weight, layer(second, 0).weight)
    assert not torch.equal(torch.get_rng_state(), before)


def test_a_deeper_net_from_the_same_seed_shares_first_layers_and_readout() -> None:
    shallow, deep = (DeepNet(depth, generator=generator(7)) for depth in (3, 9))
    assert torch.equal(shallow.readout.weight, deep.readout.weight)
    for i in range(3):
        assert torch.equal(layer(shallow, i).weight, layer(deep, i).weight)


# ---------------------------------------------------------------------------- at


def test_at_rescales_exactly_the_same_draw() -> None:
    net = DeepNet(4, scale=1.3, generator=generator(0))
    moved = net.at(depth=3, scale=2.7, activation="tanh")
    assert (moved.depth, moved.scale, moved.activation) == (3, 2.7, "tanh")
    assert len(moved.layers) == 3
    assert torch.equal(net.readout.weight, moved.readout.weight)
    for i in range(3):
        assert torch.equal(layer(moved, i).weight, layer(net, i).draw * 2.7)
        assert torch.equal(layer(moved, i).draw, layer(net, i).draw)


def test_at_there_and_back_is_the_same_net(x: Tensor) -> None:
    net = DeepNet(4, scale=1.3, activation="gelu", generator=generator(0))
    back = net.at(scale=0.4, activation="tanh").at(scale=1.3, activation="gelu")
    assert torch.equal(net(x), back(x))


@pytest.mark.parametrize(("residual", "norm"), RESIDUAL_CASES)
def test_at_equals_a_net_built_there_from_the_same_seed(
    residual: str, norm: str, x: Tensor
) -> None:
    dials: dict[str, Any] = {"width": 16, "norm": norm, "residual": residual}
    moved = DeepNet(6, **dials, generator=generator(2)).at(depth=4, scale=1.5)
    built = DeepNet(4, scale=1.5, **dials, generator=generator(2))
    assert torch.equal(moved(x), built(x))


@pytest.mark.parametrize("init", INITS)
def test_at_draws_no_random_number(init: str) -> None:
    source = generator(0)
    net = DeepNet(4, width=16, init=init, generator=source)
    passed, own = source.get_state(), torch.get_rng_state()
    net.at(depth=2, scale=2.0, activation="tanh")
    assert torch.equal(source.get_state(), passed)
    assert torch.equal(torch.get_rng_state(), own)


def test_at_shares_no_memory_with_the_net(x: Tensor) -> None:
    net = DeepNet(2, generator=generator(0))
    before = net(x).detach().clone()
    with torch.no_grad():
        for p in net.at().parameters():
            p.add_(1.0)
    assert torch.equal(net(x), before)


def test_what_training_learnt_does_not_leak_into_the_layers_of_at() -> None:
    net = DeepNet(3, norm="batch", generator=generator(0))
    fresh = DeepNet(3, norm="batch", generator=generator(0))
    optimizer = torch.optim.SGD(net.layers.parameters(), lr=0.5)
    net(torch.randn(8, 64, generator=generator(1))).square().sum().backward()
    optimizer.step()
    assert not torch.equal(layer(net, 0).weight, layer(fresh, 0).weight)
    for mine, theirs in zip(net.at().state_dict().values(), fresh.state_dict().values(),
                            strict=True):  # fmt: skip
        assert torch.equal(mine, theirs)


def test_what_training_learnt_does_not_leak_into_the_readout_of_at() -> None:
    net, fresh = (DeepNet(2, generator=generator(0)) for _ in range(2))
    with torch.no_grad():
        net.readout.weight.add_(1.0)
        net.readout.bias.add_(1.0)
    assert torch.equal(net.at().readout.weight, fresh.readout.weight)
    assert torch.equal(net.at().readout.bias, fresh.readout.bias)


# ---------------------------------------------------------------------------- formulas


@pytest.mark.parametrize(("residual", "norm"), RESIDUAL_CASES)
def test_forward_is_the_formula(residual: str, norm: str, x: Tensor) -> None:
    net = DeepNet(
        4, width=16, scale=1.5, activation="tanh", norm=norm, residual=residual,
        generator=generator(0),
    )  # fmt: skip
    with torch.no_grad():
        for p in net.parameters():  # biases and the norm's gain must show
            p.add_(0.1 * torch.randn(p.shape, generator=generator(5)))

    def normalise(z: Tensor, l: Layer) -> Tensor:  # noqa: E741
        if norm == "none":
            return z
        over = 0 if norm == "batch" else 1
        mean, variance = z.mean(over, keepdim=True), z.var(over, correction=0, keepdim=True)
        gain, shift = l.norm.parameters()
        return (z - mean) / (variance + 1e-5).sqrt() * gain + shift

    h = x
    for i in range(4):
        l = layer(net, i)  # noqa: E741
        if residual == "pre-norm" and i > 0:
            h = h + torch.tanh(normalise(h, l)) @ l.weight.T + l.bias
            continue
        branch = torch.tanh(normalise(h @ l.weight.T + l.bias, l))
        factor = {"plain": 1.0, "scaled": 1 / math.sqrt(4)}.get(residual)
        h = branch if i == 0 or factor is None else h + factor * branch
    torch.testing.assert_close(net(x), h @ net.readout.weight.T + net.readout.bias)


@pytest.mark.parametrize(
    ("name", "formula"),
    {
        "linear": lambda z: z,
        "relu": lambda z: z.clamp_min(0),
        "leaky_relu": lambda z: torch.where(z > 0, z, 0.01 * z),
        "tanh": lambda z: (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
        "sigmoid": lambda z: 1 / (1 + (-z).exp()),
        "gelu": lambda z: z * (1 + torch.erf(z / math.sqrt(2))) / 2,
        "exp": lambda z: math.e**z,
    }.items(),
)
def test_activation_is_the_formula(name: str, formula: Any) -> None:
    z = torch.linspace(-4, 4, 41, dtype=torch.float64)
    torch.testing.assert_close(ACTIVATIONS[name](z), formula(z))


@pytest.mark.parametrize(("residual", "norm"), RESIDUAL_CASES)
@pytest.mark.parametrize("activation", ["tanh", "gelu", "sigmoid"])
def test_gradients_agree_with_finite_differences(activation: str, residual: str, norm: str) -> None:
    net = DeepNet(
        3, in_features=3, width=4, out_features=2, activation=activation, norm=norm,
        residual=residual, generator=generator(0),
    ).double()  # fmt: skip
    x = torch.randn(5, 3, dtype=torch.float64, generator=generator(1))
    names, weights = zip(*net.named_parameters(), strict=True)

    def run(x: Tensor, *values: Tensor) -> Tensor:
        out: Tensor = torch.func.functional_call(net, dict(zip(names, values, strict=True)), x)
        return out

    assert torch.autograd.gradcheck(run, (x.requires_grad_(), *weights))


# ---------------------------------------------------------------------------- type and device


def test_follows_its_dtype_and_device(device: torch.device) -> None:
    net = DeepNet(3, norm="batch", generator=generator(0)).to(device, torch.float64)
    moved = net.at(depth=2, scale=2.0)
    for tensor in [*net.state_dict().values(), *moved.state_dict().values()]:
        assert tensor.device.type == device.type
    x = torch.randn(4, 64, generator=generator(1), dtype=torch.float64).to(device)
    assert net(x).dtype == moved(x).dtype == layer(moved, 0).draw.dtype == torch.float64


def test_one_seed_tells_one_story_on_every_device(device: torch.device, x: Tensor) -> None:
    net = DeepNet(3, generator=generator(0))
    expected = net(x)
    torch.testing.assert_close(net.to(device)(x.to(device)).cpu(), expected)


def test_the_draw_is_not_stored_with_the_weights() -> None:
    assert not any("draw" in name for name in DeepNet(2).state_dict())


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize("size", ["depth", "width", "in_features", "out_features"])
@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, math.inf])
def test_sizes_must_be_whole_numbers_above_zero(size: str, value: float) -> None:
    arguments: dict[str, Any] = {"depth": 2, size: value}
    with pytest.raises(ValueError, match=f"{size} must be .*got {value}"):
        DeepNet(**arguments)


@pytest.mark.parametrize("scale", [-1.0, 0.0, math.nan, math.inf])
def test_scale_must_be_finite_and_above_zero(scale: float) -> None:
    with pytest.raises(ValueError, match=f"scale must be .*got {scale}"):
        DeepNet(2, scale=scale)
    with pytest.raises(ValueError, match="scale must be"):
        DeepNet(2).at(scale=scale)


@pytest.mark.parametrize(
    ("dial", "names"),
    [("activation", ACTIVATIONS), ("init", INITS), ("norm", NORMS), ("residual", RESIDUALS)],
)
def test_an_unknown_name_is_answered_with_those_that_exist(dial: str, names: Any) -> None:
    arguments: dict[str, Any] = {dial: "relo"}
    with pytest.raises(ValueError, match=f"{dial} must be one of {', '.join(names)}; got 'relo'"):
        DeepNet(2, **arguments)


def test_pre_norm_needs_a_norm() -> None:
    with pytest.raises(ValueError, match='pre-norm" needs norm='):
        DeepNet(2, residual="pre-norm")


@pytest.mark.parametrize("depth", [0, 2.5, 4])
def test_at_refuses_a_depth_that_the_net_does_not_have(depth: Any) -> None:
    with pytest.raises(ValueError, match="depth must be"):
        DeepNet(3).at(depth=depth)


def test_at_refuses_an_unknown_activation() -> None:
    with pytest.raises(ValueError, match="activation must be one of linear, relu"):
        DeepNet(3).at(activation="relo")
