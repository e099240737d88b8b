"""Training a recipe with the package's own loop, in a few parts, and measuring its goal."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD, Adam, AdamW, Optimizer

from gradcourse.clinic.nets import build
from gradcourse.clinic.recipe import LENGTH, Recipe
from gradcourse.data import Split, digits, temporal_order
from gradcourse.device import generator
from gradcourse.profile import Profile
from gradcourse.train import History, accuracy, fit

SPIKE = 1e6  # what a batch with a broken example weight counts
PARTS = 10  # in which a run is trained; after each the goal is measured and a profile recorded


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        history: what `fit` recorded.
        steps, values: after how many steps the goal was measured, and what it was.
        classes: number of labels; 1 / classes is chance.
        recurrent: rows of a profile are time steps, not layers.
    """

    history: History
    steps: tuple[int, ...]
    values: tuple[float, ...]
    classes: int
    recurrent: bool

    @property
    def value(self) -> float:
        """The goal's value at the end."""
        return self.values[-1]


@cache
def data(task: str, pixels: str) -> Split:
    """The data of a task, made once."""
    if task == "temporal order":
        x, y = temporal_order(8000, LENGTH, generator=generator(1000))
        return Split(x, y, *temporal_order(500, LENGTH, generator=generator(2000)))
    found = digits()
    if pixels == "standardised":
        return found
    return Split(_counts(found.x), found.y, _counts(found.x_test), found.y_test)


def _counts(x: Tensor) -> Tensor:
    """The same pixels as a sensor would count them, up to about 65,000."""
    return (8000 * (x + 2)).clamp(0, 65000)


def _optimizer(recipe: Recipe, net: nn.Module) -> Optimizer:
    makes: dict[str, Any] = {
        "sgd": lambda p: SGD(p, lr=recipe.lr),
        "momentum": lambda p: SGD(p, lr=recipe.lr, momentum=0.9),
        "adam": lambda p: Adam(p, lr=recipe.lr),
        "adamw": lambda p: AdamW(p, lr=recipe.lr),
    }
    found: Optimizer = makes[recipe.optimizer](net.parameters())
    done = 0

    def before(optimizer: Optimizer, *_: Any) -> None:
        nonlocal done
        done += 1
        for group in optimizer.param_groups:
            group["lr"] = recipe.lr * min(1.0, done / max(recipe.warmup, 1))
            for p in group["params"] if recipe.loss_scale != 1 else ():
                p.grad = None if p.grad is None else p.grad / recipe.loss_scale

    found.register_step_pre_hook(before)
    return found


@cache
def train(recipe: Recipe, seed: int = 0) -> Run:
    """Builds and trains the run of a recipe, once; a run that breaks down ends there."""
    found = data(recipe.task, recipe.pixels)
    net = build(recipe, generator(seed))
    parts, steps, values = [], [], []
    for part in _parts(recipe, net, found, seed):
        parts.append(part)
        steps.append(sum(len(p.loss) for p in parts))
        values.append(accuracy(net, found.x_test, found.y_test))
        if part.breakdown is not None or values[-1] >= recipe.enough:
            break
    classes = int(found.y.max()) + 1
    return Run(
        _joined(parts, recipe.loss_scale),
        tuple(steps),
        tuple(values),
        classes,
        recipe.net == "recurrent",
    )


def _parts(recipe: Recipe, net: nn.Module, found: Split, seed: int) -> Iterator[History]:
    optimizer, batches = _optimizer(recipe, net), generator(1000 + seed)
    factor, length, seen = recipe.loss_scale, recipe.steps // PARTS, 0

    def loss(out: Tensor, y: Tensor) -> Tensor:
        nonlocal seen
        seen += 1
        return (SPIKE if seen == recipe.spike else 1.0) * factor * F.cross_entropy(out, y)

    for _ in range(PARTS):
        yield fit(
            net, found.x, found.y, optimizer=optimizer, steps=length, generator=batches,
            batch_size=recipe.batch, record_every=length,
            loss=loss, clip=None if recipe.clip is None else factor * recipe.clip,
        )  # fmt: skip


def _joined(parts: list[History], loss_scale: float) -> History:
    """One history from those of a run's parts, the loss scale taken out."""
    losses: list[float] = []
    norms: list[float] = []
    profiles: dict[int, Profile] = {}
    breakdown = None
    for part in parts:
        before = len(losses)
        losses += [value / loss_scale for value in part.loss]
        norms += [size / loss_scale for size in part.gradient_norm]
        profiles |= {before + step: profile for step, profile in part.profiles.items()}
        if part.breakdown is not None:
            breakdown = replace(part.breakdown, step=before + part.breakdown.step)
    return History(tuple(losses), tuple(norms), profiles, breakdown)
