"""Exercises of lesson 05: clipping gradients, and what it cannot do."""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gradcourse.data import digits
from gradcourse.exercises.compare import as_numbers, show
from gradcourse.exercises.declare import Case, Exercise, Wrong
from gradcourse.exercises.nets import broken_chain
from gradcourse.nets import DeepNet
from gradcourse.train import accuracy


def _fresh_gradients(draws: Generator) -> Case:
    threshold = 0.5 + 4 * torch.rand((), generator=draws).item()
    size = 10 ** (2 * torch.rand((), generator=draws).item() - 1)
    gradients = [size * torch.randn(shape, generator=draws) for shape in ((4, 3), (4,), (2, 4))]
    return Case((gradients, round(threshold, 2)))


def _total(arrays: list[Any]) -> float:
    return math.sqrt(sum(float((a**2).sum()) for a in arrays))


def _scaled(arrays: list[Any], factor: float) -> list[Any]:
    return [factor * a for a in arrays]


def _near(got: list[Any], expected: list[Any]) -> bool:
    slack = 1e-3 * max(_total(expected), 1e-12)
    return _total([a - b for a, b in zip(got, expected, strict=True)]) <= slack


def _judge_clip(value: Any, case: Case) -> str | None:
    given, threshold = case.args
    want = [g.double().numpy() for g in given]
    if not isinstance(value, (list, tuple)) or len(value) != len(want):
        return f"a list of {len(want)} gradients was needed, not {show(value)}"
    got = [as_numbers(entry) for entry in value]
    for number, (mine, theirs) in enumerate(zip(got, want, strict=True), start=1):
        if mine is None or mine.shape != theirs.shape:
            shape = "no numbers" if mine is None else f"the shape {mine.shape}"
            return f"gradient {number} has {shape}; {theirs.shape} was needed"
    norm = _total(want)
    if not all(entry is not None and np.isfinite(entry).all() for entry in got):
        return f"gave NaN or inf for gradients of norm {norm:.3g}; what is divided by what?"
    if _near(got, _scaled(want, min(1.0, threshold / (norm or 1.0)))):
        return None
    return _clip_mistake(got, want, norm, threshold)


def _clip_mistake(got: list[Any], want: list[Any], norm: float, threshold: float) -> str:
    """What a list of gradients that is not clipped rightly shows."""
    facts = f"norm before {norm:.3g}, threshold {threshold:.3g}, norm after {_total(got):.3g}"
    if norm > threshold and _near(got, [w.clip(-threshold, threshold) for w in want]):
        return f"{facts}: each entry was cut by itself, so the direction is lost"
    each = [min(1.0, threshold / (_total([w]) or 1.0)) for w in want]
    if _near(got, [f * w for f, w in zip(each, want, strict=True)]):
        return f"{facts}: each tensor was clipped by itself, so the direction is lost"
    if norm < threshold:
        return f"{facts}: below the threshold nothing may change"
    if _near(got, _scaled(want, 1 / max(1.0, norm))):
        return f"{facts}: that is g/max(1, ‖g‖), where the threshold has no say"
    if _near(got, _scaled(want, threshold / sum(_total([w]) for w in want))):
        return f"{facts}: norms do not add up; their squares do"
    if _near(got, want):
        return f"{facts}: nothing was clipped"
    return f"{facts}: one factor for all tensors should bring the norm down to the threshold"


TURN = (0.5, 20.0)  # clipped by value at 1 it becomes (0.5, 1)


def _judge_turn(value: Any, case: Case) -> str | None:
    number = as_numbers(value)
    if number is None or number.size != 1 or not np.isfinite(number).all():
        return f"an angle in degrees was needed, not {show(value)}"
    angle = float(number.reshape(()))
    after = math.degrees(math.atan2(1.0, TURN[0]))
    turn = math.degrees(math.atan2(TURN[1], TURN[0])) - after
    both = math.degrees(math.atan2(TURN[1], TURN[0])) - 45.0
    for wrong, told in (
        (0.0, "value clipping does not keep the direction: only one of the entries is cut"),
        (after, "that is where the clipped gradient points; from where did it turn?"),
        (both, "0.5 is inside −1 … 1: is it cut?"),
        (math.cos(math.radians(turn)), "that is the cosine; the angle is asked, in degrees"),
        (math.radians(turn), "that is the angle in radians; degrees are asked"),
    ):
        if abs(abs(angle) - wrong) < 0.01 * max(1.0, wrong):
            return told
        if wrong in (after, both) and abs(abs(angle) - math.radians(wrong)) < 0.01:
            return f"in degrees that would be {abs(math.degrees(angle)):.1f}. And {told}"
    if abs(abs(angle) - turn) <= 0.5:
        return None
    return f"{angle:.4g}° is not right; what is the clipped gradient, entry by entry?"


def _log(draws: Generator, level: float, *, broken: bool) -> NDArray[np.float64]:
    """200 norms around `level`, every fortieth a spike; some inf and NaN if `broken`."""
    norms = level * torch.exp(0.4 * torch.randn(200, generator=draws, dtype=torch.float64))
    norms[7::40] = level * 400 * (1 + torch.rand(5, generator=draws, dtype=torch.float64))
    if broken:
        norms[[50, 120]], norms[90] = math.inf, math.nan
    return norms.numpy()


def _fresh_log(draws: Generator) -> Case:
    level = 10 ** (4 * torch.rand((), generator=draws).item() - 2)
    return Case((_log(draws, level, broken=True),))


def _judge_threshold(value: Any, case: Case) -> str | None:
    number = as_numbers(value)
    if number is None or number.size != 1:
        return f"one number was needed, not {show(value)}"
    threshold = float(number.reshape(()))
    norms = case.args[0]
    finite = norms[np.isfinite(norms)]
    if not math.isfinite(threshold):
        return f"gave {threshold}: this log holds inf or NaN, which say nothing about a usual step"
    share = float((finite > threshold).mean())
    if 0.05 <= share <= 0.2:
        return None
    told = f"at {threshold:.3g}, {share:.0%} of the finite steps would be clipped"
    if share == 0:
        return f"{told}: a threshold above the whole log never clips"
    if share < 0.05:
        return f"{told}: a few spikes have pulled it up"
    if 0.4 < share < 0.6:
        return f"{told}: half of the usual steps would be shortened"
    if share > 0.9:
        return f"{told}: does it follow the scale of this log?"
    return f"{told}; aim at one in ten"


ARTICLE = '''
def mended_run(seed):
    """Ten ReLU layers after article C. It ends in NaN. Returns the net and its losses."""
    draws = gr.generator(seed)
    layers = []
    for _ in range(10):
        layer = nn.Linear(100, 100)
        nn.init.uniform_(layer.weight, 0.9, 1.1, generator=draws)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(100, 1))
    nn.init.xavier_uniform_(net[-1].weight, generator=draws)
    nn.init.zeros_(net[-1].bias)
    x = torch.rand(1000, 100, generator=draws)
    y = torch.rand(1000, 1, generator=draws)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return ...
'''
INIT = "nn.init.uniform_(layer.weight, 0.9, 1.1, generator=draws)"
CLIP = "nn.utils.clip_grad_norm_(net.parameters(), 1.0)"


def _mended(*changes: tuple[str, str]) -> str:
    source = ARTICLE
    for old, new in (*changes, ("return ...", "return net, losses")):
        source = source.replace(old, new)
    return source


def _judge_repair(value: Any, case: Case) -> str | None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return "return two things: net, losses"
    net, losses = value[0], as_numbers(value[1])
    if not isinstance(net, nn.Module):
        return f"the first result is {type(net).__name__}, and a network (nn.Module) was needed"
    if losses is None or losses.ndim != 1 or not losses.size:
        return "the second result must be the list of losses"
    linears = [module for module in net.modules() if isinstance(module, nn.Linear)]
    if len(linears) != 11:
        return f"ten layers and a readout were asked for; this net has {len(linears)} nn.Linear"
    if (linears[0].in_features, linears[-1].out_features) != (100, 1):
        return "keep the net's 100 inputs and its one output"
    if np.isnan(losses).any():
        step = int(np.isnan(losses).argmax())
        return (
            f"the loss is {losses[0]:.3g} at step 0 and NaN at step {step}. Step 0 comes before "
            "any clipping and any update"
        )
    if not losses[0] < 1e4:
        size = "inf" if math.isinf(losses[0]) else f"{losses[0]:.0e}"
        zero_mean = abs(linears[1].weight.mean().item()) < 0.1 * linears[1].weight.std().item()
        cause = "mean 0 is right, and" if zero_mean and size != "inf" else "no NaN, but"
        return f"{cause} the first loss is still {size}. That is the forward pass: mend its weights"
    growth, error = _error_growth(net, linears)
    if not math.isfinite(error):
        return f"the losses are finite, but on new data the returned net's loss is {error}"
    if growth == 0:
        return "finite, but layer 1 gets no gradient at all: it can never learn"
    if not growth < 2:
        return f"the error signal still grows by ×{growth:.2g} per layer on its way back"
    if growth < 0.5:
        return (
            f"finite, but the error signal shrinks to {growth:.2g} of itself per layer: next to "
            "nothing reaches layer 1, from explosion to vanishing"
        )
    if error < 0.15:
        x = torch.rand(64, 100, generator=torch.Generator().manual_seed(8))
        return broken_chain(net, x.to(linears[0].weight), 10)
    return f"the run starts well, but on new data its loss is {error:.2g}; best possible is 0.083"


def _error_growth(net: nn.Module, linears: list[nn.Linear]) -> tuple[float, float]:
    """On new data: growth of the error signal per layer, from layer 10 to 1, and the loss."""
    draws = torch.Generator().manual_seed(7)
    x, y = torch.rand(500, 100, generator=draws), torch.rand(500, 1, generator=draws)
    norms = dict.fromkeys((0, 9), 0.0)

    def listen(layer: int) -> Any:
        def keep(gradient: Tensor) -> None:
            norms[layer] = gradient.norm().item()

        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            output.register_hook(keep)

        return linears[layer].register_forward_hook(hook)

    handles = [listen(layer) for layer in norms]
    with torch.enable_grad():
        loss = F.mse_loss(net(x.to(linears[0].weight)), y.to(linears[0].weight))
        loss.backward()
    for handle in handles:
        handle.remove()
    return (norms[0] / (norms[9] or 1.0)) ** (1 / 9), loss.item()


def _fresh_seed(draws: Generator) -> Case:
    return Case((int(torch.randint(5, 10_000, (), generator=draws)),))


RESCUE = '''
def rescued_net(seed):
    """Ten ReLU layers of scale 2.5: they explode. Add clipping, change nothing else."""
    digits = gr.digits()
    net = gr.DeepNet(10, width=64, scale=2.5, generator=gr.generator(seed))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    draws = gr.generator(seed)
    for _ in range(210):
        batch = torch.randint(1437, (64,), generator=draws)
        optimizer.zero_grad()
        F.cross_entropy(net(digits.x[batch]), digits.y[batch]).backward()
        # your clipping here
        optimizer.step()
    return ...
'''
GOAL = 0.78


def _rescued(rule: str, *changes: tuple[str, str]) -> str:
    source = RESCUE.replace("return ...", "return net").replace("# your clipping here", rule)
    for old, new in changes:
        source = source.replace(old, new)
    return source


_digits = cache(digits)


def _changed(net: Any) -> str | None:
    """How the net differs from the one that was given, or None."""
    if type(net) is not DeepNet:
        return f"return the net; this is {type(net).__name__}"
    if (net.depth, net.activation, net.norm, net.residual) != (10, "relu", "none", "none"):
        return "the net was changed: keep its ten ReLU layers, without norm and skips"
    drawn = [layer.draw for layer in net.layers if isinstance(layer.draw, Tensor)]
    variance = float(np.mean([draw.var().item() * draw.shape[1] for draw in drawn]))
    if net.scale != 2.5 or not 0.8 < variance < 1.2:
        return "the start was changed: keep the weight scale 2.5, and let clipping do the work"
    return None


def _judge_rescue(net: Any, case: Case) -> str | None:
    if problem := _changed(net):
        return problem
    if not all(p.isfinite().all() for p in net.parameters()):
        return "the weights hold inf or NaN. Clip between backward() and step()"
    reached = accuracy(net, _digits().x_test, _digits().y_test)
    if reached >= GOAL:
        return None
    told = f"test accuracy {reached:.2f}, and {GOAL} was asked"
    if reached < 0.2:
        return f"{told}. It is finite and at chance: some update was too large, or all too small"
    return (
        f"{told}. It learns, too slowly or unsteadily. One norm for all tensors lets the largest "
        "speak; what if each tensor, each unit or each entry has its own limit? If it has one "
        "already, try another threshold"
    )


A, B = torch.tensor([[6.0, 0.0], [0.0, 8.0]]), torch.tensor([24.0])  # norms 10, 24; together 26
EXERCISES = (
    Exercise(
        id="05-clip",
        title="Clip a list of gradients by their global norm",
        points=2,
        minutes=8,
        difficulty=1,
        answer="clip_together",
        starter='''
def clip_together(gradients, threshold):
    """New gradients: the same direction, and a global norm of at most `threshold`.

    gradients: list of tensors of any shapes; they stay as they are.
    """
    return ...
''',
        reference="""
def clip_together(gradients, threshold):
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    factor = min(1.0, threshold / (norm + 1e-6))
    return [factor * g for g in gradients]
""",
        hints=(
            "Think of all tensors as one long vector. What is its norm?",
            "norm = the root of the sum of all squares, over all tensors. For torch.cat, flatten "
            "each of them first.",
            "One factor for all: min(1, threshold / norm). What if norm is 0?",
        ),
        wrong=(
            Wrong(
                "each tensor by itself",
                "def clip_together(gradients, threshold):\n"
                "    return [g * min(1.0, threshold / (1e-6 + float(g.norm())))\n"
                "            for g in gradients]",
                "each tensor was clipped by itself",
            ),
            Wrong(
                "by value",
                "def clip_together(gradients, threshold):\n"
                "    return [g.clamp(-threshold, threshold) for g in gradients]",
                "each entry was cut by itself",
            ),
            Wrong(
                "threshold forgotten",
                "def clip_together(gradients, threshold):\n"
                "    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))\n"
                "    return [g / max(1.0, norm) for g in gradients]",
                "where the threshold has no say",
            ),
            Wrong(
                "always scaled",
                "def clip_together(gradients, threshold):\n"
                "    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))\n"
                "    return [g * threshold / (norm + 1e-6) for g in gradients]",
                "below the threshold nothing may change",
            ),
            Wrong(
                "norms added",
                "def clip_together(gradients, threshold):\n"
                "    norm = sum(float(g.norm()) for g in gradients) + 1e-6\n"
                "    return [g * min(1.0, threshold / norm) for g in gradients]",
                "norms do not add up; their squares do",
            ),
            Wrong(
                "0 divided by 0",
                "def clip_together(gradients, threshold):\n"
                "    norm = torch.sqrt(sum((g**2).sum() for g in gradients))\n"
                "    return [g / norm * min(norm, torch.tensor(threshold)) for g in gradients]",
                "what is divided by what",
            ),
        ),
        cases=(
            Case(([A, B], 6.5)),
            Case(([A / 10, B / 10], 5.0)),
            Case(([0 * A, 0 * B], 1.0)),
        ),
        fresh=_fresh_gradients,
        judge=_judge_clip,
    ),
    Exercise(
        id="05-turn",
        title="Predict how far value clipping turns a gradient",
        points=1,
        minutes=4,
        difficulty=1,
        answer="turn_in_degrees",
        starter="""
# The gradient of two weights is (0.5, 20). clip_grad_value_ clips each entry to -1 … 1.
# By what angle does that turn the gradient, in degrees? Within half a degree is right.
turn_in_degrees = ...
""",
        reference="""
before, after = math.atan2(20, 0.5), math.atan2(1, 0.5)
turn_in_degrees = math.degrees(before - after)
""",
        hints=(
            "Write down the gradient after clipping. Which entry has changed?",
            "(0.5, 1). Draw both arrows from 0. What is the angle between them?",
            "The angle of (a, b) is math.degrees(math.atan2(b, a)). Take the difference.",
        ),
        wrong=(
            Wrong("direction kept", "turn_in_degrees = 0", "does not keep the direction"),
            Wrong(
                "new direction",
                "turn_in_degrees = math.degrees(math.atan2(1, 0.5))",
                "that is where the clipped gradient points",
            ),
            Wrong(
                "both entries cut",
                "turn_in_degrees = math.degrees(math.atan2(20, 0.5) - math.atan2(1, 1))",
                "is it cut",
            ),
            Wrong(
                "cosine",
                "a, b = torch.tensor([0.5, 20.0]), torch.tensor([0.5, 1.0])\n"
                "turn_in_degrees = F.cosine_similarity(a, b, dim=0)",
                "that is the cosine",
            ),
            Wrong(
                "radians",
                "turn_in_degrees = math.atan2(20, 0.5) - math.atan2(1, 0.5)",
                "in radians",
            ),
        ),
        judge=_judge_turn,
    ),
    Exercise(
        id="05-threshold",
        title="Pick a threshold from a log",
        points=2,
        minutes=4,
        difficulty=2,
        answer="pick_threshold",
        starter='''
def pick_threshold(norms):
    """A clipping threshold that touches about one in ten of the usual steps.

    norms: array of unclipped gradient norms, one a step. A real log: it may hold inf and NaN.
    """
    return ...
''',
        reference="""
def pick_threshold(norms):
    return np.percentile(norms[np.isfinite(norms)], 90)
""",
        hints=(
            "Sort the norms. Which of them has one tenth of the steps above it?",
            "np.percentile(…, 90). A mean follows the largest spike; a percentile does not.",
            "First keep only the finite ones: norms[np.isfinite(norms)].",
        ),
        wrong=(
            Wrong(
                "largest",
                "def pick_threshold(norms):\n    return max(n for n in norms if n < math.inf)",
                "never clips",
            ),
            Wrong(
                "mean",
                "def pick_threshold(norms):\n    return sum(norms) / len(norms)",
                "a few spikes have pulled it up",
            ),
            Wrong(
                "median",
                "def pick_threshold(norms):\n    return np.nanmedian(norms)",
                "half of the usual steps",
            ),
            Wrong(
                "always 1",
                "def pick_threshold(norms):\n    return 1.0",
                "does it follow the scale of this log",
            ),
            Wrong(
                "NaN left in",
                "def pick_threshold(norms):\n    return np.percentile(norms, 90)",
                "which say nothing about a usual step",
            ),
        ),
        cases=(
            Case((_log(torch.Generator().manual_seed(0), 50.0, broken=False),)),
            Case((_log(torch.Generator().manual_seed(1), 0.03, broken=True),)),
        ),
        fresh=_fresh_log,
        judge=_judge_threshold,
    ),
    Exercise(
        id="05-repair",
        title="The NaN that clipping does not cure",
        points=3,
        minutes=7,
        difficulty=2,
        answer="mended_run",
        starter=ARTICLE,
        reference=_mended(
            (INIT, 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=draws)')
        ),
        hints=(
            "Print losses[:3]. What is the first loss, before any update?",
            "It is inf: the outputs are so large that their squares leave float32. That is the "
            "forward pass, and clipping comes after it. Look at the weights.",
            "Their mean is 1, so each layer multiplies by 100. Give them mean 0 and He's variance, "
            "2/100: nn.init.kaiming_normal_(layer.weight, generator=draws).",
        ),
        wrong=(
            Wrong("unchanged", _mended(), "comes before any clipping and any update"),
            Wrong(
                "clipping by value",
                _mended((CLIP, "nn.utils.clip_grad_value_(net.parameters(), 1.0)")),
                "no NaN, but",
            ),
            Wrong(
                "mean 0, same spread as size",
                _mended((INIT, INIT.replace("0.9, 1.1", "-1, 1"))),
                "mean 0 is right",
            ),
            Wrong(
                "all zero",
                _mended((INIT, "nn.init.zeros_(layer.weight)")),
                "layer 1 gets no gradient at all",
            ),
            Wrong("torch's own start", _mended((INIT, "pass")), "from explosion to vanishing"),
            Wrong("fewer layers", _mended(("range(10)", "range(3)")), "ten layers and a readout"),
        ),
        cases=tuple(Case((seed,)) for seed in range(2)),
        fresh=_fresh_seed,
        judge=_judge_repair,
        seconds=20,
    ),
    Exercise(
        id="05-rescue",
        title="Open: rescue an exploding net by clipping alone",
        points=4,
        minutes=10,
        difficulty=3,
        answer="rescued_net",
        starter=RESCUE,
        reference=_rescued("nn.utils.clip_grad_value_(net.parameters(), 0.1)"),
        hints=(
            "Clip the global norm at 1 first, and look at gr.accuracy(net, digits.x_test, "
            "digits.y_test). Then at 3, at 10, with several seeds.",
            "With one norm for all, the largest tensor decides how short all others become. "
            "Try a limit for each tensor, each unit (AGC), or each entry.",
            "Clipping each entry at 0.1 works, and so does AGC with a ratio of 0.3.",
        ),
        wrong=(
            Wrong("nothing", _rescued("pass"), "hold inf or NaN"),
            Wrong(
                "at 1",
                _rescued("nn.utils.clip_grad_norm_(net.parameters(), 1.0)"),
                "too slowly or unsteadily",
            ),
            Wrong(
                "one tiny threshold",
                _rescued("nn.utils.clip_grad_norm_(net.parameters(), 0.001)"),
                "finite and at chance",
            ),
            Wrong("He", _rescued("pass", ("scale=2.5", 'init="he"')), "the start was changed"),
            Wrong(
                "LayerNorm",
                _rescued("pass", ("scale=2.5", 'scale=2.5, norm="layer"')),
                "without norm and skips",
            ),
        ),
        cases=tuple(Case((seed,)) for seed in range(2)),
        fresh=_fresh_seed,
        judge=_judge_rescue,
        seconds=20,
    ),
)
