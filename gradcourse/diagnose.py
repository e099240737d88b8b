"""From a measurement to a verdict and what to try."""

import math
from dataclasses import dataclass

import numpy as np

from gradcourse.profile import Profile
from gradcourse.train import History

DECADES = 2.0  # a ratio of 100 between the first and the last layer; healthy nets scatter less

ADVICE = {
    "healthy": "nothing for the error signal, which is healthy; if the loss still does not fall, "
    "look at the first loss, the learning rate and the data",
    "vanishing": "raise the weight scale to its critical value (He for ReLU: σ_w = √2; tanh: 1), "
    "leave sigmoid for ReLU or tanh, or add skip connections",
    "exploding": "lower the weight scale to its critical value (He for ReLU: σ_w = √2; tanh: 1), "
    "or add LayerNorm; clipping would only cap the update",
    "exploding backward": "the forward pass is bounded, so look at what bounds it: for BatchNorm "
    "at depth add skip connections, for a saturating activation lower the weight scale",
    "forward": "lower the weight scale and check that the weights have mean 0; clipping cannot "
    "help, because it comes after the forward pass",
    "backward": "scale the loss down if the format is float16; else add skip connections or, "
    "without BatchNorm, which undoes it, lower the weight scale",
    "weights": "the last update was too large: lower the learning rate, or clip the gradient",
    "data": "clean or drop the examples with inf or NaN before training",
    "loss": "check the loss function and the targets: log(0), division by 0, a target out of range",
}


@dataclass(frozen=True)
class Diagnosis:
    """A verdict: "healthy", "vanishing", "exploding" or "non-finite".

    With it come, in words, where it starts and what to try first, and the growth of the error
    signal per layer on its way back, NaN if not measured.
    """

    verdict: str
    where: str
    growth: float
    advice: str

    def __repr__(self) -> str:
        per_layer = "" if math.isnan(self.growth) else f", ×{self.growth:.3g} per layer"
        return f"{self.verdict}{per_layer}: {self.where}.\nTry: {self.advice}."


def diagnose(found: Profile | History) -> Diagnosis:
    """The verdict on a `Profile`, or on a `History`: its breakdown or its last profile.

    Exploding and vanishing mean that the error signal of the first layer is over 100 times
    larger or smaller than that of the last; its absolute size hangs on the loss's scale.

    Raises:
        ValueError: there is nothing to judge; the message says how to record it.
    """
    if isinstance(found, History):
        if found.breakdown is not None:
            stop = found.breakdown
            return Diagnosis("non-finite", str(stop), math.nan, ADVICE[stop.where])
        if not found.profiles:
            raise ValueError("this History has no profile: call fit(..., record_every=50)")
        return diagnose(found.profiles[max(found.profiles)])
    if not isinstance(found, Profile):
        raise TypeError(f"diagnose needs a Profile or a History, got {type(found).__name__}")
    if not found.hidden.size:
        raise ValueError("no layer has an error signal: call loss.backward() inside watch")
    if found.first_non_finite is not None:
        way, index = found.first_non_finite
        where = f"the {way} pass leaves the range of {found.dtype[index]} at {found.layers[index]}"
        return Diagnosis("non-finite", where, math.nan, ADVICE[way])
    return _judge(found)


def _judge(profile: Profile) -> Diagnosis:
    """The verdict on a profile whose norms are all finite."""
    hidden, ratio = profile.hidden, profile.ratio
    first, last = profile.layers[hidden[0]], profile.layers[hidden[-1]]
    if not ratio > 0:
        cause = f"dead units, or numbers too small for {profile.dtype[0]}"
        where = f"the error signal at {first} is exactly 0: {cause}"
        return Diagnosis("vanishing", where, profile.growth, ADVICE["vanishing"])
    where = f"the error signal at {first} is {ratio:.2g} times that at {last}"
    if abs(math.log10(ratio)) <= DECADES:
        return Diagnosis("healthy", where, profile.growth, ADVICE["healthy"])
    relative = np.log10(profile.error[hidden] / profile.error[hidden[-1]])
    start = hidden[np.flatnonzero(np.abs(relative) > DECADES)[-1]]
    bound = "100" if ratio > 1 else "1/100"
    where += f", and passes {bound} at {profile.layers[start]}"
    if ratio < 1:
        return Diagnosis("vanishing", where, profile.growth, ADVICE["vanishing"])
    grows = profile.rms[hidden[-1]] / profile.rms[hidden[0]] > 10**DECADES
    advice = ADVICE["exploding" if grows else "exploding backward"]
    return Diagnosis("exploding", where, profile.growth, advice)
