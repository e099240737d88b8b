"""Networks whose depth and weight scale are dials."""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Self, cast

import torch
from torch import Generator, Tensor, nn

from gradcourse.activations import ACTIVATIONS, choose, require_positive, require_whole

Init = Callable[[Tensor, Generator | None], Tensor]

INITS: dict[str, Init] = {
    "lecun": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="linear", generator=g),
    "he": lambda w, g: nn.init.kaiming_normal_(w, generator=g),
    "xavier": lambda w, g: nn.init.xavier_normal_(w, generator=g),
    "orthogonal": lambda w, g: nn.init.orthogonal_(w, generator=g),
    "torch": lambda w, g: nn.init.kaiming_uniform_(w, a=math.sqrt(5), generator=g),
}
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}
RESIDUALS = {name: name for name in ("none", "plain", "scaled", "pre-norm")}


class Layer(nn.Linear):
    """One layer of a `DeepNet`: h_{l-1} in, h_l out, both `(batch, width)`.

    none      h_l = φ(norm(W h_{l-1} + b))
    plain     h_l = h_{l-1} + φ(norm(W h_{l-1} + b))
    scaled    h_l = h_{l-1} + φ(norm(W h_{l-1} + b)) / √depth
    pre-norm  h_l = h_{l-1} + W φ(norm(h_{l-1})) + b
    """

    draw: Tensor  # the weight at scale 1, which `set_weight` rescales

    def __init__(
        self, fan_in: int, width: int, activation: str, norm: str, residual: str, gain: float
    ):
        super().__init__(fan_in, width)
        nn.init.zeros_(self.bias)
        self.activation = ACTIVATIONS[activation]
        self.norm = NORMS[norm](width)
        self.residual, self.gain = residual, gain
        self.register_buffer("draw", torch.empty_like(self.weight), persistent=False)

    def reset_parameters(self) -> None:
        """Does nothing: `DeepNet` draws the weight, and torch's global generator stays put."""

    def set_weight(self, draw: Tensor, scale: float) -> None:
        """Sets the weight to `scale` times `draw`, and keeps the draw, which it may share."""
        self.draw = draw.detach().to(self.weight).expand_as(self.weight)
        with torch.no_grad():
            torch.mul(self.draw, scale, out=self.weight)

    def forward(self, h: Tensor) -> Tensor:
        if self.residual == "pre-norm":
            branch: Tensor = super().forward(self.activation(self.norm(h)))
            return h + branch
        branch = self.activation(self.norm(super().forward(h)))
        return branch if self.residual == "none" else h + self.gain * branch


class DeepNet(nn.Module):
    """A fully connected net with `depth` layers of equal `width` and a linear readout.

    The weights of the layers are `scale` times a draw from `init`; all biases start at 0. With
    the default init, W_ij ~ N(0, scale² / fan_in): `scale` is the σ_w of mean-field theory.
    The readout is drawn first, at scale 1, so nets of any depth from one seed share it and
    their first layers. The first layer changes the width and therefore has no skip.

    Args:
        depth: number of layers before the readout, at least 1.
        in_features, width, out_features: units of the input, of a layer, of the output.
        activation: linear, relu, leaky_relu, tanh, sigmoid, gelu or exp.
        scale: factor on every weight of the layers, above 0.
        init: lecun (variance 1/fan_in), he (2/fan_in), xavier, orthogonal, torch (the weights
            of `nn.Linear`'s default; it also draws its biases, which here start at 0), or a
            function that fills a weight, given it and the generator.
        norm: none, batch or layer.
        residual: none, plain, scaled or pre-norm (see `Layer`).
        generator: where the draws come from; torch's global generator if None.

    Raises:
        ValueError: a number is out of range or a name unknown; the message lists the names.
    """

    def __init__(
        self,
        depth: int,
        *,
        in_features: int = 64,
        width: int = 128,
        out_features: int = 10,
        activation: str = "relu",
        scale: float = 1.0,
        init: str | Init = "lecun",
        norm: str = "none",
        residual: str = "none",
        generator: Generator | None = None,
    ):
        sizes = {"in_features": in_features, "width": width, "out_features": out_features}
        require_whole(depth=depth, **sizes)
        require_positive(scale=scale)
        choose("activation", activation, ACTIVATIONS)
        choose("norm", norm, NORMS)
        choose("residual", residual, RESIDUALS)
        if residual == "pre-norm" and norm == "none":
            raise ValueError('residual="pre-norm" needs norm="layer" or norm="batch", got "none"')
        fill = choose("init", init, INITS) if isinstance(init, str) else init
        super().__init__()
        self.depth, self.scale, self.activation = depth, scale, activation
        self.norm, self.residual = norm, residual
        self._fixed: dict[str, Any] = {**sizes, "norm": norm, "residual": residual}
        self.readout = Layer(width, out_features, "linear", "none", "none", 1.0)
        self.readout.set_weight(INITS["lecun"](self.readout.draw, generator), 1.0)
        gain = depth**-0.5 if residual == "scaled" else 1.0
        blocks = [Layer(in_features, width, activation, norm, "none", gain)]
        blocks += [Layer(width, width, activation, norm, residual, gain) for _ in range(depth - 1)]
        for layer in blocks:
            layer.set_weight(fill(torch.empty_like(layer.draw), generator), scale)
        self.layers = nn.Sequential(OrderedDict((str(n), b) for n, b in enumerate(blocks, start=1)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(batch, out_features)` of inputs `(batch, in_features)`."""
        logits: Tensor = self.readout(self.layers(x))
        return logits

    def at(
        self, *, depth: int | None = None, scale: float | None = None, activation: str | None = None
    ) -> Self:
        """A fresh net with other dials from the same draw of the weights, before training.

        It has the first `depth` layers. No random number is drawn: only the dials' effect shows.

        Raises:
            ValueError: `depth` is more than this net has, or a dial is out of range.
        """
        depth = self.depth if depth is None else depth
        scale = self.scale if scale is None else scale
        if depth > self.depth:
            raise ValueError(f"depth must be at most {self.depth}, what this net has; got {depth}")
        dials = self._fixed | {"scale": scale, "activation": activation or self.activation}
        draws = (cast(Layer, layer).draw for layer in self.layers)
        dials |= {"init": lambda w, g: next(draws), "generator": Generator()}
        net, like = type(self)(depth, **dials), self.readout.weight
        if (like.device, like.dtype) != (net.readout.weight.device, net.readout.weight.dtype):
            net = net.to(like)  # walks through all modules: only where it must
        net.readout.set_weight(self.readout.draw, 1.0)
        return net
