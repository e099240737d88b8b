"""Lesson 03's three cells, many nets at once. The lesson's own run one net, backwards."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from docs.live.sweep import State, norms, sweep


def curves(
    kind: str, names: Mapping[str, Any], steps: int, axes: tuple[list[float], ...]
) -> dict[str, Tensor]:
    """Curves of all nets of a kind, `(nets, steps)` each.

    Args:
        axes: forget biases, input sizes and recurrent scales; a net for each of all three.

    Returns:
        `passes`, what a step lets through; `tangent`, log10 of its length; and of an LSTM
        `end`, the same of the part that meets an error signal in h alone.
    """
    dtype = torch.float64 if kind == "rnn" else torch.float32  # an rnn can be chaotic
    nets = torch.cartesian_prod(*map(torch.tensor, axes)).to(dtype)[:, :, None, None]
    step, passes, start = cell(kind, names, dtype)
    rows: dict[str, list[Tensor]] = {"tangent": [], "passes": [], "end": []}
    before = start[0].expand(len(nets), *start[0].shape)
    for t, (state, tangent, grown) in enumerate(sweep(step, steps, nets, start)):
        rows["tangent"].append(grown)
        rows["passes"].append(passes(t, nets, before, state[0]))
        if kind == "lstm":
            rows["end"].append(grown + (2**0.5 * norms(tangent[0])).log10())
        before = state[0]
    return {name: torch.stack(row, dim=-1) for name, row in rows.items() if row}


def cell(
    kind: str, names: Mapping[str, Any], dtype: torch.dtype
) -> tuple[Callable[..., State], Callable[..., Tensor], State]:
    """A step, what a step lets through, and the first state. Dials are bias, size and scale.

    The equations and draws are those of `way_back`, `lstm_back`, `gru_back` and `look`.
    """
    given = (names["normals"][kind], names["noises"][kind], names["start"], names["keeps"])
    W, noise, start, keep = (torch.tensor(each, dtype=dtype) for each in given)
    keep = 0 * noise[0] if kind == "rnn" else keep[: len(W)]

    def drive(t: int, dials: Tensor) -> Tensor:
        return dials[:, 1] * noise[t] + dials[:, 0] * keep

    def rnn(t: int, dials: Tensor, h: Tensor) -> State:
        return (torch.tanh(dials[:, 2] * (h @ W.T) + drive(t, dials)),)

    def lstm(t: int, dials: Tensor, h: Tensor, c: Tensor) -> State:
        i, f, g, o = (dials[:, 2] * (h @ W.T) + drive(t, dials)).split(50, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def gru(t: int, dials: Tensor, h: Tensor) -> State:
        r, z, n = (dials[:, 2] * (h @ W.T)).split(50, dim=-1)
        to_r, to_z, to_n = drive(t, dials).split(50, dim=-1)
        z = (z + to_z).sigmoid()
        return ((1 - z) * (to_n + (r + to_r).sigmoid() * n).tanh() + z * h,)

    def slope(t: int, dials: Tensor, before: Tensor, h: Tensor) -> Tensor:
        return (1 - h**2).square().mean(dim=(1, 2)).sqrt()

    def gate(t: int, dials: Tensor, before: Tensor, h: Tensor) -> Tensor:
        z = dials[:, 2] * (before @ W[50:100].T) + drive(t, dials)[..., 50:100]
        return z.sigmoid().mean(dim=(1, 2))

    first = start.tanh()
    if kind == "rnn":
        return rnn, slope, (start,)
    return (lstm, gate, (first, start)) if kind == "lstm" else (gru, gate, (first,))
