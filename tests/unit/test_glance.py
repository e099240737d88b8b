"""`glance` sees what `watch` sees."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradcourse import DeepNet, Profile, generator, glance, watch


def data(device: torch.device | str) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(16, 64, generator=generator(1))
    return x.to(device), (torch.arange(16) % 10).to(device)


def watched(net: DeepNet, x: torch.Tensor, y: torch.Tensor) -> Profile:
    with watch(net) as seen:
        F.cross_entropy(net(x), y).backward()
    return seen.profile


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize(("depth", "scale"), [(1, 1.0), (12, 0.5), (30, 1.5), (30, 4.0)])
def test_it_sees_what_watch_sees(
    activation: str, depth: int, scale: float, device: torch.device
) -> None:
    base = DeepNet(30, width=32, generator=generator(0)).to(device)
    x, y = data(device)
    found = glance(base, x, y, depth=depth, scale=scale, activation=activation)
    wanted = watched(base.at(depth=depth, scale=scale, activation=activation), x, y)
    assert found.layers == wanted.layers
    assert found.dtype == wanted.dtype
    assert np.array_equal(found.size, wanted.size)
    for what in ("activation", "error", "weight_gradient"):
        a, b = np.log10(getattr(found, what)), np.log10(getattr(wanted, what))
        assert a == pytest.approx(b, abs=0.02 if scale == 4.0 else 1e-4), what  # 4: chaotic
    assert (found.cut, found.clean_input) == (wanted.cut, wanted.clean_input)


def test_an_overflow_is_found_in_the_same_layer() -> None:
    base, (x, y) = DeepNet(100, generator=generator(0)), data("cpu")
    found, wanted = glance(base, x, y, scale=4.0), watched(base.at(scale=4.0), x, y)
    assert found.first_non_finite == wanted.first_non_finite
    assert found.first_non_finite is not None


def test_the_nets_own_dials_are_the_defaults_and_nothing_is_left_behind() -> None:
    net, (x, y) = DeepNet(5, activation="tanh", scale=1.5, generator=generator(0)), data("cpu")
    before = [p.clone() for p in net.parameters()]
    assert glance(net, x, y).error == pytest.approx(watched(net.at(), x, y).error, rel=1e-4)
    assert all(p.grad is None for p in net.parameters())
    assert all(torch.equal(p, b) for p, b in zip(net.parameters(), before, strict=True))
    assert not any(layer.draw.requires_grad for layer in [*net.layers, net.readout])


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"depth": 6}, "depth must be at most 5, what this net has; got 6"),
        ({"depth": 0}, "at least 1, got 0"),
        ({"scale": 0.0}, "scale must be"),
        ({"activation": "relo"}, "activation must be one of"),
    ],
)
def test_a_dial_out_of_range_is_named(dials: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        glance(DeepNet(5, generator=generator(0)), *data("cpu"), **dials)


def test_a_net_with_a_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="no norm and no skip; got batch, none"):
        glance(DeepNet(5, norm="batch", generator=generator(0)), *data("cpu"))
