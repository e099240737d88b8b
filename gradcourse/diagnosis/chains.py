"""How the error signal changes along the layers, and along the calls of one layer."""

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
from torch import nn

from gradcourse.diagnosis.advice import ADVICE, Diagnosis, tell
from gradcourse.diagnosis.weights import mean_driven, weight_gain
from gradcourse.profile import Profile

DECADES = 2.0  # a ratio of 100 between the first and the last layer; healthy nets scatter less
SUDDEN = 0.6  # share of all decades that one place must make to be the cause by itself


def compare_layers(profile: Profile, model: nn.Module | None) -> Diagnosis:
    """Exploding, vanishing or healthy, along the depth and along the calls of each module."""
    calls: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(profile.layers):
        if not math.isnan(profile.error[index]):
            calls[name.partition("#")[0]].append(index)
    depth = sorted(rows[-1] for rows in calls.values() if rows[-1] < len(profile.layers) - 1)
    chains = [(_step(name, model), _trimmed(profile, rows)) for name, rows in calls.items()]
    chains = [(per, rows) for per, rows in chains if len(rows) > 2]
    depth = [row for row in depth if profile.error[row] > 0 or row == depth[0]]
    chains += [("layer", depth)] if len(depth) > 1 else []
    if not chains:
        where = "cannot tell: fewer than two layers before the last have an error signal"
        return Diagnosis("unknown", where, math.nan, ADVICE["shallow"])
    judged = [replace(_along(profile, rows, model, per), per=per) for per, rows in chains]
    sick = [found for found in judged if found.verdict != "healthy"]
    return (sick or judged)[-1]


def _trimmed(profile: Profile, rows: list[int]) -> list[int]:
    """The rows of a chain up to the last on which the loss depends."""
    while rows and profile.error[rows[-1]] == 0:
        rows = rows[:-1]
    return rows


def _step(name: str, model: nn.Module | None) -> str:
    """What a further call of a module is: a time step, or just a call."""
    module = None if model is None else dict(model.named_modules()).get(name)
    return "time step" if isinstance(module, (nn.RNNBase, nn.RNNCellBase)) else "call"


def _along(profile: Profile, rows: list[int], model: nn.Module | None, per: str) -> Diagnosis:
    """The diagnosis of one chain of rows, from the first to the last in the forward pass."""
    error, names = profile.error[rows], [profile.layers[row] for row in rows]
    ratio = error[0] / error[-1] if error[-1] else math.inf
    alive = np.flatnonzero(error)
    span = max(int(alive[-1] - alive[0]), 1)
    growth = float((error[alive[0]] / error[alive[-1]]) ** (1 / span))
    where = f"the error signal at {names[0]} is {ratio:.2g} times that at {names[-1]}"
    if ratio > 0 and abs(math.log10(ratio)) <= DECADES:
        return Diagnosis("healthy", where, growth, ADVICE["healthy"])
    logs = np.log10(np.maximum(error / error[-1], 1e-300))
    start = int(np.flatnonzero(np.abs(logs) > DECADES)[-1])
    verdict, bound = ("exploding", "100") if ratio > 1 else ("vanishing", "1/100")
    where += f" ({profile.dtype[rows[start]]}), and passes {bound} at {names[start]}"
    jumps = np.diff(logs) / (logs[-1] - logs[0])
    place = int(jumps.argmax())
    if per != "layer":
        where += f", {len(rows) - 1 - start} {per}s before the last"
        cause = f"time {verdict}"
    elif len(rows) > 4 and jumps[place] > SUDDEN:
        where += f"; most of it happens between {names[place]} and {names[place + 1]}"
        cause = "place"
    else:
        cause = _cause(profile, rows, growth, model)
    return tell(profile, verdict, "backward", rows[start], where, cause, growth)


def _cause(profile: Profile, rows: list[int], growth: float, model: nn.Module | None) -> str:
    """Which piece of advice fits an error signal that grows or shrinks from layer to layer.

    A weight matrix multiplies it by about the root mean square of its entries times √fan_in;
    what is missing beyond ReLU's √½ is the activation's doing.
    """
    steady = 0.01 < profile.rms[rows[-1]] / profile.rms[rows[0]] < 100
    if growth > 1:
        if model is not None and mean_driven(model):
            return "mean"
        return "bounded" if steady else "large scale"
    if model is None or any("Norm" in type(module).__name__ for module in model.modules()):
        return "squashing" if steady else "small scale"
    if np.nan_to_num(profile.saturated[rows]).max() > 0.5:
        return "saturated"
    return "squashing" if growth / weight_gain(model) < 0.5 else "small scale"
