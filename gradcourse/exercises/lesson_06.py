"""Exercises of lesson 06: initialise with Xavier and He."""

import math
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor, nn

from gradcourse.data import digits
from gradcourse.device import generator
from gradcourse.exercises.compare import as_numbers, show
from gradcourse.exercises.declare import Case, Exercise, Wrong
from gradcourse.train import accuracy, fit


def _whole(low: int, high: int, draws: Generator) -> int:
    return int(torch.randint(low, high, (), generator=draws))


def _fresh_fans(draws: Generator) -> Case:
    return Case((_whole(2, 900, draws), _whole(901, 2000, draws)))


def _fresh_shape(draws: Generator) -> Case:
    slope = round(0.05 + 0.9 * torch.rand((), generator=draws).item(), 2)
    channels = (_whole(2, 60, draws), _whole(61, 200, draws))
    kernel = (_whole(2, 6, draws), _whole(2, 6, draws)) if slope > 0.5 else ()
    return Case(((*channels, *kernel), slope))


def _fresh_layer(draws: Generator) -> Case:
    return Case((_whole(150, 300, draws), _whole(320, 600, draws), _whole(1, 10_000, draws)))


def _fresh_seed(draws: Generator) -> Case:
    return Case((_whole(5, 10_000, draws),))


def _judge_uniform(layer: Any, case: Case) -> str | None:
    fan_in, fan_out, _ = case.args
    if not isinstance(layer, nn.Linear):
        return f"this is {show(layer)} ({type(layer).__name__}), and a layer (nn.Linear) was needed"
    weight = layer.weight.detach().double().cpu()
    if tuple(weight.shape) != (fan_out, fan_in):
        return f"its weight has shape {tuple(weight.shape)}, not {(fan_out, fan_in)}"
    if not weight.isfinite().all():
        return "some of its weights are not finite"
    bound, largest = math.sqrt(6 / fan_in), weight.abs().max().item()
    spread = weight.square().mean().item()
    if weight.mean().abs() > 0.05 * spread**0.5 or not 2.7 < largest**2 / spread < 3.3:
        return (
            f"variance {spread:.3g}, largest entry {largest:.3g}: that is not uniform and centred. "
            "Draw from -bound to bound"
        )
    if abs(largest / bound - 1) < 0.01:
        return None
    told = f"variance {weight.var().item():.3g}, and 2/fan_in is {2 / fan_in:.3g}"
    for value, why in {
        2 / fan_out: (
            "All three mistakes are still in. Compare variance, σ and bound, and print "
            "layer.weight.shape"
        ),
        2 / fan_in: "the bound is still the variance: where does the root belong?",
        math.sqrt(2 / fan_out): "nn.Linear stores its weight as (out, in), and σ is not a bound",
        math.sqrt(2 / fan_in): "σ is passed as the bound; U(-b, b) has variance b²/3",
        math.sqrt(6 / fan_out): "this is 2/fan_out: what is the order of weight.shape?",
        math.sqrt(6 / (fan_in + fan_out)): "this is Xavier's variance; He's is for ReLU",
        math.sqrt(1 / fan_in): "this is U(±1/√n), torch's default",
        6 / fan_in: "6/fan_in is b², take the root",
    }.items():
        if abs(largest / value - 1) < 0.01:
            return f"{told}{'. ' if why[0] == 'A' else ': '}{why}"
    return f"{told}: which step between variance, σ and bound went wrong?"


def _judge_gelu(value: Any, case: Case) -> str | None:
    numbers = as_numbers(value)
    if numbers is None or numbers.shape != (2,):
        return f"a list of two numbers was needed, not {show(value)}"
    forward, backward = numbers.tolist()
    near = [abs(forward - 1.5335) <= 0.01, abs(backward - 1.4811) <= 0.01]
    if all(near):
        return None
    if abs(forward - 1.4811) <= 0.01 and abs(backward - 1.5335) <= 0.01:
        return "the right two numbers in the wrong order: the signal's scale comes first"
    if abs(forward - 2.352) <= 0.02 or abs(backward - 2.194) <= 0.02:
        return "that is σ_w²: the scale is its square root"
    if abs(forward - 0.652) <= 0.01 or abs(backward - 0.675) <= 0.01:
        return "that is the factor at scale 1; the scale is what brings it to 1"
    if abs(forward - 0.4252) <= 0.005 or abs(backward - 0.4558) <= 0.005:
        return "these are the means of φ² and φ′²; the scale is 1/√ of them"
    if abs(forward - 1.4142) <= 0.005 and abs(backward - 1.4142) <= 0.005:
        return "that is ReLU's scale; GELU is not zero below 0, and its slope is not 0 or 1"
    if near[0] or near[1]:
        right, other = ("first", "second") if near[0] else ("second", "first")
        return f"the {right} is right, the {other} is not: E[φ²] for one, E[φ′²] for the other"
    return f"{show(value)}: neither is within 0.01. Is z normal with variance 1 in your mean?"


class _Chain:
    """What passes through the nn.Linear of a net, in the order in which they run."""

    def __init__(self, net: nn.Module):
        self.pairs: list[tuple[Tensor, Tensor]] = []
        linears = [m for m in net.modules() if isinstance(m, nn.Linear)]
        handles = [m.register_forward_hook(self._note) for m in linears]
        try:
            with torch.no_grad():
                self.out = net(_digits().x[:64])
        finally:
            for handle in handles:
                handle.remove()

    def _note(self, layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self.pairs.append((inputs[0].clone(), output.clone()))


_digits = cache(digits)


def _left(chain: _Chain) -> tuple[float, float]:
    """Of the last layer's signal: directions left, and the share of it that is not the mean."""
    h = chain.pairs[-1][0].double()
    apart = h - h.mean(dim=0)
    squares = torch.linalg.svdvals(apart) ** 2
    directions = squares.sum() ** 2 / (squares**2).sum().clamp_min(1e-300)
    return directions.item(), (apart.norm() / h.norm()).item()


def _judge_fifty(net: Any, case: Case) -> str | None:
    if not isinstance(net, nn.Module):
        return f"this is {type(net).__name__}, and a network (nn.Module) was needed"
    chain = _Chain(net.cpu())
    if not isinstance(chain.out, Tensor) or tuple(chain.out.shape) != (64, 10):
        shape = tuple(getattr(chain.out, "shape", ()))
        return f"its logits for 64 digits have shape {shape}, not (64, 10)"
    if len(chain.pairs) != 51:
        return f"50 layers and a readout were asked for; {len(chain.pairs)} nn.Linear ran"
    if not all(p.isfinite().all() for p in net.parameters()):
        return "some of its weights or biases are not finite"
    if not chain.out.isfinite().all():
        return "the forward pass is not finite at the start"
    for number, ((_, z), (h, _)) in enumerate(
        zip(chain.pairs, chain.pairs[1:], strict=False), start=1
    ):
        if h.shape != z.shape or not torch.allclose(h, torch.relu(z), atol=1e-6):
            return (
                f"layer {number + 1} must read relu of what layer {number} gives, and nothing "
                "else: no norm, no skip, no other activation"
            )
    if not chain.pairs[-1][0].any():
        return "all signals are 0 at the end of the 50 layers, so no layer gets a gradient"
    data = _digits()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.005, momentum=0.9)
    history = fit(net, data.x, data.y, optimizer=optimizer, steps=150, generator=generator(0))
    reached = accuracy(net, data.x_test, data.y_test)
    if history.breakdown is None and reached >= 0.7:
        return None
    told = f"test accuracy {reached:.0%} after 150 steps, and 70 % was asked"
    if history.breakdown is not None:
        told = f"training ended in inf or NaN at step {history.breakdown.step}"
    if chain.pairs[-1][0].norm() < 1e-3 * chain.pairs[1][0].norm():
        return f"{told}. The signal vanishes on its way: first bring its size to 1"
    directions, share = _left(chain)
    if directions > 5 and share < 0.5:
        return (
            f"{told}. The digits are kept apart, but the signal has a large common mean, which "
            "makes the steps unstable. Try smaller biases, or weights that need none"
        )
    if directions < 3 or share < 0.15:
        return f"{told}. In the last layer the digits can hardly be told apart: they share one line"
    return f"{told}. Which directions does a layer lose at the start?"


BROKEN = '''
def he_uniform_layer(fan_in, fan_out, seed):
    """An nn.Linear for ReLU whose weights have He's variance, drawn from a uniform."""
    layer = nn.Linear(fan_in, fan_out)
    rows, columns = layer.weight.shape
    deviation = 2 / rows
    nn.init.uniform_(layer.weight, -deviation, deviation, generator=gr.generator(seed))
    return ...
'''


def _mended(deviation: str) -> str:
    return BROKEN.replace("2 / rows", deviation).replace("return ...", "return layer")


def _fifty(start: str) -> str:
    return f"""
def fifty_relu_layers(seed):
    generator, layers = gr.generator(seed), []
    for number in range(50):
        layer = nn.Linear(64, 64)
        nn.init.zeros_(layer.bias)
        {start}
        layers += [layer, nn.ReLU()]
    readout = nn.Linear(64, 10)
    nn.init.xavier_normal_(readout.weight, generator=generator)
    nn.init.zeros_(readout.bias)
    return nn.Sequential(*layers, readout)
"""


MIRRORED = """
def fifty_relu_layers(seed):
    # (z, -z) behind ReLU keeps all of z, also of inputs with negative entries; the next layer
    # puts it together again
    generator, layers = gr.generator(seed), []
    for number in range(50):
        layer = nn.Linear(64, 64)
        nn.init.zeros_(layer.bias)
        turn = nn.init.orthogonal_(torch.empty(32, 64 if number == 0 else 32), generator=generator)
        half = turn if number == 0 else torch.cat([turn, -turn], dim=1)
        with torch.no_grad():
            layer.weight.copy_(torch.cat([half, -half]))
        layers += [layer, nn.ReLU()]
    readout = nn.Linear(64, 10)
    nn.init.xavier_normal_(readout.weight, generator=generator)
    nn.init.zeros_(readout.bias)
    return nn.Sequential(*layers, readout)
"""
IDENTITY = _fifty("nn.init.eye_(layer.weight)")

EXERCISES = (
    Exercise(
        id="06-bound",
        title="Xavier's uniform bound",
        points=2,
        minutes=4,
        difficulty=1,
        answer="xavier_bound",
        starter='''
def xavier_bound(fan_in, fan_out):
    """The b for which weights drawn from U(-b, b) have Xavier's variance."""
    return ...
''',
        reference="""
def xavier_bound(fan_in, fan_out):
    return math.sqrt(6 / (fan_in + fan_out))
""",
        hints=(
            "Xavier's variance is 2/(fan_in + fan_out). What is the variance of U(-b, b)?",
            "b²/3 = 2/(fan_in + fan_out).",
            "Solve for b: the square root of 6/(fan_in + fan_out).",
        ),
        wrong=(
            Wrong(
                "standard deviation",
                "def xavier_bound(fan_in, fan_out):\n    return math.sqrt(2 / (fan_in + fan_out))",
                "That is Xavier's standard deviation. The bound is √3 times as large.",
            ),
            Wrong(
                "root forgotten",
                "def xavier_bound(fan_in, fan_out):\n    return 6 / (fan_in + fan_out)",
                "That is b², three times the variance. Take the root.",
            ),
            Wrong(
                "the older heuristic",
                "def xavier_bound(fan_in, fan_out):\n    return 1 / math.sqrt(fan_in)",
                "That is U(±1/√n), torch's default, with a third of LeCun's variance.",
            ),
            Wrong(
                "fan_in only",
                "def xavier_bound(fan_in, fan_out):\n    return math.sqrt(3 / fan_in)",
                "That keeps the forward pass alone, variance 1/fan_in. Xavier uses both fans.",
            ),
            Wrong(
                "width of the interval",
                "def xavier_bound(fan_in, fan_out):\n    return math.sqrt(24 / (fan_in + fan_out))",
                "You solved (width)²/12 = variance. That width goes from -b to b, so b is half.",
            ),
            Wrong(
                "the other end",
                "def xavier_bound(fan_in, fan_out):\n    return -math.sqrt(6 / (fan_in + fan_out))",
                "That is -b, the lower end of the interval. The bound is the upper one.",
            ),
        ),
        cases=(Case((400, 100)), Case((30, 500), hint=1), Case((64, 128), hint=2)),
        fresh=_fresh_fans,
    ),
    Exercise(
        id="06-uniform",
        title="Spot three mistakes in a uniform He",
        points=3,
        minutes=6,
        difficulty=2,
        answer="he_uniform_layer",
        starter=BROKEN,
        reference=_mended("math.sqrt(3) * math.sqrt(2 / columns)"),
        hints=(
            "Measure: he_uniform_layer(200, 500, 0).weight.var(), and compare with 2/200.",
            "In which order does nn.Linear store its weight's shape? Print it for a layer that is "
            "not square.",
            "2/fan_in is a variance. Its root is σ. The bound is √3 σ.",
        ),
        wrong=(
            Wrong("unchanged", _mended("2 / rows"), "All three mistakes are still in"),
            Wrong("only the fan mended", _mended("2 / columns"), "where does the root belong"),
            Wrong("only the root mended", _mended("math.sqrt(2 / rows)"), "stores its weight as"),
            Wrong("σ as a bound", _mended("math.sqrt(2 / columns)"), "σ is passed as the bound"),
            Wrong("fan_out", _mended("math.sqrt(6 / rows)"), "the order of weight.shape"),
            Wrong("b squared", _mended("6 / columns"), "6/fan_in is b²"),
            Wrong(
                "a normal draw",
                BROKEN.replace("deviation = 2 / rows", "deviation = math.sqrt(2 / columns)")
                .replace("uniform_(layer.weight, -deviation", "normal_(layer.weight, 0")
                .replace("return ...", "return layer"),
                "not uniform and centred",
            ),
        ),
        cases=(Case((200, 500, 0)), Case((700, 100, 1)), Case((300, 300, 2))),
        fresh=_fresh_layer,
        judge=_judge_uniform,
    ),
    Exercise(
        id="06-leaky",
        title="He for leaky ReLU, convolutions included",
        points=3,
        minutes=6,
        difficulty=2,
        answer="he_deviation",
        starter='''
def he_deviation(shape, slope):
    """Standard deviation of a weight that keeps the size of the signal under leaky ReLU.

    shape: of the weight. A linear weight has two sizes only, (out, in); that of a convolution
    has four, (out, in, height, width).
    slope: φ(z) = z for z > 0, and slope * z otherwise.
    """
    return ...
''',
        reference="""
def he_deviation(shape, slope):
    fan_in = math.prod(shape[1:])
    return math.sqrt(2 / ((1 + slope**2) * fan_in))
""",
        hints=(
            "How many terms are summed for one output? That is fan_in.",
            "E[φ(z)²] = (1 + slope²)/2 · E[z²]. Check: slope 0 is ReLU, slope 1 is linear.",
            "fan_in is the product of all sizes but the first: math.prod(shape[1:]).",
            "Variance 2/((1 + slope²) fan_in), and then the root.",
        ),
        wrong=(
            Wrong(
                "variance",
                "def he_deviation(shape, slope):\n"
                "    return 2 / ((1 + slope**2) * math.prod(shape[1:]))",
                "That is the variance. nn.init.normal_ takes its root.",
            ),
            Wrong(
                "fan_out",
                "def he_deviation(shape, slope):\n"
                "    fan = shape[0] * math.prod(shape[2:])\n"
                "    return math.sqrt(2 / ((1 + slope**2) * fan))",
                "You took the first size, fan_out. A weight is stored as (out, in, …).",
            ),
            Wrong(
                "kernel forgotten",
                "def he_deviation(shape, slope):\n"
                "    return math.sqrt(2 / ((1 + slope**2) * shape[1]))",
                "Each output sums over the kernel too: in · height · width terms.",
            ),
            Wrong(
                "slope not squared",
                "def he_deviation(shape, slope):\n"
                "    return math.sqrt(2 / ((1 + slope) * math.prod(shape[1:])))",
                "The mean is over φ², so the slope enters squared.",
            ),
            Wrong(
                "slope ignored",
                "def he_deviation(shape, slope):\n"
                "    return math.sqrt(2 / math.prod(shape[1:])) + 0 * slope",
                "That is plain ReLU's rule. The negative half passes slope² of its square on.",
            ),
            Wrong(
                "weight scale",
                "def he_deviation(shape, slope):\n    return math.sqrt(2 / (1 + slope**2))",
                "That is σ_w, the same for every shape. Divide it by √fan_in.",
            ),
        ),
        cases=(
            Case(((100, 400), 0.2), hint=1),
            Case(((32, 16, 3, 3), 0.5), hint=2),
            Case(((8, 20, 1, 5), 0.0), hint=2),
            Case(((50, 30), 1.0), hint=1),
        ),
        fresh=_fresh_shape,
    ),
    Exercise(
        id="06-gelu",
        title="The two scales of GELU",
        points=1,
        minutes=3,
        difficulty=1,
        answer="gelu_scales",
        starter="""
# z is normal with variance 1. At which weight scale σ_w does GELU keep the size of the signal,
# and at which that of the error signal? The answer is a list, [forward, backward];
# 0.01 off is still right.
gelu_scales = ...
""",
        reference="""
z = torch.linspace(-8, 8, 4001, dtype=torch.float64, requires_grad=True)
bell = torch.exp(-z.detach() ** 2 / 2)
bell = bell / bell.sum()
value = F.gelu(z)
(slope,) = torch.autograd.grad(value.sum(), z)
gelu_scales = [(bell @ value.detach() ** 2).item() ** -0.5, (bell @ slope**2).item() ** -0.5]
""",
        hints=(
            "Forward: σ_w² E[φ(z)²] = 1. Backward: σ_w² E[φ′(z)²] = 1.",
            "Two means over the bell curve: of F.gelu(z)², and of its derivative squared.",
            "The cell above has all of it: try two_scales(F.gelu).",
        ),
        wrong=(
            Wrong("swapped", "gelu_scales = [1.481, 1.534]", "in the wrong order"),
            Wrong("root forgotten", "gelu_scales = [2.352, 2.194]", "the scale is its square root"),
            Wrong("inverted", "gelu_scales = [0.652, 0.675]", "the factor at scale 1"),
            Wrong("the means", "gelu_scales = [0.425, 0.456]", "these are the means of φ²"),
            Wrong("ReLU's", "gelu_scales = [2**0.5, 2**0.5]", "GELU is not zero below 0"),
            Wrong("one for both", "gelu_scales = [1.481, 1.481]", "the second is right"),
        ),
        judge=_judge_gelu,
    ),
    Exercise(
        id="06-fifty",
        title="Open: make 50 ReLU layers learn by their start alone",
        points=4,
        minutes=12,
        difficulty=3,
        answer="fifty_relu_layers",
        starter='''
def fifty_relu_layers(seed):
    """50 times nn.Linear and ReLU, then a readout nn.Linear; 64 inputs, 10 outputs, bare.

    The check trains it: SGD, learning rate 0.005, momentum 0.9, 150 steps of 64 digits. Each
    net must then read 70 % of the test digits. Its weights and biases at the start are yours.
    """
    return ...
''',
        reference=MIRRORED,
        hints=(
            "Build it with nn.Sequential: nn.Linear(64, 64), nn.ReLU(), and so on. With He's "
            "weights it stops far below 70 %. Count directions(…) where it loses them.",
            "ReLU destroys what is negative. Could a layer's weights make sure that nothing is "
            "lost: that nothing is negative, or that the negative part is stored elsewhere?",
            "The inputs have negative entries, but behind the first ReLU nothing is negative. "
            "Which matrix keeps it so? nn.init.eye_ does. Or: relu(z) and relu(-z) together hold "
            "all of z.",
        ),
        wrong=(
            Wrong(
                "He",
                _fifty("nn.init.kaiming_normal_(layer.weight, generator=generator)"),
                "can hardly be told apart",
            ),
            Wrong(
                "Xavier",
                _fifty("nn.init.xavier_normal_(layer.weight, generator=generator)"),
                "The signal vanishes on its way",
            ),
            Wrong(
                "fewer layers",
                IDENTITY.replace("range(50)", "range(20)"),
                "50 layers and a readout were asked",
            ),
            Wrong(
                "tanh and orthogonal",
                _fifty("nn.init.orthogonal_(layer.weight, generator=generator)").replace(
                    "nn.ReLU()", "nn.Tanh()"
                ),
                "must read relu of what",
            ),
        ),
        cases=(Case((0,)), Case((1,))),
        fresh=_fresh_seed,
        judge=_judge_fifty,
        seconds=15,
    ),
)
