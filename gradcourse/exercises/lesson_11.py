"""Exercises of lesson 11: number formats, nets without norms, µP, parameter shift."""

import math
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from gradcourse.data import digits
from gradcourse.exercises.compare import as_numbers, show
from gradcourse.exercises.declare import Case, Exercise, Wrong

HALF_GAP = 2.0**-9  # of bfloat16 just below 1
DEPTH, STEPS, GOAL = 50, 150, 0.8  # of the net without a norm
NORMS = {"layer_norm", "batch_norm", "group_norm", "instance_norm", "rms_norm", "normalize"}
SPREADS = {"std", "var", "std_mean", "var_mean"}  # of which a norm written by hand is made


def _judge_moves(value: Any, case: Case) -> str | None:
    number = as_numbers(value)
    if number is None or number.size != 1 or isinstance(value, bool):
        return f"a learning rate was needed, not {show(value)}"
    rate = float(number.reshape(()))
    if not math.isfinite(rate) or rate <= 0:
        return f"a learning rate is a positive, finite number, not {show(value)}"
    if abs(rate / HALF_GAP - 1) < 0.01:
        return None
    mistakes = {
        2.0**-8: "that is the whole gap below 1; rounding goes to the nearest, so half is enough",
        2.0**-7: "that is eps, the gap above 1; below 1 the gap is half as large",
        2.0**-10: "that is a quarter of the gap below 1, and is rounded away",
        2.0**-11: "that would be float16, which has three more bits",
        2.0**-12: "that is float16's half gap below 1; bfloat16 has three bits fewer",
    }
    for wrong, text in mistakes.items():
        if abs(rate / wrong - 1) < 0.01:
            return text
    return f"{rate:.3g} is not the limit, to three digits; which bfloat16 comes next below 1?"


def _gradients(draws: Generator, steps: int, spike: int | None) -> Tensor:
    """True gradients (steps, 4); at loss scale 65536 the spike overflows, the others do not."""
    gradients = 0.03 * torch.randn(steps, 4, generator=draws) + 0.05
    if spike is not None:
        gradients[spike, 1] = 3.0
    return gradients


def _fresh_scaler(draws: Generator) -> Case:
    steps = int(torch.randint(6, 12, (), generator=draws))
    return Case((_gradients(draws, steps, int(torch.randint(1, steps - 1, (), generator=draws))),))


def _seeded(seed: int, spike: int | None) -> Case:
    draws = torch.Generator().manual_seed(seed)
    return Case((_gradients(draws, 6, spike),), hint=0 if spike is None else 2)


def _fresh_widths(draws: Generator) -> Case:
    base = 2 ** int(torch.randint(4, 8, (), generator=draws))
    width = base * 2 ** int(torch.randint(1, 6, (), generator=draws))
    return Case((base, width, round(0.001 + 0.01 * torch.rand((), generator=draws).item(), 4)))


def wave(angles: Tensor) -> Tensor:
    """The energy of a circuit in which each angle stands in one rotation, measured: no gradient."""
    first, second, third = angles.detach().unbind(-1)
    together = torch.cos(first) * torch.cos(second) + 0.5 * torch.sin(first) * torch.sin(third)
    return (together + 0.3 * torch.cos(first)).round(decimals=4)


def _fresh_angles(draws: Generator) -> Case:
    angles = (6 * torch.rand(3, generator=draws, dtype=torch.float64)).round(decimals=3)
    return Case((wave, angles, int(torch.randint(0, 3, (), generator=draws))))


class _Calls(TorchFunctionMode):
    """Which of torch's functions are called, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


def _judge_normfree(value: Any, case: Case) -> str | None:
    """Trains the net that was handed in, on digits."""
    if not isinstance(value, nn.Module):
        return f"a module was needed, not {show(value)}"
    kinds = {type(module).__name__ for module in value.modules()}
    norms = sorted(kind for kind in kinds if "Norm" in kind)
    if norms:
        return f"it holds {norms[0]}; the point is to do without"
    squares = [p for p in value.parameters() if p.shape == (64, 64)]
    if len(squares) < DEPTH:
        return f"it has {len(squares)} square weights 64 × 64; {DEPTH} blocks were asked for"
    data = digits()
    try:
        with _Calls() as calls:
            logits = value(data.x[:64])
        start = F.cross_entropy(logits, data.y[:64])
        start.backward()
    except Exception as error:
        return f"forward or backward raised {type(error).__name__}: {str(error)[:200]}"
    used = sorted(calls.names & (NORMS | SPREADS))
    if used:
        return f"its forward pass calls {used[0]}; it should do without any norm"
    if not start.isfinite() or start.item() > 50:
        return (
            f"its first loss is {start.item():.1e}, and guessing costs 2.3: the blocks make the "
            "signal too large before any training (a bare sum doubles its variance in each)"
        )
    size = math.hypot(*[p.grad.norm().item() for p in value.parameters() if p.grad is not None])
    moved = sum(p.grad is not None and bool(p.grad.any()) for p in value.parameters())
    if moved <= 2:
        return (
            "only the readout has a gradient at the start, and no block ever gets one: where a "
            "branch starts at 0, a path around it must be left"
        )
    if not math.isfinite(size):
        return "its first gradient is not finite"
    before = [p.detach().clone() for p in squares]
    accuracy = _train_normfree(value, data)
    if accuracy is None:
        return "it starts well and ends in inf or NaN: is every branch as large as the path?"
    if accuracy >= GOAL:
        at_work = sum(not torch.equal(p, q) for p, q in zip(squares, before, strict=True))
        idle = f"{DEPTH} blocks were asked for; in {at_work} the weights learnt something"
        return None if at_work >= 0.9 * DEPTH else idle
    return (
        f"after {STEPS} steps it is right on {accuracy:.0%} of the test digits; {GOAL:.0%} "
        "were asked for; look at the error signal from block to block"
    )


def _train_normfree(net: nn.Module, data: Any) -> float | None:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    draws = torch.Generator().manual_seed(0)
    for _ in range(STEPS):
        batch = torch.randint(len(data.x), (32,), generator=draws)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(data.x[batch]), data.y[batch])
        if not loss.isfinite():
            return None
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right: Tensor = net(data.x_test).argmax(1) == data.y_test
    return float(right.double().mean())


SCALER = '''
def train(gradients, lr=0.1, max_norm=0.1):
    """The weights after each step, shape (steps, 4), and the loss scale at the end.

    gradients: the true gradients (steps, 4). The backward pass leaves scale * gradient in
    float16. A step whose gradient is not finite is skipped, and the scale halved.
    """
    weights, scale, path = torch.zeros(4), 2.0**16, []
    for gradient in gradients:
        g = (scale * gradient).half().float()  # what the backward pass leaves
        g = g * torch.clamp(max_norm / (g.norm() + 1e-6), max=1.0)
        g = g / scale
        weights = weights - lr * g
        path.append(weights)
    return ...
'''
STEP = """        g = g * torch.clamp(max_norm / (g.norm() + 1e-6), max=1.0)
        g = g / scale
        weights = weights - lr * g
        path.append(weights)
"""
END = "return [*torch.stack(path).flatten().tolist(), scale]"
RIGHT = """        g = g / scale
        if g.isfinite().all():
            g = g * torch.clamp(max_norm / (g.norm() + 1e-6), max=1.0)
            weights = weights - lr * g
        else:
            scale = scale / 2
        path.append(weights)
"""


def _scaled(step: str) -> str:
    return SCALER.replace(STEP, step).replace("return ...", "return torch.stack(path), scale")


def _judge_scaler(value: Any, case: Case) -> str | None:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        return (
            f"two things were needed, the weights after each step and the scale, not {show(value)}"
        )
    path, scale = as_numbers(value[0]), as_numbers(value[1])
    gradients: Tensor = case.args[0]
    if path is None or path.shape != tuple(gradients.shape):
        shown = show(value[0]) if path is None else f"an array of shape {path.shape}"
        return (
            f"the weights after each step were needed, shape {tuple(gradients.shape)}, not {shown}"
        )
    if scale is None or scale.size != 1:
        return f"the scale should be a number, not {show(value[1])}"
    steps = torch.as_tensor(path).diff(dim=0, prepend=torch.zeros(1, 4, dtype=torch.float64))
    good = (gradients.abs().amax(1) * 2**16 < 65000).numpy()
    if not torch.as_tensor(path).isfinite().all():
        if good.all():
            return "the weights become inf or NaN, and no gradient overflowed here"
        return (
            "the weights become inf or NaN: one gradient overflowed in float16, and the step was "
            "made nevertheless"
        )
    lengths = steps.norm(dim=1).numpy()
    if lengths[good].max() < 1e-4:
        return (
            "the steps are about 65536 times too small: the gradient was clipped while it still "
            "carried the scale; divide by the scale first"
        )
    if lengths[good].max() > 1:
        return "the steps are far too long: the gradient still carries the loss scale"
    if lengths[good].max() > 0.1 * 0.1 * 1.01:
        return "a step is longer than lr * max_norm: clip after dividing by the scale"
    if (~good).any() and lengths[~good].max() > 0:
        return (
            "the step with the overflow moved the weights; clipping inf leaves zeros and NaN, and "
            "replacing it invents a gradient: skip the whole step"
        )
    expected = 2.0**16 / 2 ** int((~good).sum())
    if abs(float(scale.reshape(())) / expected - 1) > 1e-6:
        return (
            f"the scale at the end is {float(scale.reshape(())):g}, expected {expected:g}: halve "
            "it once for each step that was skipped, and only then"
        )
    skipped = (~torch.as_tensor(good)).cumsum(0)[:, None]  # before each step
    if _far(steps[good], gradients[good]):
        if not _far(steps[good], (gradients / 2**skipped)[good]):
            return (
                "after the skip the steps are too short: divide by the scale as it is now, not "
                "by 65536"
            )
        return "the steps are not too long and yet not right; is it - lr * g?"
    return None


def _far(steps: Tensor, gradients: Tensor) -> bool:
    """Whether the steps differ from those along the gradients, clipped at 0.1, at rate 0.1."""
    clipped = gradients * (0.1 / (gradients.norm(dim=1, keepdim=True) + 1e-6)).clamp(max=1)
    return bool((steps + 0.1 * clipped.double()).abs().max() > 2e-5)


MUP = '''
def adam_rates(base, width, lr):
    """Adam's rates for the input, hidden and readout layer of a net `width` units wide.

    lr: the best rate of all three layers at width `base`, in µP.
    """
    return ...
'''


def _rates(body: str) -> str:
    return f"def adam_rates(base, width, lr):\n    {body}\n"


SHIFT = '''
def slope(energy, angles, k):
    """The derivative of energy(angles) with respect to angles[k], from two calls of energy.

    energy: from a tensor of angles to a number, measured to four decimals; autograd cannot
    look inside. Each angle stands in one rotation.
    """
    return ...
'''
SHIFT_ANSWER = """
def slope(energy, angles, k):
    move = torch.zeros_like(angles)
    move[k] = math.pi / 2
    return (energy(angles + move) - energy(angles - move)) / 2
"""

NORMFREE = '''
def deep_net(seed):
    """A net for the digits, 64 inputs, 10 logits, 50 square weights 64 × 64, without a norm.

    SGD, learning rate 0.01, momentum 0.9, batch 32, 150 steps: at least 80 % test accuracy.
    """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(50))
            self.readout = nn.Linear(64, 10)
            draws = gr.generator(seed)
            for layer in self.layers:
                nn.init.kaiming_normal_(layer.weight, generator=draws)
                nn.init.zeros_(layer.bias)

        def forward(self, h):
            for layer in self.layers:
                h = h + layer(torch.relu(h))
            return self.readout(h)

    return ...
'''
BRANCH = "h = h + layer(torch.relu(h))"


def _joined(branch: str, more: str = "") -> str:
    text = NORMFREE.replace(BRANCH, branch).replace("return ...", "return Net()")
    line = "            self.readout = nn.Linear(64, 10)\n"
    return text.replace(line, line + more)


GAIN = "            self.gain = nn.Parameter(torch.zeros(50))\n"
GAINED = "h = h + gain * layer(torch.relu(h))"


def _gained(branch: str) -> str:
    return _joined(branch, GAIN).replace(
        "            for layer in self.layers:\n                h",
        "            for layer, gain in zip(self.layers, self.gain):\n                h",
    )


EXERCISES = (
    Exercise(
        id="11-scaler",
        title="Repair a loss scaler",
        points=3,
        minutes=10,
        difficulty=2,
        answer="train",
        starter=SCALER,
        reference=_scaled(RIGHT),
        hints=(
            "In which units is max_norm given, and in which is g when it is clipped?",
            "Return the stacked path and the scale: torch.stack(path), scale.",
            "After dividing, look: g.isfinite().all(). If not, no step, and scale / 2.",
            "The weights of a skipped step are appended too: they are those of the step before.",
        ),
        wrong=(
            Wrong(
                "clips before unscaling",
                _scaled(
                    STEP.replace(
                        "        weights = weights - lr * g\n",
                        "        if g.isfinite().all():\n            weights = weights - lr * g\n"
                        "        else:\n            scale = scale / 2\n",
                    )
                ),
                "divide by the scale first",
            ),
            Wrong(
                "steps on inf",
                _scaled(RIGHT.replace("if g.isfinite().all():", "if True:")),
                "the step was made nevertheless",
            ),
            Wrong(
                "replaces inf",
                _scaled(
                    "        g = torch.nan_to_num(g / scale, posinf=0.0)\n"
                    "        g = g * torch.clamp(max_norm / (g.norm() + 1e-6), max=1.0)\n"
                    "        weights = weights - lr * g\n        path.append(weights)\n"
                ),
                "replacing it invents a gradient",
            ),
            Wrong(
                "never unscales",
                _scaled(
                    RIGHT.replace("g = g / scale", "pass").replace(
                        "            g = g * torch.clamp(max_norm / (g.norm() + 1e-6), max=1.0)\n",
                        "",
                    )
                ),
                "still carries the loss scale",
            ),
            Wrong(
                "never clips",
                _scaled(
                    RIGHT.replace(
                        "            g = g * torch.clamp(max_norm / (g.norm() + 1e-6), max=1.0)\n",
                        "",
                    )
                ),
                "longer than lr * max_norm",
            ),
            Wrong(
                "divides by the first scale",
                _scaled(RIGHT.replace("g = g / scale", "g = g / 2**16")),
                "by the scale as it is now",
            ),
            Wrong(
                "keeps the scale",
                _scaled(RIGHT.replace("scale = scale / 2", "pass")),
                "once for each step",
            ),
        ),
        cases=(_seeded(0, None), _seeded(1, 3)),
        fresh=_fresh_scaler,
        judge=_judge_scaler,
    ),
    Exercise(
        id="11-moves",
        title="Predict the step that moves a weight",
        points=2,
        minutes=4,
        difficulty=1,
        answer="smallest_rate",
        starter="""
# A weight is exactly 1 and lives in bfloat16. Adam's first step is lr, downwards.
# Above which learning rate does the weight move at all?
smallest_rate = ...
""",
        reference="smallest_rate = 2**-9",
        hints=(
            "Just below 1 the gap to the next bfloat16 is 2**-8. Why half of eps?",
            "A result is rounded to the nearest number of the format.",
            "So more than half the gap is needed.",
        ),
        wrong=(
            Wrong("whole gap", "smallest_rate = 2**-8", "so half is enough"),
            Wrong("eps", "smallest_rate = 0.0078125", "that is eps, the gap above 1"),
            Wrong("a quarter", "smallest_rate = 2**-10", "a quarter of the gap"),
            Wrong("float16", "smallest_rate = 2**-12", "float16's half gap"),
        ),
        judge=_judge_moves,
    ),
    Exercise(
        id="11-normfree",
        title="Open: fifty blocks without a norm",
        points=4,
        minutes=12,
        difficulty=3,
        answer="deep_net",
        starter=NORMFREE,
        reference=_gained(GAINED),
        hints=(
            "What is the first loss of the net as it stands? Each sum doubles the variance.",
            "Make the branch small at the start: by a learnt gain of 0, or by a fixed factor.",
            "A parameter that holds fifty zeros, one gain for each block; keep the path.",
        ),
        wrong=(
            Wrong("unscaled sum", _joined(BRANCH), "a bare sum doubles its variance"),
            Wrong("no path", _gained("h = gain * layer(torch.relu(h))"), "a path around it"),
            Wrong("no skip", _joined("h = layer(torch.relu(h))"), "from block to block"),
            Wrong(
                "LayerNorm",
                _joined(
                    "h = h + layer(torch.relu(self.norm(h)))",
                    "            self.norm = nn.LayerNorm(64)\n",
                ),
                "the point is to do without",
            ),
            Wrong(
                "LayerNorm as a function",
                _joined("h = h + layer(torch.relu(F.layer_norm(h, (64,))))"),
                "forward pass calls layer_norm",
            ),
            Wrong(
                "norm by hand",
                _joined("h = h + layer(torch.relu(h / h.std(1, keepdim=True)))"),
                "forward pass calls std",
            ),
            Wrong(
                "few layers",
                _gained(GAINED).replace("range(50)", "range(10)"),
                "50 blocks were asked for",
            ),
        ),
        cases=(Case((0,)), Case((1,))),
        judge=_judge_normfree,
        seconds=10.0,
    ),
    Exercise(
        id="11-mup",
        title="Carry a learning rate to a wider net",
        points=2,
        minutes=5,
        difficulty=2,
        answer="adam_rates",
        starter=MUP,
        reference=_rates("return [lr, lr * base / width, lr * base / width]"),
        hints=(
            "Over how many units does each layer sum? Which of the numbers grows with the width?",
            "The input layer sums over the pixels: its rate stays.",
            "The other two sum over `width` units: lr * base / width.",
        ),
        wrong=(
            Wrong(
                "unchanged",
                _rates("return [lr, lr, lr]"),
                "That is the standard parametrisation: the step of z grows with the width.",
            ),
            Wrong(
                "all shrink",
                _rates("return [lr * base / width] * 3"),
                "The input layer sums over the pixels, however wide the net is: its rate stays.",
            ),
            Wrong(
                "square root",
                _rates("f = (base / width) ** 0.5\n    return [lr, lr * f, lr * f]"),
                "1/√n is for sums of random signs. A step is computed from this very h: its n "
                "terms all pull the same way.",
            ),
            Wrong(
                "square root for the hidden layer",
                _rates("f = base / width\n    return [lr, lr * f**0.5, lr * f]"),
                "The hidden layer's rate falls as 1/n like the readout's: both sum over n terms "
                "that pull the same way.",
            ),
            Wrong(
                "whole-number division",
                _rates("return [lr, lr * (base // width), lr * (base // width)]"),
                "base // width rounds down to 0. Divide with /.",
            ),
            Wrong(
                "readout only",
                _rates("return [lr, lr, lr * base / width]"),
                "The hidden layer sums over the width as well.",
            ),
            Wrong(
                "the rule for SGD",
                _rates("return [lr * width / base, lr, lr * base / width]"),
                "That is the row for SGD. Adam divides by the gradient's size.",
            ),
            Wrong(
                "upside down",
                _rates("return [lr, lr * width / base, lr * width / base]"),
                "A wider layer needs smaller steps, not larger ones.",
            ),
        ),
        cases=(Case((64, 1024, 0.016)), Case((128, 256, 0.003), hint=2)),
        fresh=_fresh_widths,
    ),
    Exercise(
        id="11-shift",
        title="A gradient from two runs",
        points=2,
        minutes=6,
        difficulty=2,
        answer="slope",
        starter=SHIFT,
        reference=SHIFT_ANSWER,
        hints=(
            "As a function of one angle the energy is a + b cos θ + c sin θ.",
            "Evaluate it a quarter turn above and a quarter turn below: sin θ becomes ± cos θ.",
            "Half the difference, and the other angles stay where they are.",
        ),
        wrong=(
            Wrong(
                "divided by the distance",
                SHIFT_ANSWER.replace(") / 2", ") / math.pi"),
                "This is no finite difference: do not divide by the distance π, but by 2.",
            ),
            Wrong(
                "not halved",
                SHIFT_ANSWER.replace(") / 2", ")"),
                "The difference of the two runs is twice the derivative.",
            ),
            Wrong(
                "half turn",
                SHIFT_ANSWER.replace("math.pi / 2", "math.pi"),
                "Half a turn up and half a turn down is the same place. Take a quarter.",
            ),
            Wrong(
                "all angles",
                SHIFT_ANSWER.replace("move[k] = math.pi / 2", "move += math.pi / 2"),
                "All angles moved at once. Move only angle k.",
            ),
            Wrong(
                "small step",
                SHIFT_ANSWER.replace("math.pi / 2", "0.5").replace("/ 2\n", "/ 1.0\n"),
                "A shift of 0.5 and the difference of that: nearly, and not exactly. A quarter "
                "turn makes it exact.",
            ),
            Wrong(
                "finite difference",
                SHIFT_ANSWER.replace("math.pi / 2", "1e-3").replace("/ 2\n", "/ 2e-3\n"),
                "A step of 0.001 divides the error of the measurement by 0.001. A quarter turn "
                "is exact and divides it by 1.",
            ),
            Wrong(
                "turned round",
                SHIFT_ANSWER.replace("return (", "return -("),
                "The sign is turned: the run above minus the run below.",
            ),
            Wrong(
                "one run",
                SHIFT_ANSWER.replace("energy(angles - move)) / 2", "energy(angles)) / 1.0"),
                "Take the second run a quarter turn below, not at the angle itself.",
            ),
        ),
        cases=(
            Case((wave, torch.tensor([0.4, 1.1, 2.0], dtype=torch.float64), 0)),
            Case((wave, torch.tensor([0.4, 1.1, 2.0], dtype=torch.float64), 2), hint=2),
        ),
        fresh=_fresh_angles,
    ),
)
