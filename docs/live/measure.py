"""The tables of the five lessons, measured on the lessons' own nets.

Each net is run once, at its full depth and all scales at once, mostly in float64. Beside its
signal it carries a tangent, a small random change: growth.py's docstring says why the tangent's
sizes at the layers estimate the error signals of every depth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import vmap
from torch.nn import functional as F

import gradcourse as gr
from docs.live import cells
from docs.live.sweep import State, logs
from docs.live.table import Column, column
from gradcourse.growth import log_rms

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


def deep_nets(explorer: Any, names: Names) -> Measured:
    """Lesson 02. `coherence`: log10 of ‖∂L/∂W_l‖ over ‖∂L/∂h_l‖ and the rms of h_{l-1}."""
    scales, x, base = grid(explorer.controls["scale"]), names["few_x"], names["base"]
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
                [[_coherence(base, x, names["few_y"], a, s) for s in few] for a in activations],
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
        found = [
            cells.curves(cell, names, dials["T"].max, ([bias], sizes, scales)) for bias in inner
        ]
        for name in found[0]:
            whole = torch.stack([rows[name] for rows in found]).view(*map(len, axes.values()), -1)
            step = 0.005 if name == "passes" else 0.02
            columns[f"{cell} {name}"] = column(axes, whole.numpy(), step=step, every=2)
    theory = [[gr.growth_per_layer("tanh", g, bias_scale=size) for g in scales] for size in sizes]
    return Measured(columns, {"bias": biases, "size": sizes, "scale": scales, "growth": theory})


def initialisations(explorer: Any, names: Names) -> Measured:
    """Lesson 06. `shape`: the lesson's own histograms, in so many shades, at every third layer.

    ReLU and linear nets have one shape at all scales, since a factor only makes it larger.
    """
    dials, x = explorer.controls, names["few_x"]
    schemes, activations = list(dials["scheme"].options), list(dials["activation"].options)
    factors, few = grid(dials["factor"], step=0.1), grid(dials["factor"], step=0.2)
    nets = [[names["bases"][s].at(activation=a) for a in activations] for s in schemes]
    found = [[gr.growth_map(net, x, torch.tensor(factors)) for net in row] for row in nets]
    axes = {"scheme": schemes, "activation": activations, "factor": factors}
    bins = list(range(names["BINS"]))
    artists = explorer.setup(Figure(figsize=(explorer.width, explorer.height)))
    shape = [[_shapes(explorer, artists, s, a, few) for a in activations] for s in schemes]
    return Measured(
        {
            "signal": column(axes, [[log_rms(m.signal).T for m in row] for row in found]),
            "tangent": column(axes, [[log_rms(m.tangent).T for m in row] for row in found]),
            "shape": column(axes | {"factor": few, "bin": bins}, shape, step=1, every=3),
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
    weights = names["weights"].double()

    def step(norm: str, layer: int, scale: Tensor, h: Tensor) -> State:
        z = scale[:, None, None] * (h @ weights[layer].T)
        return (torch.relu(vmap(names["norms"][norm])(z)),)

    for norm in dials["norm"].options:
        several = scales if norm == "none" else [0.3, 0.5, 1.0, 2.0, 4.0]
        nets, axes = torch.tensor(several).double(), {"batch": batches, "scale": several}
        runs = [
            logs(partial(step, norm), len(weights), nets, (names["images"][:batch],))
            for batch in batches
        ]
        for name, rows in zip(("signal", "tangent"), zip(*runs, strict=True), strict=True):
            columns[f"{norm} {name}"] = column(axes, torch.stack(rows).numpy())
    return Measured(columns, {"scale": scales, "growth": names["tables"]})


def residual(explorer: Any, names: Names) -> Measured:
    """Lesson 08. A kind "…/√L" is another kind at a smaller scale, by `aliases`."""
    aliases = {"x + f(x)/√L": ("x + f(x)", 1 / 2), "block of B, branch/√L": ("block of B", 1 / 4)}
    kinds = [kind for kind in names["KINDS"] if kind not in aliases]
    stops = grid(explorer.controls["scale"])
    scales = [0.035, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, *stops]
    nets = torch.tensor(scales).double()
    weights = [(A.double(), B.double()) for A, B in names["drawn"]]

    def step(kind: str, block: int, scale: Tensor, h: Tensor) -> State:
        if block == 0:
            return (h,)
        return (vmap(partial(one, kind, block))(scale, h),)

    def one(kind: str, block: int, scale: Tensor, h: Tensor) -> Tensor:
        A, B = (scale * weight for weight in weights[block - 1])
        b = SimpleNamespace(A=A, B=B, norm=names["bn"], alpha=0.0, blocks=1)
        made: Tensor = names["KINDS"][kind](b, h)
        return made

    layers = len(weights) + 1
    runs = [logs(partial(step, kind), layers, nets, (names["h0"],)) for kind in kinds]
    signal, tangent = (torch.stack(rows).numpy() for rows in zip(*runs, strict=True))
    axes = {"kind": kinds, "scale": scales}
    columns = {
        "signal": column(axes, signal - np.log10(64)),  # of a norm of 64 × 64, its rms
        "tangent": column(axes, tangent),
    }
    return Measured(columns, {"scale": stops, "aliases": aliases})


MEASURES: Mapping[str, Callable[[Any, Names], Measured]] = {
    "02": deep_nets, "03": through_time, "06": initialisations, "07": normalised, "08": residual,
}  # fmt: skip
