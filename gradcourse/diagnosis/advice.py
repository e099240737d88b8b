"""What a diagnosis says, and what it advises."""

import math
from dataclasses import dataclass

from gradcourse.profile import Profile


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, where, and what to try.

    Attributes:
        verdict: healthy, vanishing, exploding, dead, non-finite, unstable, stuck, cut or unknown.
        where: the finding in words.
        growth: growth of the error signal per layer, or per time step, on its way back; NaN if
            it was not measured.
        advice: what to try first.
        way: the pass in which it shows: data, forward, loss, backward or update; "" if none.
        layer: name of the layer at which it starts; "" if there is none.
        dtype: number format there.
        per: what growth is counted by: layer, time step or call.
    """

    verdict: str
    where: str
    growth: float
    advice: str
    way: str = ""
    layer: str = ""
    dtype: str = ""
    per: str = "layer"

    def __repr__(self) -> str:
        growth = "" if math.isnan(self.growth) else f", ×{self.growth:.3g} per {self.per}"
        return f"{self.verdict}{growth}: {self.where}.\nTry: {self.advice}."


ADVICE = {
    "healthy": "nothing for the error signal, which is healthy; if the loss still does not fall, "
    "look at the first loss, the learning rate and the data",
    "small scale": "multiply the weights of these layers by {inverse:.3g}, or draw them anew at "
    "the critical scale (He for ReLU: σ_w = √2; tanh: 1), or add skip connections",
    "squashing": "another activation (ReLU with He's weights, tanh with Xavier's), or skip "
    "connections; a larger weight scale saturates the units",
    "large scale": "multiply the weights of these layers by {inverse:.3g}, or draw them anew at "
    "the critical scale (He for ReLU: σ_w = √2; tanh: 1); clipping would only cap the update",
    "mean": "draw the weights with mean 0: their mean, not their spread, makes the signal grow",
    "bounded": "the forward pass is bounded, so look at what bounds it: for BatchNorm at depth "
    "add skip connections, for a saturating activation lower the weight scale",
    "time vanishing": "if the task needs a longer memory, an LSTM or GRU with forget bias 1 or "
    "more, or orthogonal recurrent weights; if it does not, nothing",
    "time exploding": "clip the gradient's norm, and lower the recurrent weights to a spectral "
    "radius of 1 or draw them orthogonal",
    "forward": "lower the weight scale or normalise; clipping cannot help, because it comes "
    "after the forward pass",
    "invalid": "look for a logarithm or root of 0, a division by 0, or a mask of -inf in this "
    "layer: the numbers before it were not large",
    "slope": "look between these layers for a root or norm of 0, a division by 0, or a torch.where "
    "that hides a NaN: their slopes are not finite there",
    "half": "bfloat16 or float32, which reach 3.4e38, or smaller weights; clipping cannot help",
    "backward": "scale the loss down if the format is float16; else lower the weight scale or "
    "add skip connections",
    "underflow": "scale the loss up (torch.amp.GradScaler), or use bfloat16 or float32",
    "dead": "a smaller learning rate or bias, He's weights, or leaky ReLU, which lets a little "
    "through; draw the dead layers anew",
    "saturated": "scale the input or the weights down: over half of a layer's entries sit at the "
    "flat ends of tanh or sigmoid",
    "stuck": "check that the optimizer was given these parameters, and its learning rate",
    "weights": "lower the learning rate, or clip the gradient's norm before the step",
    "data": "clean or drop the examples with inf or NaN before training",
    "loss": "check the loss function and the targets: log(0), division by 0, a target out of range",
    "cut": "look there for detach(), .data, .item(), numpy, argmax or no_grad; if these layers are "
    "not meant to learn, say so with requires_grad_(False)",
    "zero": "train a few steps and diagnose again; what starts at zero opens then",
    "frozen": "requires_grad_(True) on the layers that are meant to learn",
    "shallow": "nothing, if the model has but one hidden layer; a weight that is a bare parameter "
    "is not seen, so put each into a module of its own",
    "place": "look at what stands between these two: a saturated activation, a normalised output, "
    "a very small or large factor",
    "unknown": "call the model and loss.backward() inside `with watch(model) as seen:`, and "
    "pass that to diagnose",
}


def tell(
    profile: Profile, verdict: str, way: str, at: int, where: str, advice: str, growth: float
) -> Diagnosis:
    """The `Diagnosis` that starts at row `at` of a profile, with a piece of ADVICE by name."""
    text = ADVICE[advice].format(inverse=1 / growth if growth else math.nan)
    layer, dtype = profile.layers[at], profile.dtype[at]
    return Diagnosis(verdict, where, growth, text, way, layer, dtype)


def span(names: list[str]) -> str:
    """Names of neighbouring layers in few words."""
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]} ({len(names)} in all)"
