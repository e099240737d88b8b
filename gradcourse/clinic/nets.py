"""From a recipe to a network: the package's own nets, and two small ones that only live here."""

from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gradcourse.clinic.recipe import Recipe
from gradcourse.nets import INITS, DeepNet
from gradcourse.recurrent import RecurrentNet

RATE = 0.5  # share of units that a dropout layer silences
HEADS = 4


def build(recipe: Recipe, draws: Generator) -> nn.Module:
    """The untrained network of a recipe; every random number comes from `draws`."""
    if recipe.net == "recurrent":
        return RecurrentNet(
            6, width=recipe.width, out_features=4, cell=recipe.cell, scale=recipe.scale,
            init=recipe.init, forget_bias=1.0, generator=draws,
        )  # fmt: skip
    if recipe.net == "attention":
        return AttentionNet(recipe.depth, recipe.width, recipe.norm == "pre-LN", draws)
    net = DeepNet(
        recipe.depth, width=recipe.width, activation=recipe.activation, scale=recipe.scale,
        init=uniform if recipe.init == "uniform(0.9, 1.1)" else recipe.init,
        norm=recipe.norm, residual=recipe.residual, generator=draws,
    )  # fmt: skip
    if recipe.dropout == "before norm":
        for layer in net.layers:
            layer.norm = nn.Sequential(Dropout(draws), cast(nn.Module, layer.norm))
    elif recipe.dropout == "before readout":
        net.layers.append(Dropout(draws))
    if recipe.precision != "float32":
        return Mixed(net, getattr(torch, recipe.precision))
    return net


def uniform(w: Tensor, draws: Generator | None) -> Tensor:
    """Fills `w` from U(0.9, 1.1), as source C does: a small spread around the mean 1."""
    return w.uniform_(0.9, 1.1, generator=draws)


class Dropout(nn.Module):
    """`nn.Dropout` that draws its masks from a generator of its own."""

    def __init__(self, draws: Generator):
        super().__init__()
        self.draws = draws

    def forward(self, h: Tensor) -> Tensor:
        """Behind inverted dropout: units are silenced in training, nothing happens in use."""
        if not self.training:
            return h
        kept = torch.rand(h.shape, generator=self.draws) >= RATE
        return h * kept / (1 - RATE)


class Mixed(nn.Module):
    """A net whose linear layers compute in a narrow format; weights stay in float32."""

    def __init__(self, net: nn.Module, dtype: torch.dtype):
        super().__init__()
        self.net, self.dtype = net, dtype

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=self.dtype):
            logits: Tensor = self.net(x)
        return logits.float()


def linear(fan_in: int, fan_out: int, draws: Generator) -> nn.Linear:
    """A linear layer with Xavier's weights and biases of 0."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out)
    INITS["xavier"](layer.weight, draws)
    nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """A Transformer block: attention, then a small MLP, each with a skip and a LayerNorm.

    post-LN  h = norm(h + f(h))   (Vaswani et al. 2017)
    pre-LN   h = h + f(norm(h))
    """

    def __init__(self, width: int, pre: bool, draws: Generator):
        super().__init__()
        self.pre = pre
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = linear(width, 3 * width, draws), linear(width, width, draws)
        self.up, self.down = linear(width, 2 * width, draws), linear(2 * width, width, draws)

    def attend(self, h: Tensor) -> Tensor:
        """Self-attention over the tokens of `(batch, tokens, width)`."""
        q, k, v = (
            part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.qkv(h).chunk(3, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        answer: Tensor = self.out(mixed)
        return answer

    def mlp(self, h: Tensor) -> Tensor:
        """The small MLP, each token by itself."""
        answer: Tensor = self.down(torch.relu(self.up(h)))
        return answer

    def forward(self, h: Tensor) -> Tensor:
        if self.pre:
            h = h + self.attend(self.norm1(h))
            return h + self.mlp(self.norm2(h))
        h = self.norm1(h + self.attend(h))
        after: Tensor = self.norm2(h + self.mlp(h))
        return after


class AttentionNet(nn.Module):
    """A small Transformer that reads a digit as 8 rows of 8 pixels and answers once."""

    def __init__(self, depth: int, width: int, pre: bool, draws: Generator):
        super().__init__()
        self.embed = linear(8, width, draws)
        self.place = nn.Parameter(0.5 * torch.randn(8, width, generator=draws))
        self.blocks = nn.Sequential(*(Block(width, pre, draws) for _ in range(depth)))
        self.last = nn.LayerNorm(width) if pre else nn.Identity()
        self.readout = linear(width, 10, draws)

    def forward(self, x: Tensor) -> Tensor:
        h = self.blocks(self.embed(x.unflatten(1, (8, 8))) + self.place)
        logits: Tensor = self.readout(self.last(h).mean(dim=1))
        return logits
