"""A pass through a model that leaves no trace."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def as_before(model: nn.Module) -> Iterator[Callable[[Iterable[Tensor]], None]]:
    """Puts gradients, buffers and the random state back, whatever happens inside.

    Yields a function that clears the gradients of further tensors, which are put back as well.
    """
    gradients: list[tuple[Tensor, Tensor | None]] = []
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in model.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    devices = {p.device for p in model.parameters() if p.is_cuda}

    def clear(tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            gradients.append((tensor, tensor.grad))
            tensor.grad = None

    clear(model.parameters())
    try:
        with torch.random.fork_rng([d.index for d in devices]):
            yield clear
    finally:
        for tensor, gradient in reversed(gradients):
            tensor.grad = gradient
        with torch.no_grad():
            for module, name, buffer, value in buffers:
                setattr(module, name, buffer.copy_(value))


def leaves(loss: Tensor) -> list[Tensor]:
    """The tensors in whose `grad` a backward pass from `loss` would add up."""
    found, seen, left = [], set(), [loss.grad_fn]
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        left += [parent for parent, _ in node.next_functions]
        if hasattr(node, "variable"):
            found.append(node.variable)
    return found
