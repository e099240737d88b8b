"""Which parts of a model are its layers, and how large a tensor is."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


def norm(tensor: Tensor) -> Tensor | float:
    """Root of the sum of squares: a number on the CPU, elsewhere a tensor not yet fetched.

    Squares of float32 overflow above 1e19 and underflow below 1e-19, so they are added in
    float64, or relative to the largest entry where there is no wider format. On the CPU, where
    a look costs nothing, the narrow sum is tried first: it is six times as fast.
    """
    if tensor.is_cpu and tensor.dtype == torch.float32 and not tensor.is_sparse:
        try:
            entries = tensor.numpy(force=True).ravel("K")  # in the order in which they lie
            quick = math.sqrt(np.vdot(entries, entries))  # np.dot would warn of overflow
        except RuntimeError:  # inside torch.func a tensor has no memory of its own
            quick = torch.linalg.vector_norm(tensor.detach()).item()
        if 1e-15 < quick < 1e15:
            return quick
    t = tensor.detach()
    t = t.coalesce().values() if t.is_sparse else t
    t = t.abs() if t.is_complex() else t
    if t.numel() and (t.dtype == torch.float64 or t.device.type == "mps"):
        largest = t.abs().amax().clamp_min(torch.finfo(t.dtype).tiny)
        relative: Tensor = torch.linalg.vector_norm(t / largest) * largest
        return relative
    exact: Tensor = torch.linalg.vector_norm(t, dtype=torch.float64)
    return exact


def fetch(numbers: list[Tensor | float]) -> list[float]:
    """The values of numbers and 0-dimensional tensors, with one device synchronisation."""
    waiting = [n for n in numbers if isinstance(n, Tensor) and not n.is_cpu]
    if not waiting:
        return [float(n) for n in numbers]
    device = waiting[0].device
    wide = torch.float32 if device.type == "mps" else torch.float64
    on_device = [torch.as_tensor(n, dtype=wide, device=device) for n in numbers]
    values: list[float] = torch.stack(on_device).tolist()
    return values


def float_tensors(nested: Any) -> Iterator[Tensor]:
    """The floating-point tensors in nested tuples, lists and dicts, in their order."""
    if isinstance(nested, Tensor):
        if nested.is_floating_point() or nested.is_complex():
            yield nested
    elif isinstance(nested, (Mapping, tuple, list)):
        for part in nested.values() if isinstance(nested, Mapping) else nested:
            yield from float_tensors(part)


def first_tensor(nested: Any) -> Tensor | None:
    """The first of `float_tensors`, or None."""
    return next(float_tensors(nested), None)


def signals(layer: nn.Module, output: Any) -> list[Tensor]:
    """The tensors of a layer's output that count as its signal: the first, or an RNN's all."""
    if isinstance(layer, (nn.LSTMCell, nn.RNNBase)):
        return list(float_tensors(output))
    h = first_tensor(output)
    return [] if h is None else [h]


def idle(layer: nn.Module, h: Tensor) -> tuple[Tensor, Tensor]:
    """Shares of dead units and of saturated entries in what a layer reads: see `Profile`."""
    images = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.GroupNorm)
    unit = 1 if isinstance(layer, images) and h.ndim > 2 else -1
    alive = (h != 0).movedim(unit, 0).reshape(h.shape[unit], -1).any(dim=1)
    h = h.abs() if h.is_complex() else h
    tanh = (h.abs() > 0.97).double().mean() * (h.abs().amax() <= 1)
    sigmoid = ((h < 0.03) | (h > 0.97)).double().mean() * (h.amin() > 0) * (h.amax() <= 1)
    return 1 - alive.double().mean(), torch.maximum(tanh, sigmoid)


def _owns_weight(module: nn.Module) -> bool:
    own = module.named_parameters(recurse=False)
    return parametrize.is_parametrized(module) or any("weight" in name for name, _ in own)


def find_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Names and modules of the layers of a model: see `watch` for what a layer is."""
    whole: str | None = None  # prefix of the latest module whose inside belongs to it
    for name, module in model.named_modules():  # what is inside follows at once
        if whole is not None and name.startswith(whole):
            continue
        if _owns_weight(module):
            whole = f"{name}." if name else ""
        elif not list(module.parameters(recurse=False)):
            continue
        yield name or type(model).__name__, module


def own_weights(layer: nn.Module) -> list[nn.Parameter]:
    """A layer's weights: its parameters of two or more dimensions, or all if there are none."""
    parameters = list(layer.parameters(recurse=_owns_weight(layer)))
    return [p for p in parameters if p.ndim > 1] or parameters
