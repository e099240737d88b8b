"""A whole recurrent module, run one time step at a time, so that each step can be watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

See = Callable[[list[Tensor]], None]
KNOWN = (nn.RNN.forward, nn.LSTM.forward, nn.GRU.forward)


def can_unroll(layer: nn.Module) -> TypeGuard[nn.RNNBase]:
    """True for `nn.RNN`, `nn.LSTM` and `nn.GRU` that read in one direction, as torch has them."""
    known = isinstance(layer, nn.RNNBase) and type(layer).forward in KNOWN
    return known and not layer.bidirectional and isinstance(layer.forward, MethodType)


@contextmanager
def unrolled(layer: nn.RNNBase, see: See) -> Iterator[None]:
    """Within the block, `layer` runs one time step a call, with equal results up to rounding.

    After each step `see` gets the state: [h], or [h, c] of an LSTM, each of shape
    `(layers, batch, width)`. Whatever follows, the next step and the output, takes its numbers
    from these tensors, so their gradients are the whole ∂L/∂h_t, and ∂L/∂c_t at a given h_t. A
    packed sequence runs as a whole, and `see` gets its output and last state.
    """
    own = vars(layer).get("forward")
    whole = type(layer).forward if own is None else own.__func__

    def forward(self: nn.RNNBase, input: Any, hx: Any = None) -> Any:
        if not torch.is_grad_enabled() or self is not layer:  # but a copy of it
            return whole(self, input, hx)
        if not isinstance(input, Tensor):
            packed, hx = whole(self, input, hx)
            see([packed.data, *(hx if isinstance(hx, tuple) else [hx])])
            return packed, hx
        time = 1 if layer.batch_first and input.ndim == 3 else 0
        outputs = []
        for step in input.split(1, dim=time):
            _, hx = whole(self, step, hx)
            states = list(hx) if isinstance(hx, tuple) else [hx]
            see(states)
            outputs.append(states[0][-1])
        return torch.stack(outputs, dim=time), hx

    layer.forward = MethodType(forward, layer)
    try:
        yield
    finally:
        if own is None:
            del layer.forward  # the class's own comes back
        else:
            layer.forward = own
