"""The rules that lead from the profile of one step to a diagnosis. The first that fits speaks."""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from gradcourse.diagnosis.advice import ADVICE, Diagnosis, span, tell
from gradcourse.diagnosis.chains import compare_layers
from gradcourse.diagnosis.weights import broken_weight, mean_driven, zero_parameter
from gradcourse.profile import Profile

DEAD = 0.9  # share of dead units from which a layer counts as dead; in deep ReLU nets .5 is usual


def judge(profile: Profile, model: nn.Module | None = None) -> Diagnosis:
    """The diagnosis of one step; with the model, its weights are asked for the cause."""
    for rule in (_input, _forward, _reached, _backward, _silent, _dead, compare_layers):
        found = rule(profile, model)
        if found is not None:
            return found
    raise AssertionError("the last rule always speaks")


def _input(profile: Profile, model: nn.Module | None) -> Diagnosis | None:
    if profile.clean_input or np.isfinite(profile.activation).all():
        return None  # a mask may hold -inf
    where = "the data that the model was given hold inf or NaN"
    return Diagnosis("non-finite", where, math.nan, ADVICE["data"], "data", "", profile.dtype[0])


def _forward(profile: Profile, model: nn.Module | None) -> Diagnosis | None:
    bad = np.isinf(profile.activation)
    if not bad.any():
        return None
    at = int(bad.argmax())
    name, dtype = profile.layers[at], profile.dtype[at]
    weights = [profile.layers[i] for i in np.flatnonzero(np.isinf(profile.weight))]
    broken = broken_weight(model) if model is not None and not weights else "".join(weights[:1])
    if broken:
        where = f"the weights {broken} hold inf or NaN, as after an update that was too large"
        return tell(profile, "non-finite", "update", at, where, "weights", math.nan)
    limit = torch.finfo(getattr(torch, dtype)).max
    where = f"the forward pass leaves the range of {dtype}, which ends at {limit:.2g}, at {name}"
    before = profile.rms[at - 1] if at else math.nan
    advice = "half" if dtype == "float16" else "forward"
    if at and before < limit**0.25 / 4:
        where = f"inf or NaN appears in the forward pass at {name} ({dtype}), where the numbers "
        where += f"before it were still of size {before:.2g}"
        advice = "invalid"
    elif model is not None and mean_driven(model):
        advice = "mean"
    return tell(profile, "non-finite", "forward", at, where, advice, math.nan)


def _reached(profile: Profile, model: nn.Module | None) -> Diagnosis | None:
    """No error signal at all, or none before some layer."""
    reached = np.flatnonzero(~np.isnan(profile.error))
    if not profile.cut and not reached.size:
        where = "cannot tell: no layer's output needs a gradient; is everything frozen?"
        return Diagnosis("unknown", where, math.nan, ADVICE["frozen"])
    if not reached.size:
        where = "no error signal came to any layer: backward() did not run, or torch cannot follow "
        where += "the way from the model's output to the loss"
        return Diagnosis("cut", where, math.nan, ADVICE["cut"], "backward")
    blind = [name for name in profile.cut if name not in profile.layers]
    if blind:
        where = f"{span(blind)} ran under no_grad and cannot learn"
        dtype = profile.dtype[0]
        return Diagnosis("cut", where, math.nan, ADVICE["cut"], "backward", blind[-1], dtype)
    early = [name for name in profile.cut if profile.layers.index(name) < reached[0]]
    if not early:
        return None
    last, first = early[-1], profile.layers[reached[0]]
    where = f"the error signal comes back to {first} and not to {last}: the gradient is cut "
    where += f"between them, so {span(early)} cannot learn"
    at = profile.layers.index(last)
    return tell(profile, "cut", "backward", at, where, "cut", math.nan)


def _backward(profile: Profile, model: nn.Module | None) -> Diagnosis | None:
    bad = np.isinf(profile.error) | np.isinf(profile.weight_gradient)
    if not bad.any():
        return None
    reached = np.flatnonzero(~np.isnan(profile.error))
    at = int(np.flatnonzero(bad)[-1])
    name, dtype = profile.layers[at], profile.dtype[at]
    limit = torch.finfo(getattr(torch, dtype)).max
    if at < reached[-1] or np.isfinite(profile.error[at]):
        where = f"the backward pass leaves the range of {dtype} at {name}"
        after = int(reached[reached > at][0]) if at < reached[-1] else at
        before = profile.error[after] / math.sqrt(profile.size[after])
        if before < limit**0.25 / 4 and at != after:
            where = f"inf or NaN appears in the backward pass between {profile.layers[after]} and "
            where += f"{name} ({dtype}), where the error signal was still of size {before:.2g}"
            return tell(profile, "non-finite", "backward", at, where, "slope", math.nan)
        return tell(profile, "non-finite", "backward", at, where, "backward", math.nan)
    size = profile.rms[at]
    if size**2 < math.sqrt(limit):
        where = f"the loss or its gradient is inf or NaN, though the output of {name} is finite"
        return tell(profile, "non-finite", "loss", at, where, "loss", math.nan)
    where = f"the loss overflows, because the forward pass has grown to {size:.2g} at {name}"
    cause = "mean" if model is not None and mean_driven(model) else "forward"
    return tell(profile, "non-finite", "forward", at, where, cause, math.nan)


def _silent(profile: Profile, model: nn.Module | None) -> Diagnosis | None:
    """The error signal of the first layers is exactly 0."""
    reached = np.flatnonzero(~np.isnan(profile.error))
    alive = reached[profile.error[reached] > 0]
    if not alive.size:
        where = "cannot tell: the gradient of the loss is exactly 0 at the model's output"
        return Diagnosis("unknown", where, math.nan, ADVICE["loss"], "loss")
    if alive[0] == reached[0]:
        return None
    after = int(alive[0])
    at = int(reached[reached < after][-1])
    name, dtype = profile.layers[at], profile.dtype[at]
    form = torch.finfo(getattr(torch, dtype))
    gone = np.flatnonzero(profile.activation[: after + 1] == 0)
    if gone.size and gone[0] and profile.rms[gone[0] - 1] < 1e4 * form.tiny:
        where = f"in the forward pass the signal sinks to 0 at {profile.layers[gone[0]]}: "
        where += f"numbers below {form.tiny:.1g} are too small for {dtype}"
        growth = (profile.rms[gone[0] - 1] / profile.rms[0]) ** (1 / gone[0])
        return tell(profile, "vanishing", "forward", int(gone[0]), where, "small scale", growth)
    gate = zero_parameter(model, profile.layers[: at + 1]) if model is not None else ""
    if gate and not (profile.dead[: at + 1] == 1).any():
        return _gated(profile, model, at, f"{gate} starts at 0 and lets nothing through to {name}")
    if not (profile.activation[at] == 0 or profile.dead[at] == 1):
        size = profile.error[after] / math.sqrt(profile.size[after])
        if size < 1e3 * form.smallest_normal:
            where = f"at {name} the error signal falls below {form.smallest_normal:.1g} and is 0 "
            where += f"in {dtype}"
            return tell(profile, "vanishing", "backward", at, where, "underflow", profile.growth)
    idle = np.flatnonzero((profile.dead[: at + 1] == 1) | (profile.activation[: at + 1] == 0))
    dead = int(idle[0]) if idle.size else at
    where = f"no unit of {profile.layers[dead]} passes anything on ({dtype}), and the error signal "
    where += f"is exactly 0 at {name} and in all layers before it"
    return tell(profile, "dead", "forward", dead, where, "dead", math.nan)


def _gated(profile: Profile, model: nn.Module | None, at: int, where: str) -> Diagnosis:
    """What the other layers say where a parameter that starts at 0 keeps some from learning."""
    others = np.where(profile.error == 0, np.nan, profile.error)
    told = compare_layers(replace(profile, error=others), model)
    if told.verdict != "unknown":
        return replace(told, where=f"{told.where}; {where} yet")
    return tell(profile, "unknown", "backward", at, f"cannot tell yet: {where}", "zero", math.nan)


def _dead(profile: Profile, model: nn.Module | None) -> Diagnosis | None:
    share = np.nan_to_num(profile.dead)
    at = int(share.argmax())
    if share[at] < DEAD:
        return None
    where = f"{share[at]:.0%} of the units of {profile.layers[at]} are 0 on every example"
    return tell(profile, "dead", "forward", at, where, "dead", profile.growth)
