"""Do the layers of a network run, one after the other? Owning them is not enough."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from gradcourse.device import generator


def broken_chain(net: nn.Module, x: Tensor, layers: int) -> str | None:
    """Why the `nn.Linear` of a network are no chain of `layers` and a readout, or None.

    Each must run once, and its output must depend on that of the one before. Whatever stands
    between them (activations, norms, skips) does not matter.

    Args:
        net: the network.
        x: inputs, (batch, features).
        layers: how many before the readout.
    """
    outputs: list[Tensor] = []
    linears = [module for module in net.modules() if isinstance(module, nn.Linear)]
    handles = [m.register_forward_hook(lambda _m, _i, out: outputs.append(out)) for m in linears]
    try:
        with torch.enable_grad():
            net(x.clone().requires_grad_())
    finally:
        for handle in handles:
            handle.remove()
    if len(outputs) != layers + 1:
        return f"{layers} layers and a readout were to run; of its nn.Linear {len(outputs)} run"
    draws = generator(0)
    for number, (before, after) in enumerate(pairwise(outputs), start=1):
        weights = torch.randn(after.shape, generator=draws).to(after)
        (slope,) = torch.autograd.grad(after, before, weights, retain_graph=True, allow_unused=True)
        if slope is None or not slope.any():
            return f"layer {number + 1} makes no use of what layer {number} gives"
    return None
