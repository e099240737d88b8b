"""A quick look at a plain `DeepNet`, for sliders: what `watch` sees, without modules and hooks."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from gradcourse.activations import ACTIVATIONS, choose, require_positive, require_whole
from gradcourse.layers import fetch, norm
from gradcourse.nets import DeepNet, Layer
from gradcourse.profile import Profile, tabulate


def glance(
    net: DeepNet,
    x: Tensor,
    y: Tensor,
    *,
    depth: int | None = None,
    scale: float | None = None,
    activation: str | None = None,
) -> Profile:
    """The `Profile` of `net.at(…)` with these dials, for the cross-entropy on one batch.

    One forward and one backward pass, as under `watch`, three times as quick: no net is built.
    The biases are left out; they are 0 in a net that is not trained yet.

    Args:
        net: gives the draw of the weights.
        x, y: inputs `(batch, in_features)` and labels `(batch,)`.
        depth, scale, activation: dials as in `DeepNet.at`; the net's own if None.

    Raises:
        ValueError: the net normalises or skips, or a dial is out of range.
    """
    if net.norm != "none" or net.residual != "none":
        raise ValueError(f"the net must have no norm and no skip; got {net.norm}, {net.residual}")
    depth = net.depth if depth is None else depth
    scale = net.scale if scale is None else scale
    phi = choose("activation", activation or net.activation, ACTIVATIONS)
    require_whole(depth=depth)
    require_positive(scale=scale)
    if depth > net.depth:
        raise ValueError(f"depth must be at most {net.depth}, what this net has; got {depth}")
    draws = [layer.draw for layer in net.layers if isinstance(layer, Layer)]
    weights = [scale * draw for draw in draws[:depth]] + [net.readout.draw.clone()]
    signals, h = [], x
    for number, weight in enumerate(weights, start=1):
        z = F.linear(h, weight.requires_grad_())
        signals.append(h := phi(z) if number <= depth else z)
    gradients = torch.autograd.grad(F.cross_entropy(h, y), [*signals, *weights])
    names = [f"layers.{number}" for number in range(1, depth + 1)] + ["readout"]
    groups = (signals, gradients[: len(names)], gradients[len(names) :])
    sizes = fetch([norm(x)] + [norm(tensor) for group in groups for tensor in group])
    rows = {name: (h.dtype, h.numel()) for name, h in zip(names, signals, strict=True)}
    return tabulate(rows, _told(names, iter(sizes)), names)


def _told(names: list[str], sizes: Iterator[float]) -> Iterator[tuple[tuple[str, str, int], float]]:
    """Each norm with what it is of and its row, as `tabulate` takes them."""
    yield ("input", "", 0), next(sizes)
    for what in ("activation", "error", "weight_gradient"):
        for name in names:
            yield (what, name, 0), next(sizes)
