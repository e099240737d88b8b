"""The tables of the five lessons, measured on the lessons' own nets.

Each net is run once, at its full depth and all scales at once, mostly in float64. Beside its signal it
carries a tangent, a small random change: growth.py's docstring says why the tangent's sizes at
the layers estimate the error signals of every depth.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import jvp, vmap  # type: ignore[attr-defined]
from torch.nn import functional as F

import gradcourse as gr
from docs.live.table import Column, column
from gradcourse.growth import log_rms

State = tuple[Tensor, ...]
Names = Mapping[str, Any]
SHADES = 16  # of a histogram


@dataclass(frozen=True)
class Measured:
    """What was measured for a lesson: curves by name, and numbers that JSON holds as they are."""

    columns: Mapping[str, Column]
    numbers: Mapping[str, Any] = field(default_factory=dict)


def grid(control: Any, *, start: float | None = None, step: float | None = None) -> list[float]:
    """The numbers at which a slider stops; fewer with a later start or a wider step."""
    start, step = start or control.min, step or control.step
    stops: list[float] = np.arange(start, control.max + step / 2, step).round(6).tolist()
    return stops


def sweep(
    step: Callable[..., State], layers: int, dials: Tensor, start: State
) -> Iterator[tuple[State, State, Tensor]]:
    """State, tangent of length 1, and log10 of how long it had become, at each layer.

    Args:
        step: `(layer, dials, *state)` → the next state, for one net.
        dials: one net for each `(nets, …)`; all are run together, in the dials' number format.
        start: what the first layer reads, the same for all nets. A random change is added to
            the last part of what it gives, and pushed on.
    """
    whole = [part.to(dials).expand(len(dials), *part.shape) for part in start]
    state: State = vmap(partial(step, 0))(dials, *whole)
    grown = torch.zeros(len(dials)).double()
    change = torch.randn(state[-1].shape[1:], generator=gr.generator(0)).to(dials)
    change = change.expand_as(state[-1])
    tangent = (*map(torch.zeros_like, state[:-1]), change)
    for layer in range(layers):
        if layer:
            state, tangent = vmap(partial(_pushed, partial(step, layer)))(dials, state, tangent)
        length = norms(*tangent)
        tangent = tuple(t / length.view(-1, *[1] * (t.ndim - 1)) for t in tangent)
        grown = grown + length.double().log10()
        yield state, tangent, grown


def _pushed(step: Callable[..., State], dials: Tensor, state: State, tangent: State) -> Any:
    return jvp(partial(step, dials), state, tangent)


def norms(*parts: Tensor) -> Tensor:
    """Root of the sum of squares of each net's tensors `(nets, …)` together, `(nets,)`."""
    return torch.cat([part.flatten(1) for part in parts], dim=1).norm(dim=1)


def deep_nets(explorer: Any, names: Names) -> Measured:
    """Lesson 02. `coherence`: log10 of ‖∂L/∂W_l‖ over ‖∂L/∂h_l‖ and the rms of h_{l-1}."""
    scales, x, base = grid(explorer.controls["scale"]), names["x"], names["base"]
    activations = list(explorer.controls["activation"].options)
    found = [gr.growth_map(base.at(activation=a), x, torch.tensor(scales)) for a in activations]
    axes = {"activation": activations, "scale": scales}
    few = [0.3, 0.6, *grid(explorer.controls["scale"], start=1.0, step=0.5)]
    return Measured(
        {
            "signal": column(axes, [log_rms(m.signal).T for m in found]),
            "tangent": column(axes, [log_rms(m.tangent).T for m in found]),
            "coherence": column(
                {"activation": activations, "scale": few},
                [[_coherence(base, x, names["y"], a, s) for s in few] for a in activations],
            ),
        },
        {
            "growth": {a: [gr.growth_per_layer(a, s) for s in scales] for a in activations},
            "critical": {a: gr.critical_scale(a) for a in activations},
            "scale": scales,
        },
    )


def _coherence(base: Any, x: Tensor, y: Tensor, activation: str, scale: float) -> Any:
    net = base.at(activation=activation, scale=scale).double()
    with gr.watch(net) as seen:
        F.cross_entropy(net(x.double()), y).backward()
    profile, depth = seen.profile, base.depth
    read = np.append(1.0, profile.rms[: depth - 1])  # what a layer reads; the first reads x
    return np.log10(profile.weight_gradient[:depth] / profile.error[:depth] / read)


def through_time(explorer: Any, names: Names) -> Measured:
    """Lesson 03. `end`: the part of an LSTM's tangent that an error signal in h alone meets."""
    dials = explorer.controls
    biases, sizes = grid(dials["bias"], step=1), grid(dials["size"])
    scales, columns = grid(dials["scale"], start=0.4, step=0.2), {}
    for cell, inner in (("rnn", [0.0]), ("lstm", biases), ("gru", biases)):
        axes = {"bias": inner, "size": sizes, "scale": scales}
        found = [_cells(cell, names, dials["T"].max, bias, sizes, scales) for bias in inner]
        for name in found[0]:
            whole = torch.stack([rows[name] for rows in found]).view(*map(len, axes.values()), -1)
            step = 0.005 if name == "passes" else 0.02
            columns[f"{cell} {name}"] = column(axes, whole.numpy(), step=step, every=2)
    theory = [[gr.growth_per_layer("tanh", g, bias_scale=size) for g in scales] for size in sizes]
    return Measured(columns, {"bias": biases, "size": sizes, "scale": scales, "growth": theory})


def _cells(
    cell: str, names: Names, steps: int, bias: float, sizes: list[float], scales: list[float]
) -> dict[str, Tensor]:
    """Curves of all input sizes and scales at one forget bias, `(nets, steps)` each."""
    dtype = torch.float64 if cell == "rnn" else torch.float32  # an rnn can be chaotic
    nets = torch.cartesian_prod(*(torch.tensor(axis) for axis in ([bias], sizes, scales))).to(dtype)
    step, passes, start = _recurrent(cell, names, dtype)
    rows: dict[str, list[Tensor]] = {"tangent": [], "passes": []} | ({"end": []} if cell == "lstm" else {})
    before = start[0].expand(len(nets), *start[0].shape)
    for t, (now, tangent, grown) in enumerate(sweep(step, steps, nets, start)):
        rows["tangent"].append(grown)
        rows["passes"].append(vmap(partial(passes, t))(nets, before, now[0]))
        if "end" in rows:
            rows["end"].append(grown + (2**0.5 * norms(tangent[0])).log10())
        before = now[0]
    return {name: torch.stack(noted, dim=-1) for name, noted in rows.items()}


def _recurrent(
    cell: str, names: Names, dtype: torch.dtype
) -> tuple[Callable[..., State], Callable[..., Tensor], State]:
    """A step of a cell, what a step lets through, and the first state. Dials: bias, size, scale.

    The equations are the lesson's `way_back`, `lstm_back` and `gru_back`.
    """
    given = (names["normals"][cell], names["noises"][cell], names["start"], names["keeps"])
    W, noise, start, keep = (torch.tensor(each, dtype=dtype) for each in given)
    keep = keep[: len(W)]

    def inner(t: int, dials: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        return dials[2] * (h @ W.T), dials[1] * noise[t] + (dials[0] * keep if cell != "rnn" else 0)

    def rnn(t: int, dials: Tensor, h: Tensor) -> State:
        return (sum(inner(t, dials, h)).tanh(),)  # type: ignore[union-attr]

    def lstm(t: int, dials: Tensor, h: Tensor, c: Tensor) -> State:
        i, f, g, o = sum(inner(t, dials, h)).split(50, dim=-1)  # type: ignore[union-attr]
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def gru(t: int, dials: Tensor, h: Tensor) -> State:
        (r, z, n), drive = (part.split(50, dim=-1) for part in inner(t, dials, h))
        z = (z + drive[1]).sigmoid()
        return ((1 - z) * (drive[2] + (r + drive[0]).sigmoid() * n).tanh() + z * h,)

    def passes(t: int, dials: Tensor, before: Tensor, now: Tensor) -> Tensor:
        if cell == "rnn":
            return (1 - now**2).square().mean().sqrt()
        gate = dials[2] * (before @ W[50:100].T) + dials[1] * noise[t, :, 50:100]
        return (gate + dials[0] * keep[50:100]).sigmoid().mean()

    first = (start,) if cell == "rnn" else (start.tanh(), start) if cell == "lstm" else (start.tanh(),)
    return {"rnn": rnn, "lstm": lstm, "gru": gru}[cell], passes, first


def initialisations(explorer: Any, names: Names) -> Measured:
    """Lesson 06. `shape`: the lesson's own histograms, in so many shades, at every third layer.

    ReLU and linear nets have one shape at all scales, since a factor only makes it larger.
    """
    dials, x = explorer.controls, names["few_x"]
    schemes, activations = list(dials["scheme"].options), list(dials["activation"].options)
    factors, few = grid(dials["factor"], step=0.1), grid(dials["factor"], step=0.2)
    found = [
        [gr.growth_map(names["bases"][s].at(activation=a), x, torch.tensor(factors)) for a in activations]
        for s in schemes
    ]  # fmt: skip
    axes = {"scheme": schemes, "activation": activations, "factor": factors}
    artists = explorer.setup(Figure(figsize=(explorer.width, explorer.height)))
    shape = [[_shapes(explorer, artists, s, a, few) for a in activations] for s in schemes]
    return Measured(
        {
            "signal": column(axes, [[log_rms(m.signal).T for m in row] for row in found]),
            "tangent": column(axes, [[log_rms(m.tangent).T for m in row] for row in found]),
            "shape": column({**axes, "factor": few, "bin": list(range(names["BINS"]))}, shape, step=1, every=3),
        },
        {
            "factor": factors, "critical": names["critical_scales"], "shades": SHADES,
            "sigma": {scheme: sigma for scheme, (_, sigma) in names["schemes"].items()},
        },
    )  # fmt: skip


def _shapes(explorer: Any, artists: Any, scheme: str, activation: str, factors: list[float]) -> Any:
    """What the lesson's `draw` makes of the deepest net: `(factors, bins, layers)` in shades."""
    found: list[Any] = []
    for factor in factors:
        dials = {"depth": 100, "factor": factor, "activation": activation, "scheme": scheme}
        if activation in ("relu", "linear"):
            dials["factor"] = 1.0
        if not found or dials["factor"] != 1.0:
            explorer.draw(artists, explorer.compute(**dials), **dials)
            found.append(np.round(SHADES * np.asarray(artists["shape"].get_array())))
        else:
            found.append(found[0])
    return found


def normalised(explorer: Any, names: Names) -> Measured:
    """Lesson 07. A normalised net feels its weight scale by rounding only: few scales will do."""
    dials, columns = explorer.controls, {}
    scales, batches = grid(dials["scale"]), list(dials["batch"].options)
    for norm in dials["norm"].options:
        several = scales if norm == "none" else [0.3, 0.5, 1.0, 2.0, 4.0]
        nets = torch.tensor(several).double()

        def step(layer: int, scale: Tensor, h: Tensor, norm: str = norm) -> State:
            return (torch.relu(names["norms"][norm](scale * (h @ weights[layer].T))),)

        weights = names["weights"].double()
        rows: dict[str, list[Tensor]] = {"signal": [], "tangent": []}
        for batch in batches:
            found = list(sweep(step, len(weights), nets, (names["images"][:batch],)))
            rows["signal"].append(torch.stack([norms(*h).log10() for h, _, _ in found], dim=-1))
            rows["tangent"].append(torch.stack([grown for _, _, grown in found], dim=-1))
        axes = {"batch": batches, "scale": several}
        for name, found_rows in rows.items():
            columns[f"{norm} {name}"] = column(axes, torch.stack(found_rows).numpy())
    return Measured(columns, {"scale": scales, "growth": names["tables"]})


def residual(explorer: Any, names: Names) -> Measured:
    """Lesson 08. A kind "…/√L" is another kind at a smaller scale, by `aliases`."""
    aliases = {"x + f(x)/√L": ("x + f(x)", 1 / 2), "block of B, branch/√L": ("block of B", 1 / 4)}
    kinds = [kind for kind in names["KINDS"] if kind not in aliases]
    stops = grid(explorer.controls["scale"])
    scales = [0.035, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, *stops]
    nets = torch.tensor(scales).double()
    weights = [(A.double(), B.double()) for A, B in names["drawn"]]
    signal, tangent = [], []
    for kind in kinds:

        def step(block: int, scale: Tensor, h: Tensor, kind: str = kind) -> State:
            if block == 0:
                return (h,)
            A, B = (scale * weight for weight in weights[block - 1])
            b = SimpleNamespace(A=A, B=B, norm=names["bn"], alpha=0.0, blocks=1)
            return (names["KINDS"][kind](b, h),)

        found = list(sweep(step, len(weights) + 1, nets, (names["h0"],)))
        signal.append(torch.stack([norms(*h).log10() for h, _, _ in found], dim=-1))
        tangent.append(torch.stack([grown for _, _, grown in found], dim=-1))
    axes = {"kind": kinds, "scale": scales}
    columns = {"signal": column(axes, torch.stack(signal).numpy() - np.log10(64))}
    columns["tangent"] = column(axes, torch.stack(tangent).numpy())
    return Measured(columns, {"scale": stops, "aliases": aliases})


MEASURES: Mapping[str, Callable[[Any, Names], Measured]] = {
    "02": deep_nets, "03": through_time, "06": initialisations, "07": normalised, "08": residual,
}  # fmt: skip
