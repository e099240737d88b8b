"""A quick look at a plain `DeepNet`, for sliders: what `watch` sees, without modules and hooks."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from gradcourse.activations import ACTIVATIONS, choose, require_positive, require_whole
from gradcourse.nets import DeepNet, Layer
from gradcourse.profile import QUANTITIES, Profile, tabulate


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
    The biases are left out: they are 0 in a net that is not trained yet. Weight gradients are
    taken in float64 and do not overflow.

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
    draws = [layer.draw for layer in net.layers if isinstance(layer, Layer)][:depth]
    zero, h = x.new_zeros(1), x
    before, signals = [], []  # z and h of each layer, (batch, width)
    for draw in draws:
        z = torch.addmm(zero, h, draw.T, beta=0, alpha=scale)
        before.append(z if z.requires_grad else z.requires_grad_())
        signals.append(h := phi(z))
    logits = F.linear(h, net.readout.draw)
    wanted = [*before, *signals, logits]
    found = torch.autograd.grad(F.cross_entropy(logits, y), wanted)
    sizes = _sizes(x, signals, logits, found)
    names = [f"layers.{number}" for number in range(1, depth + 1)] + ["readout"]
    counts = [signals[0].numel()] * depth + [logits.numel()]
    rows = {name: (x.dtype, count) for name, count in zip(names, counts, strict=True)}
    keys = [("input", "", 0), *((what, name, 0) for what in QUANTITIES[:3] for name in names)]
    return tabulate(rows, zip(keys, sizes, strict=True), names)


def _sizes(
    x: Tensor, signals: list[Tensor], logits: Tensor, gradients: Sequence[Tensor]
) -> list[float]:
    """Norms of x; of the signals; of the error signals; of the weight gradients; to the readout.

    ‖∂L/∂W‖ comes without the matrix ∂L/∂W: with δ = ∂L/∂z and the layer's input h, its square
    is the sum of (δδᵀ)∘(hhᵀ), both `(batch, batch)`. All in float64, where squares fit.
    """
    depth = len(signals)
    wide = torch.float32 if x.device.type == "mps" else torch.float64
    h, dz, dh = (
        torch.stack(list(some)).detach().to(wide)
        for some in (signals, gradients[:depth], gradients[depth:-1])
    )
    x, logits, last = (some.detach().to(wide) for some in (x, logits, gradients[-1]))
    read = torch.cat([(x @ x.T)[None], h @ h.mT])
    back = torch.cat([dz @ dz.mT, (last @ last.T)[None]])
    squares = (read * back).sum((1, 2)).clamp_min(0)
    norms = [x.norm(), h.norm(dim=(1, 2)), logits.norm(), dh.norm(dim=(1, 2)), last.norm()]
    found: list[float] = torch.cat([n.view(-1) for n in [*norms, squares.sqrt()]]).tolist()
    return found
