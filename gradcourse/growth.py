"""The depth × scale plane from one forward pass that carries a tangent.

A tangent t_l is a small change of h_l, pushed forward: t_l = φ′(z_l) · (W_l t_{l-1}). Over
random weights, ‖t_L‖/‖t_l‖ estimates ‖∂L/∂h_l‖/‖∂L/∂h_L‖: both are the root mean square
singular value of one product of Jacobians. A backward pass gives one depth; the tangent gives
every depth on its way, and all scales are stacked into the rows of one matrix product a layer.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd import forward_ad

from gradcourse.activations import require_positive
from gradcourse.device import generator
from gradcourse.nets import DeepNet, Layer

# Outside these norms a signal is rescaled, since there every activation but sigmoid and exp is
# homogeneous in float32. Sigmoid's signal never gets there.
FLOOR, CEILING = 1e-12, 1e6
CACHE = 2**20
_row_norms = partial(torch.linalg.vector_norm, dim=1, keepdim=True)


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

    @property
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


def growth_map(net: DeepNet, x: Tensor, scales: Tensor) -> GrowthMap:
    """The growth of signals and error signals at every depth of `net` and every scale.

    The weights are the net's own draw, rescaled. The estimate scatters by about 0.2 decades
    around what `watch` measures on the same weights. Nothing overflows at any depth but exp.

    Args:
        net: gives the draw, the activation and the greatest depth.
        x: inputs `(batch, in_features)`; 16 rows are enough, for GELU 64.
        scales: weight scales `(scales,)`, above 0.

    Raises:
        ValueError: the net normalises or skips, or `scales` is not a vector above 0.
    """
    if net.norm != "none" or net.residual != "none":
        raise ValueError(f"the net must have no norm and no skip; got {net.norm}, {net.residual}")
    if scales.ndim != 1 or len(scales) == 0:
        raise ValueError(f"scales must be a vector, got shape {tuple(scales.shape)}")
    for scale in scales.tolist():
        require_positive(scale=scale)
    layers = [layer for layer in net.layers if isinstance(layer, Layer)]
    together = max(1, CACHE // (2 * len(x) * layers[0].out_features * x.element_size()))
    sweeps = [_sweep(layers, x, part) for part in scales.to(x).split(together)]
    h, t = (torch.cat(parts, dim=1).cpu().double() for parts in zip(*sweeps, strict=True))
    taken = (h / h.clamp(FLOOR, CEILING)).log10()
    signal = (h / layers[0].out_features ** 0.5).log10() + taken.cumsum(0) - taken
    tangent = t.log10().cumsum(0)
    return GrowthMap(
        net.activation,
        scales=scales.cpu().double().numpy(),
        signal=signal.numpy(),
        tangent=(tangent - tangent[0]).numpy(),
    )


def _sweep(layers: list[Layer], x: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """Norms of signal and tangent before rescaling, both `(depths, scales, batch)`."""
    scale = scales.repeat_interleave(len(x)).view(-1, 1)  # one row for each scale and example
    with torch.no_grad(), forward_ad.dual_level():
        h = layers[0].activation(scale * (x @ layers[0].draw.T).repeat(len(scales), 1))
        t = torch.randn(len(x), h.shape[1], generator=generator(0)).to(h).repeat(len(scales), 1)
        h_norms, t_norms = [_row_norms(h)], [_row_norms(t)]
        for layer in layers[1:]:
            z = (h @ layer.draw.T).mul_(scale * h_norms[-1].clamp(FLOOR, CEILING) / h_norms[-1])
            dz = (t @ layer.draw.T).mul_(scale / t_norms[-1])
            h, t = forward_ad.unpack_dual(layer.activation(forward_ad.make_dual(z, dz)))
            h_norms.append(_row_norms(h))
            t_norms.append(_row_norms(t))
    shape = (len(layers), len(scales), len(x))
    return torch.stack(h_norms).view(shape), torch.stack(t_norms).view(shape)
