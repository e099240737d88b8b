"""The depth × scale plane from one forward pass that carries a tangent.

A tangent t_l is a small change of h_l, pushed forward: t_l = φ′(z_l) · (W_l t_{l-1}). Over
random weights, ‖t_L‖/‖t_l‖ estimates ‖∂L/∂h_l‖/‖∂L/∂h_L‖: both are the root mean square
singular value of one product of Jacobians. A backward pass gives one depth; the tangent gives
every depth on its way, and all scales are stacked into the rows of one matrix product a layer.
"""

import math
import pickle
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import cycle
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradcourse.activations import ACTIVATIONS, require_positive
from gradcourse.device import generator
from gradcourse.nets import DeepNet, Layer

# Outside these norms a signal is rescaled, since there every activation but sigmoid and exp is
# homogeneous in float32. Sigmoid's signal never gets there.
FLOOR, CEILING = 1e-8, 1e6
# Scales that run together: rows enough for a quick matrix product, and then what fits the cache.
ROWS, CACHE, DEVICE_MEMORY = 512, 2**20, 2**28

aten: Any = torch.ops.aten
Push = Callable[[Tensor, Tensor], object]
# z becomes φ(z) and dz becomes φ′(z)·dz, both in place: torch's backward kernels multiply by φ′,
# which follows from φ(z), and nothing is allocated. Others go through `_push`.
PUSHES: dict[str, Push] = {
    "linear": lambda z, dz: None,
    "relu": lambda z, dz: aten.threshold_backward(dz, z.relu_(), 0, grad_input=dz),
    "tanh": lambda z, dz: aten.tanh_backward(dz, z.tanh_(), grad_input=dz),
    "sigmoid": lambda z, dz: aten.sigmoid_backward(dz, z.sigmoid_(), grad_input=dz),
    "exp": lambda z, dz: dz.mul_(z.exp_()),
}


@dataclass(frozen=True)
class GrowthMap:
    """How far signals and error signals have grown, at every depth and scale.

    Attributes:
        scales: weight scales `(scales,)`.
        signal: log10 of the root mean square entry of h_l, `(depths, scales, batch)`.
        tangent: log10 of ‖t_l‖/‖t_1‖ of each example, `(depths, scales, batch)`.
    """

    activation: str
    scales: NDArray[np.float64]
    signal: NDArray[np.float64]
    tangent: NDArray[np.float64]

    @property
    def depths(self) -> NDArray[np.int64]:
        """1, 2, … up to the deepest net of the map."""
        return np.arange(1, len(self.tangent) + 1)

    @cached_property
    def decades(self) -> NDArray[np.float64]:
        """log10 of ‖∂L/∂h_1‖/‖∂L/∂h_L‖ for a net of each depth L, `(depths, scales)`."""
        return log_rms(self.tangent)

    def error_signal(self, depth: int, scale: float) -> NDArray[np.float64]:
        """log10 of ‖∂L/∂h_l‖/‖∂L/∂h_L‖ at l = 1 … L, `(depth,)`, at the nearest scale."""
        column = self.tangent[:depth, np.abs(self.scales - scale).argmin()]
        return log_rms(column[-1] - column)

    def __repr__(self) -> str:
        return (
            f"GrowthMap({self.activation}, depths 1 … {len(self.tangent)}, scales "
            f"{self.scales[0]:.3g} … {self.scales[-1]:.3g}, "
            f"{self.decades.min():+.0f} to {self.decades.max():+.0f} decades)"
        )


def log_rms(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """log10 of the root mean square over the last axis of numbers given as their log10."""
    total = np.logaddexp.reduce(2 * np.log(10) * logs, axis=-1)
    return np.asarray((total - np.log(logs.shape[-1])) / (2 * np.log(10)))


def growth_map(
    net: DeepNet, x: Tensor, scales: Tensor, *, executor: Executor | None = None
) -> GrowthMap:
    """The growth of signals and error signals at every depth of `net` and every scale.

    The weights are the net's own draw, rescaled. The estimate scatters by about 0.2 decades
    around what `watch` measures on the same weights. Nothing overflows at any depth but exp.

    The scales are cut into units that depend on the shapes and the device alone. An executor, of
    threads, of processes or of a cluster, runs each with as many torch threads as there are here:
    whoever runs them, the bits are the same, as long as the processors are of one kind.

    Args:
        net: gives the draw, the activation and the greatest depth.
        x: inputs `(batch, in_features)`; 16 rows are enough, for GELU 64.
        scales: weight scales `(scales,)`, above 0.
        executor: where the units run; here, one after the other, if None.

    Raises:
        ValueError: the net normalises or skips, or `scales` is not a vector above 0.
    """
    if net.norm != "none" or net.residual != "none":
        raise ValueError(f"the net must have no norm and no skip; got {net.norm}, {net.residual}")
    if scales.ndim != 1 or len(scales) == 0:
        raise ValueError(f"scales must be a vector, got shape {tuple(scales.shape)}")
    for scale in scales.tolist():
        require_positive(scale=scale)
    draws = [layer.draw for layer in net.layers if isinstance(layer, Layer)]
    width, numbers = len(draws[0]), scales.to(x).tolist()
    together = unit_scales(x, width)
    units = [numbers[i : i + together] for i in range(0, len(numbers), together)]
    if executor is None:
        parts = [_sweep(net.activation, draws, x, unit) for unit in units]
    else:
        task = pickle.dumps((torch.get_num_threads(), net.activation, draws, x))
        parts = [done.result() for done in [executor.submit(_run, task, unit) for unit in units]]
    norms = torch.from_numpy(np.concatenate(parts, axis=2))
    logs = norms.log10()
    taken = logs - norms.clamp_(FLOOR, CEILING).log10_()  # by rescaling behind a layer
    signal, tangent = taken.cumsum(1).add_(logs).sub_(taken)
    return GrowthMap(
        net.activation,
        scales=scales.cpu().double().numpy(),
        signal=signal.sub_(math.log10(width) / 2).numpy(),
        tangent=tangent.sub_(tangent[0].clone()).numpy(),
    )


def unit_scales(x: Tensor, width: int) -> int:
    """How many scales a unit of the map holds: it decides the bits, so executors have no say."""
    rows = max(ROWS, (CACHE if x.is_cpu else DEVICE_MEMORY) // (width * x.element_size()))
    return max(1, rows // (2 * len(x)))


def _run(task: bytes, scales: list[float]) -> NDArray[np.float64]:
    """`_sweep` in a worker of an executor."""
    threads, activation, draws, x = pickle.loads(task)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    return _sweep(activation, draws, x, scales)


def _sweep(
    activation: str, draws: list[Tensor], x: Tensor, scales: list[float]
) -> NDArray[np.float64]:
    """Norms of signal and tangent before rescaling, `(2, depths, scales, batch)`."""
    push: Push = PUSHES.get(activation) or partial(_push, ACTIVATIONS[activation])
    scale = x.new_tensor(scales).repeat_interleave(len(x)).repeat(2).view(-1, 1)
    one, two = x.new_empty(2, len(scale), len(draws[0]))  # h above t, for two layers
    turns = cycle([(one, two, *two.chunk(2)), (two, one, *one.chunk(2))])
    norms = x.new_empty(len(draws), len(scale), 1)
    with torch.no_grad():
        h, t = one.view(2, len(scales), len(x), -1)
        h.copy_(x @ draws[0].T)
        t.copy_(torch.randn(t.shape[1:], generator=generator(0)))
        h.copy_(ACTIVATIONS[activation](h * x.new_tensor(scales).view(-1, 1, 1)))
        torch.linalg.vector_norm(one, dim=1, keepdim=True, out=norms[0])
        steps = zip(draws[1:], norms[:-1], norms[1:], turns, strict=False)
        for draw, before, after, (now, new, z, dz) in steps:
            torch.mm(now, draw.T, out=new)
            new.mul_(before.clamp(FLOOR, CEILING).div_(before).mul_(scale))
            push(z, dz)
            torch.linalg.vector_norm(new, dim=1, keepdim=True, out=after)
    shape = (len(draws), 2, len(scales), len(x))
    return np.asarray(norms.view(shape).movedim(1, 0).cpu().double().numpy())


def _push(activation: Callable[[Tensor], Tensor], z: Tensor, dz: Tensor) -> None:
    """z becomes φ(z), dz becomes φ′(z)·dz, for any activation that acts entry by entry.

    Its Jacobian is diagonal, so the backward pass multiplies by the same φ′ as a forward one.
    """
    leaf = z.clone().requires_grad_()
    with torch.enable_grad():
        value = activation(leaf)
    dz.copy_(torch.autograd.grad(value, leaf, dz)[0])
    z.copy_(value.detach())
