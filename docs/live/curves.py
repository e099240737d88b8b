"""From a table back to what a lesson's `look` returns, so that the lesson can draw and tell it.

`live.js` does the same on a page; the tests compare the two, and this with the lesson's own `look`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

import gradcourse as gr
from docs.live.measure import Measured
from docs.live.table import Values

# The lessons compute in float32. A tensor's largest entry is about 4.5 times its root mean square,
# so these are the log10 of root mean squares below which all is 0, and above which one is inf.
LOWEST, HIGHEST = -45.8, 37.9
DELTA = 0.95  # norm of the loss's gradient at the output for one example, over the batch's size


def sizes(logs: Values, entries: int = 1) -> Values:
    """Norms of tensors of so many entries from their log10: 0 or inf beyond float32."""
    inside = logs - math.log10(entries) / 2
    found = 10.0 ** np.where(inside < LOWEST, -np.inf, np.where(inside > HIGHEST, np.inf, logs))
    return np.asarray(found)


def float32_pass(
    signal: Values, error: Values, entries: int, *, closed: bool = False
) -> tuple[Values, Values]:
    """Norms of signals and error signals in float32, from log10 norms of both.

    Where the signal overflowed there is no error signal; where it is 0 and the activation is
    closed at 0, none comes through.
    """
    forward, back = sizes(signal, entries), sizes(error, entries)
    if not np.isfinite(forward).all():
        back = np.full_like(back, np.nan)
    elif closed and forward[-1] == 0:
        back[:-1] = 0
    return forward, back


def deep_net(m: Measured, depth: int, scale: float, activation: str) -> gr.Profile:
    """Lesson 02: a `Profile` of 16 digits in layers of 128 units."""
    dials = {"scale": scale, "activation": activation}
    signal, tangent = (m.columns[name].at(**dials)[:depth] for name in ("signal", "tangent"))
    coherence, entries = m.columns["coherence"].at(**dials)[:depth], 16 * 128
    error = tangent[-1] - tangent + math.log10(DELTA / 4)
    read = np.append(0.0, signal[:-1])  # what a layer reads; x has about size 1
    forward, back = float32_pass(
        signal + math.log10(entries) / 2, error, entries, closed=activation == "relu"
    )
    gradient = sizes(error + read + coherence, 128 * 128)
    gradient = np.where(np.isfinite(back), np.where(back > 0, gradient, 0.0), np.inf)
    none = np.full(depth + 1, np.nan)
    return gr.Profile(
        layers=(*(f"layers.{i + 1}" for i in range(depth)), "readout"),
        activation=np.append(forward, 0.0 if np.isfinite(forward[-1]) else np.inf),
        error=np.append(np.where(np.isnan(back), np.inf, back), DELTA / 4),
        weight_gradient=np.append(gradient, 0.0),
        weight=none, update=none, dead=none, saturated=none,
        size=np.append(np.full(depth, entries), 160), dtype=("float32",) * (depth + 1),
    )  # fmt: skip


def through_time(
    m: Measured,
    T: int,  # noqa: N803
    scale: float,
    cell: str,
    bias: float,
    size: float,
) -> tuple[Values, Values, float]:
    """Lesson 03: error signal k = 0 … T - 1 steps back, what each step lets through, theory."""
    dials = {"bias": bias, "size": size, "scale": scale}
    tangent, passes = (
        m.columns[f"{cell} {name}"].at(**dials)[:T] for name in ("tangent", "passes")
    )
    end = m.columns.get(f"{cell} end", m.columns[f"{cell} tangent"]).at(**dials)[T - 1]
    error = 10 ** np.append(0.0, (end - tangent[:-1])[::-1])
    if cell != "rnn":
        return error, passes[::-1], 1 / (1 + math.exp(-bias))
    row, place = m.numbers["size"].index(size), m.numbers["scale"].index(scale)
    return error, passes[::-1], m.numbers["growth"][row][place]


def initialisation(
    m: Measured, depth: int, factor: float, activation: str, scheme: str
) -> tuple[torch.Tensor, float]:
    """Lesson 06: signals `(depth, 1)` of the right size, and the error signal's first over last."""
    dials = {"scheme": scheme, "activation": activation, "factor": factor}
    signal, tangent = (m.columns[name].at(**dials)[:depth] for name in ("signal", "tangent"))
    last = math.log10(DELTA / math.sqrt(12))
    forward, first = sizes(signal), sizes(last + tangent[-1:] - tangent[:1], 12 * 128)[0]
    ratio = float(first / 10**last) if np.isfinite(forward).all() else math.nan
    return torch.tensor(forward)[:, None], ratio


def normalised(
    m: Measured, depth: int, scale: float, norm: str, batch: int
) -> tuple[Values, Values]:
    """Lesson 07: norms of error signals and of signals, layer 1 first."""
    dials = {"batch": batch, "scale": scale}
    signal, tangent = (m.columns[f"{norm} {n}"].at(**dials)[:depth] for n in ("signal", "tangent"))
    error = tangent[-1] - tangent + math.log10(DELTA / math.sqrt(batch))
    return float32_pass(signal, error, batch * 64, closed=True)[::-1]


def residual(m: Measured, blocks: int, scale: float, kind: str) -> tuple[Values, Values]:
    """Lesson 08: root mean squares of signals and norms of error signals, l = 0 … L."""
    like, power = m.numbers["aliases"].get(kind, (kind, 0))
    dials = {"kind": like, "scale": scale / blocks**power}
    signal, tangent = (m.columns[n].at(**dials)[: blocks + 1] for n in ("signal", "tangent"))
    error = tangent[-1] - tangent + math.log10(64)  # norm of a standard normal (64, 64)
    forward, back = float32_pass(signal + math.log10(64), error, 64 * 64, closed=kind == "plain")
    return forward / 64, back


RESULTS: Mapping[str, Callable[..., Any]] = {
    "02": deep_net, "03": through_time, "06": initialisation, "07": normalised, "08": residual,
}  # fmt: skip
