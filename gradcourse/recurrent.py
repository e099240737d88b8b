"""Recurrent networks whose recurrent weight scale is a dial."""

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Generator, Tensor, nn

from gradcourse.activations import choose, require_positive, require_whole

Draw = Callable[[Tensor, Generator | None], Tensor]


def _gaussian(w: Tensor, g: Generator | None) -> Tensor:
    return nn.init.normal_(w, std=len(w) ** -0.5, generator=g)


def _radius(w: Tensor, g: Generator | None) -> Tensor:
    return _gaussian(w, g).div_(torch.linalg.eigvals(w).abs().max())


DRAWS: dict[str, Draw] = {
    "gaussian": _gaussian,
    "radius": _radius,
    "orthogonal": lambda w, g: nn.init.orthogonal_(w, generator=g),
    "torch": lambda w, g: nn.init.uniform_(w, -(len(w) ** -0.5), len(w) ** -0.5, generator=g),
}
CELLS: dict[str, tuple[Callable[..., nn.RNNBase], int, int]] = {  # gates, which one keeps
    "rnn": (nn.RNN, 1, 0),
    "lstm": (nn.LSTM, 4, 1),
    "gru": (nn.GRU, 3, 1),
}


class RecurrentNet(nn.Module):
    """A recurrent net that reads a sequence and answers once, from its last state.

    The recurrent weight W of each gate is `scale` times a square draw from `init`; the input
    weights are N(0, 1 / in_features); biases start at 0 but for `forget_bias`. The readout is
    drawn first, then the input weights, then W: nets from one seed differ in their dials only.

    Args:
        in_features, width, out_features: units of the input, the state, the output.
        cell: rnn (tanh), lstm or gru: torch's own modules.
        scale: factor on every recurrent weight, above 0.
        init: gaussian, W_ij ~ N(0, scale² / width), whose spectral radius is about `scale` and
            whose largest singular value is about twice that; radius, the same draw with a
            spectral radius of exactly `scale`; orthogonal, all singular values `scale`; torch,
            U(±scale / √width), with scale 1 the weights of torch's default.
        forget_bias: bias of the gate that keeps the state: the LSTM's forget gate, the GRU's
            update gate. The rnn has none.
        generator: where the draws come from; torch's global generator if None.

    Raises:
        ValueError: a number is out of range or a name unknown; the message lists the names.
    """

    draw: Tensor  # recurrent weight at scale 1, `(gates * width, width)`

    def __init__(
        self,
        in_features: int,
        *,
        width: int = 50,
        out_features: int = 10,
        cell: str = "rnn",
        scale: float = 1.0,
        init: str = "gaussian",
        forget_bias: float = 0.0,
        generator: Generator | None = None,
    ):
        require_whole(in_features=in_features, width=width, out_features=out_features)
        require_positive(scale=scale)
        fill = choose("init", init, DRAWS)
        kind, gates, keeps = choose("cell", cell, CELLS)
        super().__init__()
        self.cell, self.scale, self.forget_bias = cell, scale, forget_bias
        self._fixed: dict[str, Any] = {
            "in_features": in_features,
            "width": width,
            "out_features": out_features,
        }
        self.readout = nn.utils.skip_init(nn.Linear, width, out_features)
        empty = kind(in_features, width, batch_first=True, device="meta")  # draws nothing
        self.rnn = empty.to_empty(device="cpu")
        self._keep = slice(keeps * width, (keeps + 1) * width) if gates > 1 else slice(0)
        with torch.no_grad():
            nn.init.normal_(self.readout.weight, std=width**-0.5, generator=generator)
            nn.init.normal_(self._own("weight_ih"), std=in_features**-0.5, generator=generator)
            blocks = [fill(torch.empty(width, width), generator) for _ in range(gates)]
            for bias in (self.readout.bias, self._own("bias_ih"), self._own("bias_hh")):
                nn.init.zeros_(bias)
        self.register_buffer("draw", torch.cat(blocks), persistent=False)
        self._turn(scale, forget_bias)

    def _own(self, name: str) -> Tensor:
        return self.rnn.get_parameter(f"{name}_l0")

    def _turn(self, scale: float, forget_bias: float) -> None:
        with torch.no_grad():
            self._own("weight_hh").copy_(scale * self.draw)
            self._own("bias_ih")[self._keep] = forget_bias

    def forward(self, x: Tensor) -> Tensor:
        """Outputs `(batch, out_features)` of sequences `(batch, time, in_features)`."""
        states, _ = self.rnn(x)
        answer: Tensor = self.readout(states[:, -1])
        return answer

    def at(self, *, scale: float | None = None, forget_bias: float | None = None) -> Self:
        """A fresh net with other dials and the same draws; of a trained net, its trained rest.

        Raises:
            ValueError: `scale` is not above 0.
        """
        scale = self.scale if scale is None else scale
        bias = self.forget_bias if forget_bias is None else forget_bias
        net = type(self)(
            **self._fixed, cell=self.cell, scale=scale, forget_bias=bias, generator=Generator()
        ).to(self.draw)
        net.load_state_dict(self.state_dict())
        net.draw.copy_(self.draw)
        net._turn(scale, bias)
        return net
