"""A whole recurrent module, run one time step at a time, so that each step can be watched."""

from collections.abc import Callable
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

See = Callable[[list[Tensor]], None]


def can_unroll(layer: nn.Module) -> TypeGuard[nn.RNNBase]:
    """True for `nn.RNN`, `nn.LSTM` and `nn.GRU` that read in one direction."""
    return isinstance(layer, nn.RNNBase) and not layer.bidirectional


def unrolled(layer: nn.RNNBase, see: See) -> Callable[..., Any]:
    """A forward function equal to `layer.forward` up to rounding, one time step a call.

    After each step `see` gets the state: [h], or [h, c] of an LSTM, each of shape
    `(layers, batch, width)`. Whatever follows, the next step and the output, takes its numbers
    from these tensors, so their gradients are the whole ∂L/∂h_t and ∂L/∂c_t. A packed sequence
    runs as a whole and is not seen.
    """
    whole = layer.forward

    def forward(input: Any, hx: Any = None) -> Any:
        if not isinstance(input, Tensor) or not torch.is_grad_enabled():
            return whole(input, hx)
        time = 1 if layer.batch_first and input.ndim == 3 else 0
        outputs = []
        for step in input.split(1, dim=time):
            _, hx = whole(step, hx)
            states = list(hx) if isinstance(hx, tuple) else [hx]
            see(states)
            outputs.append(states[0][-1])
        return torch.stack(outputs, dim=time), hx

    return forward
