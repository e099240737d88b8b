"""Exercises of lesson 02: gradients that explode and vanish in deep nets."""

import math
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Generator, nn
from torch.nn import functional as F

from gradcourse.data import digits
from gradcourse.exercises.declare import Case, Exercise, Wrong, with_numbers
from gradcourse.exercises.nets import broken_chain
from gradcourse.measure import watch
from gradcourse.profile import Profile


def _fresh_growth(draws: Generator) -> Case:
    steps = 0.6 + torch.rand(int(torch.randint(3, 30, (), generator=draws)), generator=draws)
    return Case((torch.cumprod(steps, dim=0).double().numpy().round(6),))


def _fresh_seed(draws: Generator) -> Case:
    return Case((int(torch.randint(5, 10_000, (), generator=draws)),))


def _fresh_slope(draws: Generator) -> Case:
    return Case((round(torch.rand((), generator=draws).item(), 2),))


def _judge_overflow(value: Any, case: Case, scale: float = 2.5) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return f"a number of layers was needed, not {value!r}"
    theory = math.log(65504 / 2.8) / math.log(scale / math.sqrt(2))
    if abs(value - theory) <= 2:
        return None
    if abs(value - math.log(65504 / 2.8) / math.log(scale)) < 1.5:
        return "too early: ReLU halves the variance, so the growth per layer is σ_w/√2, not σ_w"
    if abs(value - math.log(3.4e38 / 2.8) / math.log(scale / math.sqrt(2))) < 3:
        return "that is where float32 ends; float16 ends at 65504"
    if abs(value - 65504 / scale) < 1000:
        return "the signal is multiplied in each layer, so the depth is a ratio of logarithms"
    return f"{value:.4g} is more than 2 layers away; which growth per layer did you use?"


def _other_overflow(draws: Generator) -> Exercise:
    scales = (1.8, 1.9, 2.0, 2.1, 2.2, 2.9, 3.0, 3.1, 3.2)  # each far from the common 2.5
    scale = scales[int(torch.randint(len(scales), (), generator=draws))]
    common = next(e for e in EXERCISES if e.id == "02-overflow")
    return with_numbers(common, {"2.5": scale}, partial(_judge_overflow, scale=scale))


_digits = cache(digits)


def _profile(net: nn.Module, examples: slice = slice(64)) -> Profile:
    with watch(net) as seen:
        F.cross_entropy(net(_digits().x[examples]), _digits().y[examples]).backward()
    return seen.profile


def _no_net(net: Any, depth: int) -> str | None:
    """Why the result is no bare net of `depth` layers for the digits, or None if it is one."""
    if not isinstance(net, nn.Module):
        return f"this is {type(net).__name__}, and a network (nn.Module) was needed"
    shape = tuple(net(torch.zeros(2, 64)).shape)
    if shape != (2, 10):
        return f"its logits have shape {shape}, not (2, 10)"
    linears = sum(isinstance(module, nn.Linear) for module in net.modules())
    if linears != depth + 1:
        return f"{depth} layers and a readout were asked for; this net has {linears} nn.Linear"
    return None


def _is_linear(net: nn.Module) -> bool:
    a, b = _digits().x[:2], _digits().x[2:4]
    with torch.no_grad():
        start = net(0 * a)
        bend = net(a + b) - net(a) - net(b) + start
        return bool(bend.abs().max() < 1e-3 * (net(a + b) - start).abs().max())


def _judge_repair(net: Any, case: Case) -> str | None:
    if problem := _no_net(net, 30):
        return problem
    if any("Norm" in type(module).__name__ for module in net.modules()):
        return "a norm layer hides the mistake; mend the initialisation itself"
    with torch.no_grad():  # behind ReLU nothing is negative
        hidden = net[:-1](_digits().x[:8]) if isinstance(net, nn.Sequential) else torch.zeros(1)
    if (hidden < 0).any():
        return "the activation was changed; keep ReLU and mend the weights"
    growth = _profile(net).growth
    if 0.88 < growth < 1.12:
        return broken_chain(net, _digits().x[:64], 30)
    if abs(growth - 1 / math.sqrt(2)) < 0.06:
        return f"×{growth:.2f} per layer: that variance is 1/fan_in; ReLU passes half of it on"
    if growth < 0.5:
        return (
            f"×{growth:.2f} per layer: still vanishing. He's 2/fan_in is a variance, and "
            "nn.init.normal_ takes a standard deviation"
        )
    way = "vanishing" if growth < 1 else "exploding"
    return f"×{growth:.2f} per layer: {way}; for ReLU the growth is σ_w/√2"


def _judge_calm(net: Any, case: Case) -> str | None:
    if problem := _no_net(net, 100):
        return problem
    for digit in range(4):  # one at a time: a batch would average the scatter away
        profile = _profile(net, slice(digit, digit + 1))
        if not 0.2 <= profile.ratio <= 5:
            break
    else:
        one_matrix = "this net is linear: without an activation its layers are one matrix"
        return one_matrix if _is_linear(net) else broken_chain(net, _digits().x[:8], 100)
    text = f"on one digit the first layer's error signal is {profile.ratio:.2g} times the last's"
    if profile.growth < 0.5:
        return f"{text}. At ×{profile.growth:.2f} per layer, look at how the weights are drawn"
    if not 0.85 < profile.growth < 1.15:
        return f"{text}. ×{profile.growth:.2f} per layer: first bring the typical growth to 1"
    return (
        f"{text}, ×{profile.growth:.2f} per layer. Try other seeds: if all are off the same way, "
        "the typical growth is not 1 yet; if they scatter, what narrows the spread?"
    )


def _open(body: str) -> str:
    return f"def calm_net(seed):\n    return gr.DeepNet({body}, generator=gr.generator(seed))\n"


BROKEN = '''
def mended_net(seed):
    """30 layers of 64 ReLU units for the digits, meant to start with He's initialisation."""
    generator, layers = gr.generator(seed), []
    for _ in range(30):
        layer = nn.Linear(64, 64)
        nn.init.normal_(layer.weight, mean=0.0, std=2 / 64, generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(64, 10))
    return ...
'''


def _mended(std: str, count: int = 30) -> str:
    return (
        BROKEN.replace("2 / 64", std)
        .replace("range(30)", f"range({count})")
        .replace("return ...", "return net")
    )


SEEDS = tuple(Case((seed,)) for seed in range(5))
EXERCISES = (
    Exercise(
        id="02-growth",
        title="Growth per layer from a profile",
        points=2,
        minutes=5,
        difficulty=1,
        answer="growth_factor",
        starter='''
def growth_factor(errors):
    """Growth of the error signal per layer on its way back: the geometric mean.

    errors: array of ‖∂L/∂h‖ of each layer, layer 1 first, without the readout.
    """
    return ...
''',
        reference="""
def growth_factor(errors):
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
        hints=(
            "The error signal starts at the last layer and ends at the first. By what factor "
            "has it grown in all?",
            "Between L layers there are L - 1 steps. Which number, multiplied with itself "
            "L - 1 times, gives the whole factor?",
            "(errors[0] / errors[-1]) to the power 1 / (number of steps).",
        ),
        wrong=(
            Wrong(
                "forward instead of backward",
                "def growth_factor(errors):\n"
                "    return (errors[-1] / errors[0]) ** (1 / (len(errors) - 1))",
                "That is the growth from the first layer to the last. Error signals travel the "
                "other way.",
            ),
            Wrong(
                "one step too many",
                "def growth_factor(errors):\n"
                "    return (errors[0] / errors[-1]) ** (1 / len(errors))",
                "Between L layers there are L - 1 steps, not L.",
            ),
            Wrong(
                "arithmetic mean",
                "def growth_factor(errors):\n"
                "    ratios = [a / b for a, b in zip(errors, errors[1:])]\n"
                "    return sum(ratios) / len(ratios)",
                "You averaged the ratios. Factors multiply, so their mean is the geometric one.",
            ),
            Wrong(
                "whole factor",
                "def growth_factor(errors):\n    return errors[0] / errors[-1]",
                "That is the whole growth, from the last layer to the first. Per layer it is a "
                "root of it.",
            ),
        ),
        cases=(
            Case((np.array([8.0, 4.0, 2.0, 1.0]),)),
            Case((np.array([1e-4, 1e-3, 0.02, 0.1]),), hint=1),
            Case((np.array([3.0, 1.0, 2.0, 1.5, 0.5]),), hint=2),
        ),
        fresh=_fresh_growth,
    ),
    Exercise(
        id="02-leaky",
        title="The critical scale of leaky ReLU",
        points=3,
        minutes=8,
        difficulty=2,
        answer="critical_scale_leaky",
        starter='''
def critical_scale_leaky(slope):
    """The weight scale σ_w at which leaky ReLU neither explodes nor vanishes.

    slope: φ(z) = z for z > 0, and slope * z otherwise.
    """
    return ...
''',
        reference="""
def critical_scale_leaky(slope):
    return math.sqrt(2 / (1 + slope**2))
""",
        hints=(
            "The squared growth is χ = σ_w² E[φ′(z)²], and z is positive half of the time.",
            "E[φ′²] = (1 + slope²)/2. Check both ends: slope 0 is ReLU, slope 1 is linear.",
            "Set χ = 1 and solve for σ_w.",
        ),
        wrong=(
            Wrong(
                "square root forgotten",
                "def critical_scale_leaky(slope):\n    return 2 / (1 + slope**2)",
                "That is σ_w², the variance. The scale is its square root.",
            ),
            Wrong(
                "slope not squared",
                "def critical_scale_leaky(slope):\n    return math.sqrt(2 / (1 + slope))",
                "The mean is over φ′², so the slope enters squared.",
            ),
            Wrong(
                "slope ignored",
                "def critical_scale_leaky(slope):\n    return math.sqrt(2) + 0 * slope",
                "That is plain ReLU, or nearly. The negative half passes slope² of its square on.",
            ),
            Wrong(
                "inverted",
                "def critical_scale_leaky(slope):\n    return math.sqrt((1 + slope**2) / 2)",
                "That is the growth at σ_w = 1. The critical scale is what brings it to 1.",
            ),
        ),
        cases=(Case((0.2,)), Case((0.5,)), Case((1.0,), hint=1), Case((0.0,), hint=1)),
        fresh=_fresh_slope,
    ),
    Exercise(
        id="02-overflow",
        title="Predict where float16 overflows",
        points=2,
        minutes=5,
        difficulty=2,
        answer="overflow_layer",
        starter="""
# ReLU, weight scale σ_w = 2.5, input entries of variance 1, float16 (largest number 65504).
# In which layer does the forward pass overflow? Within 2 layers is right.
overflow_layer = ...
""",
        reference="""
overflow_layer = math.log(65504 / 2.8) / math.log(2.5 / math.sqrt(2))
""",
        hints=(
            "By what factor does the signal grow in each layer?",
            "It starts with entries up to about 2.8 and ends at 65504. How often can the factor "
            "fit in between?",
            "Take logarithms: log(65504/2.8) / log(growth).",
        ),
        wrong=(
            Wrong(
                "ReLU's half forgotten",
                "overflow_layer = math.log(65504 / 2.8) / math.log(2.5)",
                "too early",
            ),
            Wrong(
                "limit of float32",
                "overflow_layer = math.log(3.4e38 / 2.8) / math.log(2.5 / math.sqrt(2))",
                "float32 ends",
            ),
            Wrong("division", "overflow_layer = 65504 / 2.5", "ratio of logarithms"),
        ),
        judge=_judge_overflow,
        variant=_other_overflow,
    ),
    Exercise(
        id="02-repair",
        title="Repair a net that does not learn",
        points=3,
        minutes=8,
        difficulty=2,
        answer="mended_net",
        starter=BROKEN,
        reference=_mended("math.sqrt(2 / 64)"),
        hints=(
            "Watch the net: by what factor does the error signal change per layer?",
            "He et al. give a variance: 2/fan_in. What does nn.init.normal_ take?",
            "std is the square root of the variance: math.sqrt(2 / 64). Then return net.",
        ),
        wrong=(
            Wrong("unchanged", _mended("2 / 64"), "still vanishing"),
            Wrong("variance 1/fan_in", _mended("math.sqrt(1 / 64)"), "ReLU passes half of it on"),
            Wrong("twice too large", _mended("2 * math.sqrt(2 / 64)"), "exploding"),
            Wrong(
                "shallower",
                _mended("math.sqrt(2 / 64)", count=10),
                "30 layers and a readout were asked",
            ),
        ),
        cases=SEEDS,
        fresh=_fresh_seed,
        judge=_judge_repair,
        seconds=10,
    ),
    Exercise(
        id="02-calm",
        title="Open: a calm net of 100 layers",
        points=4,
        minutes=12,
        difficulty=3,
        answer="calm_net",
        starter='''
def calm_net(seed):
    """A net of 100 nn.Linear layers and a readout, 64 inputs, 10 outputs, not linear.

    On every single digit and for every seed, the first layer's error signal must be between
    0.2 and 5 times the last's.
    """
    return ...
''',
        reference=_open('100, width=64, activation="tanh", init="orthogonal", scale=1.05'),
        hints=(
            "Start from gr.DeepNet(100, activation=..., scale=..., generator=gr.generator(seed)). "
            "The critical scale keeps the mean calm; what about single draws?",
            "The spread of log‖∂L/∂h‖² is about 5·L/n for ReLU and 2·L/n for linear nets: "
            "width is a dial too. Orthogonal weights stretch all directions alike.",
            'Try width=512 with init="he", or init="orthogonal" with tanh, scale just above 1.',
        ),
        wrong=(
            Wrong("scale 1", _open('100, activation="relu"'), "bring the typical growth to 1"),
            Wrong(
                "torch's default",
                _open('100, activation="relu", init="torch"'),
                "look at how the weights are drawn",
            ),
            Wrong("He, but narrow", _open('100, width=16, init="he"'), "what narrows the spread"),
            Wrong("shallow", _open('20, init="he"'), "100 layers and a readout"),
            Wrong("He", _open('100, init="he"'), "what narrows the spread"),
            Wrong(
                "no activation",
                _open('100, width=64, activation="linear", init="orthogonal"'),
                "this net is linear",
            ),
        ),
        cases=SEEDS,
        fresh=_fresh_seed,
        judge=_judge_calm,
        seconds=10,
    ),
)
