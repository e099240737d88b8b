"""Faults that a reader brought along: an idle optimizer, a hook that cuts, huge inputs."""

from collections.abc import Callable

import pytest
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Optimizer

from gradcourse import DeepNet, Diagnosis, diagnose, digits, fit, generator, watch

X, Y = digits()[:2]


def net() -> DeepNet:
    return DeepNet(5, init="he", generator=generator(0))


def loop(model: nn.Module, optimizer: Optimizer, steps: int = 3) -> Diagnosis:
    with watch(model, optimizer=optimizer) as seen:
        for _ in range(steps):
            model.zero_grad()
            F.cross_entropy(model(X[:64]), Y[:64]).backward()
            optimizer.step()
    return diagnose(seen)


@pytest.mark.parametrize(
    ("build", "first", "count"),
    [
        (lambda model: SGD(net().parameters(), lr=0.1), "layers.1", "6 in all"),
        (lambda model: SGD(model.readout.parameters(), lr=0.1), "layers.1", "5 in all"),
        (lambda model: SGD(model.parameters(), lr=1e-9), "layers.1", "of their size"),
    ],
    ids=["another model's", "the readout's only", "rate too small"],
)
def test_an_optimizer_that_moves_nothing(
    build: Callable[[DeepNet], Optimizer], first: str, count: str
) -> None:
    model = net()
    found = loop(model, build(model))
    assert (found.verdict, found.way, found.layer) == ("stuck", "update", first)
    assert count in found.where or "left its weight as it was" in found.where
    assert "optimizer was given" in found.advice


def test_frozen_layers_and_an_ordinary_rate_are_not_stuck() -> None:
    model = net()
    model.layers[0].requires_grad_(False)
    learning = [p for p in model.parameters() if p.requires_grad]
    assert loop(model, SGD(learning, lr=1e-3)).verdict == "healthy"


def test_fit_is_judged_alike() -> None:
    model, other = net(), net()
    history = fit(
        model, X, Y, optimizer=SGD(other.parameters(), lr=0.1), steps=3,
        generator=generator(0), record_every=1,
    )  # fmt: skip
    assert diagnose(history).verdict == "stuck"


def test_a_hook_that_detaches_is_named_itself() -> None:
    model = net()
    handle = model.layers[2].register_forward_hook(lambda layer, given, output: output.detach())
    found = diagnose(model, lambda: F.cross_entropy(model(X[:64]), Y[:64]))
    handle.remove()
    assert (found.verdict, found.layer) == ("cut", "layers.3")
    assert "not to layers.3" in found.where


def test_saturated_units_are_the_cause_where_the_input_is_huge() -> None:
    draws = generator(0)
    model = nn.Sequential(
        nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10)
    )
    for weight in (p for p in model.parameters() if p.ndim > 1):
        nn.init.xavier_normal_(weight, generator=draws)
    found = diagnose(model, lambda: F.cross_entropy(model(1e4 * X[:64]), Y[:64]))
    assert found.verdict == "vanishing"
    assert "flat ends" in found.advice
