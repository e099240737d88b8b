"""One training loop that records what it sees and stops when numbers stop being finite."""

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from tqdm import trange

from gradcourse.activations import require_whole
from gradcourse.layers import fetch, norm
from gradcourse.measure import watch
from gradcourse.profile import Profile

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Breakdown:
    """Where a run first met inf or NaN, after `step` updates, in the number format `dtype`.

    `where` is "data", "weights", "forward", "loss" or "backward"; `layer` is empty for data
    and loss.
    """

    step: int
    where: str
    layer: str
    dtype: str

    def __str__(self) -> str:
        place = {
            "data": "in the data",
            "weights": f"in the weights of {self.layer} after the last update",
            "forward": f"in the forward pass, at {self.layer}",
            "loss": "in the loss, though the model's output is finite",
            "backward": f"in the backward pass, at {self.layer}",
        }[self.where]
        limit = torch.finfo(getattr(torch, self.dtype)).max
        return f"step {self.step}: inf or NaN {place} ({self.dtype} ends at {limit:.2g})"


@dataclass(frozen=True)
class History:
    """What `fit` recorded: loss before each update, gradient norm before clipping, profiles."""

    loss: tuple[float, ...]
    gradient_norm: tuple[float, ...]
    profiles: dict[int, Profile]
    breakdown: Breakdown | None = None

    def __repr__(self) -> str:
        if self.breakdown is not None:
            return f"History(stopped at {self.breakdown})"
        return f"History({len(self.loss)} steps, loss {self.loss[0]:.1f} → {self.loss[-1]:.1g})"


def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    optimizer: Optimizer,
    steps: int,
    generator: Generator,
    batch_size: int = 64,
    loss: Loss = F.cross_entropy,
    clip: float | None = None,
    record_every: int = 0,
) -> History:
    """The `History` of training `model` in place.

    Each step draws `batch_size` examples at random. At the first loss or gradient that is not
    finite, the run stops before the update and says where it arose. After two seconds a
    progress bar appears, unless the environment variable TQDM_DISABLE is 1.

    Args:
        x, y: examples `(examples, …)` and targets, on the model's device.
        steps: number of updates.
        generator: draws the batches, on the CPU.
        loss: from the model's output and the targets to a scalar.
        clip: greatest global gradient norm let through (`torch.nn.utils.clip_grad_norm_`).
        record_every: steps between two profiles; 0 records none.

    Raises:
        ValueError: `steps` or `batch_size` below 1, or x and y of different length.
    """
    require_whole(steps=steps, batch_size=batch_size)
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"x and y must have the same length above 0, got {len(x)} and {len(y)}")
    losses, norms, profiles, breakdown = [], [], {}, None
    for step in trange(steps, delay=2, leave=False, desc="training"):
        batch = torch.randint(len(x), (batch_size,), generator=generator).to(x.device)
        recording = bool(record_every) and step % record_every == 0
        with watch(model, optimizer=optimizer, units=True) if recording else nullcontext() as seen:
            value, size = _update(model, x[batch], y[batch], optimizer, loss, clip)
        losses.append(value)
        norms.append(size)
        if seen is not None:
            profiles[step] = seen.profile
        if not (math.isfinite(value) and math.isfinite(size)):
            breakdown = locate(model, x[batch], y[batch], loss=loss, step=step)
            break
    return History(tuple(losses), tuple(norms), profiles, breakdown)


def _update(
    model: nn.Module, x: Tensor, y: Tensor, optimizer: Optimizer, loss: Loss, clip: float | None
) -> tuple[float, float]:
    """Loss and global gradient norm; the update is made only if both are finite."""
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    loss_value, *norms = fetch([value.detach(), *map(norm, gradients)])
    size = math.hypot(*norms)
    if math.isfinite(loss_value) and math.isfinite(size):
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
    return loss_value, size


def locate(model: nn.Module, x: Tensor, y: Tensor, *, loss: Loss, step: int) -> Breakdown:
    """Where a batch first went wrong: runs it again under `watch`, and clears the gradients."""
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    if x.is_floating_point() and not x.isfinite().all():
        return Breakdown(step, "data", "", dtype)
    for name, weight in model.named_parameters():
        if not weight.isfinite().all():
            return Breakdown(step, "weights", name, dtype)
    with watch(model) as seen:
        value = loss(model(x), y)
        value.backward()
    model.zero_grad()
    way, index = seen.profile.first_non_finite or ("loss", 0)
    if way != "forward" and not value.isfinite():
        return Breakdown(step, "loss", "", dtype)
    return Breakdown(step, way, seen.profile.layers[index], seen.profile.dtype[index])


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share, 0 to 1, of `(examples, features)` that evaluation mode classifies rightly."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            right: Tensor = model(x).argmax(dim=1) == y
        return right.sum().item() / len(right)
    finally:
        model.train(training)
