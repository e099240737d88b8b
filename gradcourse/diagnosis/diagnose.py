"""From a model, a run or a measurement to a diagnosis."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from gradcourse.diagnosis.advice import ADVICE, Diagnosis, span, tell
from gradcourse.diagnosis.restore import as_before, leaves
from gradcourse.diagnosis.verdict import judge
from gradcourse.diagnosis.weights import broken_weight
from gradcourse.measure import watch
from gradcourse.profile import Profile
from gradcourse.train import History

LARGE = 0.1  # ‖ΔW‖/‖W‖ of one step; about 0.001 is usual, Adam's first steps reach some 0.01

SMALL = 1e-7  # below it a step is lost in the rounding of float32


def diagnose(
    found: nn.Module | watch | Profile | History, loss: Callable[[], Tensor] | None = None
) -> Diagnosis:
    """The `Diagnosis` of a model, of a training loop, or of a measurement.

        diagnose(model, lambda: loss_function(model(x), y))    # one pass, nothing is changed

        with watch(model, optimizer=optimizer) as seen:        # around a training loop
            ...
        diagnose(seen)

    Exploding and vanishing mean that the error signal at the first layer (or time step) is over
    100 times larger or smaller than at the last; its absolute size hangs on the loss's scale.
    Of a loop, the last step is judged; if it is sick, the first sick step is reported, and
    whether updates brought it about. Where the rules do not reach, the verdict is "unknown" and
    says why. Where each time step has a loss of its own, its error signal is mostly its own, and
    vanishing over many steps does not show.

    Args:
        found: a module, a `watch`, a `Profile`, or a `History` of `fit(…, record_every=…)`.
        loss: with a module: a function of no arguments that runs it and returns the loss.

    Raises:
        TypeError: `found` is none of these, or `loss` is missing or returns no scalar tensor.
    """
    if isinstance(found, nn.Module):
        return _probe(found, loss)
    if isinstance(found, watch):
        steps = [found.every * i for i in range(len(found.profiles))]
        return _sequence(steps, found.profiles, found.model)
    if isinstance(found, History):
        return _history(found)
    if isinstance(found, Profile):
        return judge(found)
    kind = type(found).__name__
    raise TypeError(f"diagnose needs a module and a loss, a watch, Profile or History, got {kind}")


def _probe(model: nn.Module, loss: Callable[[], Tensor] | None) -> Diagnosis:
    if not callable(loss):
        raise TypeError(
            "with a model, diagnose needs a function that returns the loss, such as "
            f"lambda: loss_function(model(x), y); got {type(loss).__name__}"
        )
    with as_before(model) as clear, torch.enable_grad(), watch(model, units=True) as seen:
        value = loss()
        if not isinstance(value, Tensor) or value.numel() != 1:
            kind = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(f"loss must return a tensor with one number, got {kind}")
        if value.requires_grad and all(p.grad is None for p in model.parameters()):
            clear(leaves(value))  # of other models
            value.backward()
    if not seen.profiles:
        where = "cannot tell: loss() did not run the model, or ran it under no_grad"
        return Diagnosis("unknown", where, math.nan, ADVICE["unknown"])
    told = judge(seen.profile, model)
    if told.verdict in ("healthy", "unknown") and not value.isfinite():
        where = f"the loss is {value.item()}, though the model's output is finite"
        return Diagnosis("non-finite", where, math.nan, ADVICE["loss"], "loss")
    return _with_gaps(told, seen.profile, model)


def _with_gaps(told: Diagnosis, profile: Profile, model: nn.Module) -> Diagnosis:
    """Adds what was not seen."""
    gaps = []
    for name, module in model.named_modules():
        steps = [row for row in profile.layers if row.partition("#")[0] == name]
        if isinstance(module, nn.RNNBase) and len(steps) == 1:
            gaps.append(
                f"through time, inside {name}, nothing was seen: it read one step, or both ways, "
                "or a packed sequence"
            )
    late = [name for name in profile.cut if told.verdict != "cut"]
    if late:
        gaps.append(f"no error signal came to {late[0]}: is its output part of the loss?")
    return replace(told, where="; ".join([told.where, *gaps]))


def _sequence(
    steps: Sequence[int], profiles: Sequence[Profile], model: nn.Module | None
) -> Diagnosis:
    """The diagnosis of several steps of one run."""
    if not profiles:
        where = "cannot tell: nothing was recorded"
        return Diagnosis("unknown", where, math.nan, ADVICE["unknown"])
    spoilt = model is not None and broken_weight(model)  # says nothing on the steps before
    judged = [judge(profile, None if spoilt else model) for profile in profiles]
    if judged[-1].verdict == "healthy":
        large = _update_ratio(profiles[len(profiles) // 2 :])
        if large > 3 * LARGE:
            return _thrown_off(
                judged[-1], f"single updates are {large:.2g} times as large as the weights"
            )
        told = _stuck(profiles[-1]) or judged[-1]
        return _final(told, profiles[-1], model)
    start = len(judged) - 1
    while start and judged[start - 1].verdict != "healthy":
        start -= 1
    told = judged[start]
    if start == 0 or told.way == "data":
        told = replace(told, where=f"step {steps[start]}: {told.where}")
        return _final(told, profiles[start], model)
    large = _update_ratio(profiles[:start])
    what = f"step {steps[start]}: {told.where}; step {steps[start - 1]} was still healthy"
    if math.isnan(large) or large > LARGE or told.way == "update":
        size = "" if math.isnan(large) else f", with updates up to {large:.2g} times the weights"
        return _thrown_off(told, what + size)
    return replace(told, where=what)


def _final(told: Diagnosis, profile: Profile, model: nn.Module | None) -> Diagnosis:
    return told if model is None else _with_gaps(told, profile, model)


def _thrown_off(told: Diagnosis, where: str) -> Diagnosis:
    return replace(told, verdict="unstable", where=where, way="update", advice=ADVICE["weights"])


def _stuck(profile: Profile) -> Diagnosis | None:
    """The optimizer was watched, and some layers or all do not move."""
    still = np.flatnonzero((profile.update == 0) & (profile.weight_gradient > 0))
    if still.size:
        names = span([profile.layers[i] for i in still])
        where = f"a gradient came to {names}, and the optimizer's step left its weight as it was"
        return tell(profile, "stuck", "update", int(still[0]), where, "stuck", math.nan)
    ratio = _update_ratio([profile])
    if not ratio < SMALL:
        return None
    where = f"the optimizer's step changes the weights by only {ratio:.1g} of their size"
    return tell(profile, "stuck", "update", 0, where, "stuck", math.nan)


def _update_ratio(profiles: Sequence[Profile]) -> float:
    """The largest, over the steps, of the median over layers of ‖ΔW‖/‖W‖; NaN if not recorded."""
    largest = math.nan
    for profile in profiles:
        with np.errstate(all="ignore"):
            ratios = profile.update / profile.weight
        if np.isfinite(ratios).any():
            largest = np.fmax(largest, np.median(ratios[np.isfinite(ratios)]))
    return float(largest)


def _history(found: History) -> Diagnosis:
    stop, steps = found.breakdown, sorted(found.profiles)
    if stop is None:
        if not steps:
            raise ValueError("this History has no profile: call fit(..., record_every=50)")
        return _sequence(steps, [found.profiles[step] for step in steps], None)
    advice, way = ADVICE[stop.where], "update" if stop.where == "weights" else stop.where
    told = Diagnosis("non-finite", str(stop), math.nan, advice, way, stop.layer, stop.dtype)
    sound = [step for step in steps if step < stop.step]
    if stop.where == "data" or not sound:
        return told
    before = _sequence(sound, [found.profiles[step] for step in sound], None)
    if before.verdict != "healthy":
        return before
    return _thrown_off(told, f"{stop}; step {sound[-1]} was still healthy")
