"""A signal and a tangent, carried through many nets at once, layer by layer."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.autograd import forward_ad

import gradcourse as gr

State = tuple[Tensor, ...]


def sweep(
    step: Callable[..., State], layers: int, dials: Tensor, start: State
) -> Iterator[tuple[State, State, Tensor]]:
    """State, tangent of length 1, and log10 of how long it had become, at each layer.

    Args:
        step: `(layer, dials, *state)` → the next state of all nets.
        dials: one net for each `(nets, …)`; they also give the number format.
        start: what the first layer reads, the same for all nets. A random change is added to
            the last part of what it gives, and pushed on.
    """
    whole = [part.to(dials).repeat(len(dials), 1, 1) for part in start]
    state = step(0, dials, *whole)
    grown = torch.zeros(len(dials)).double()
    change = torch.randn(state[-1].shape[1:], generator=gr.generator(0)).to(dials)
    change = change.expand_as(state[-1])
    tangent = (*map(torch.zeros_like, state[:-1]), change)
    for layer in range(layers):
        if layer:
            state, tangent = _pushed(partial(step, layer, dials), state, tangent)
        length = norms(*tangent)
        tangent = tuple(t / length.view(-1, *[1] * (t.ndim - 1)) for t in tangent)
        grown = grown + length.double().log10()
        yield state, tangent, grown


def _pushed(step: Callable[..., State], state: State, tangent: State) -> tuple[State, State]:
    with torch.no_grad(), forward_ad.dual_level():
        duals = step(*map(forward_ad.make_dual, state, tangent))
        values, changes = zip(*map(forward_ad.unpack_dual, duals), strict=True)
        return values, changes


def norms(*parts: Tensor) -> Tensor:
    """Root of the sum of squares of each net's tensors `(nets, …)` together, `(nets,)`."""
    whole: Tensor = torch.linalg.vector_norm(torch.cat([p.flatten(1) for p in parts], dim=1), dim=1)
    return whole


def logs(
    step: Callable[..., State], layers: int, dials: Tensor, start: State
) -> tuple[Tensor, Tensor]:
    """log10 of the norms of signal and tangent, `(nets, layers)` each."""
    rows = [(norms(*h).log10(), grown) for h, _, grown in sweep(step, layers, dials, start)]
    signal, tangent = (torch.stack(part, dim=-1) for part in zip(*rows, strict=True))
    return signal, tangent
