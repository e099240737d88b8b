"""Exercises of lesson 04: diagnosing a training run."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import Generator, nn
from torch.nn import functional as F

from gradcourse.data import digits
from gradcourse.device import generator
from gradcourse.diagnosis.advice import Diagnosis
from gradcourse.diagnosis.diagnose import diagnose
from gradcourse.exercises.declare import Case, Exercise, Wrong
from gradcourse.exercises.nets import broken_chain
from gradcourse.nets import DeepNet
from gradcourse.train import History, accuracy, fit

ILLNESSES = ("healthy", "vanishing", "exploding", "dead units", "learning rate too high")
PATIENTS: dict[str, tuple[dict[str, Any], float, float]] = {  # net, bias, learning rate
    "A": ({"activation": "tanh", "scale": 1.2}, 0.0, 2.0),
    "B": ({"activation": "relu", "scale": 1.414}, -2.0, 0.05),
    "C": ({"activation": "relu", "scale": 3.5}, 0.0, 1e-9),
}
ILL = ("learning rate too high", "dead units", "exploding")
WHY = {
    "A": "in log A step 0 is healthy. What do its updates look like, beside the weights?",
    "B": "in log B look at the shares before the gradients: what is 0 cannot learn",
    "C": "in log C the weight gradient is flat. Is the error signal flat too?",
}

_digits = cache(digits)


@cache
def three_logs() -> Mapping[str, History]:
    """Three training runs of 8 layers on the digits, each with another illness."""
    found = {}
    for name, (dials, bias, rate) in PATIENTS.items():
        net = DeepNet(8, width=64, generator=generator(0), **dials)
        for layer in net.layers:
            torch.nn.init.constant_(layer.get_parameter("bias"), bias)
        found[name] = fit(
            net, _digits().x, _digits().y, steps=21, generator=generator(0), record_every=5,
            optimizer=torch.optim.SGD(net.parameters(), lr=rate),
        )  # fmt: skip
    return found


def _fresh_counts(draws: Generator) -> Case:
    classes = int(torch.randint(2, 12, (), generator=draws))
    counts = torch.randint(0, 500, (classes,), generator=draws)
    counts[0] += 1
    return Case((counts.tolist(),))


def _stack(depth: int, draws: Generator, frozen: int | None = None) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in in [4] + [6] * depth:
        linear = nn.Linear(fan_in, 6)
        nn.init.normal_(linear.weight, std=0.5, generator=draws)
        nn.init.normal_(linear.bias, std=0.1, generator=draws)
        layers += [linear, nn.Tanh()]
    if frozen is not None:
        layers[2 * frozen].requires_grad_(False)
    return nn.Sequential(*layers[:-1])


def _batch(draws: Generator) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(5, 4, generator=draws), torch.randint(0, 6, (5,), generator=draws)


def _logger_case(depth: int, seed: int, frozen: int | None = None, hint: int = 0) -> Case:
    draws = torch.Generator().manual_seed(seed)
    return Case((_stack(depth, draws, frozen), *_batch(draws)), hint=hint)


def _fresh_logger(draws: Generator) -> Case:
    depth = int(torch.randint(1, 5, (), generator=draws))
    return Case((_stack(depth, draws), *_batch(draws)))


def _judge_read(value: Any, case: Case) -> str | None:
    if not isinstance(value, (list, tuple)) or len(value) != 3:
        return "three words were needed, one a log, in the order A, B, C"
    for name, told, right in zip(WHY, value, ILL, strict=True):
        if str(told).strip().casefold() not in ILLNESSES:
            return f"{told!r} is not on the list: {', '.join(ILLNESSES)}"
        if str(told).strip().casefold() != right:
            return WHY[name]
    return None


def _examined(net: Any) -> Diagnosis | str:
    """The diagnosis of a net for the digits, or why there is none."""
    if not isinstance(net, nn.Module):
        return f"this is {type(net).__name__}, and a network (nn.Module) was needed"
    x, y = _digits().x[:64], _digits().y[:64]
    shape = tuple(net(x).shape)
    if shape != (64, 10):
        return f"its logits for 64 digits have shape {shape}, not (64, 10)"
    return diagnose(net, lambda: F.cross_entropy(net(x), y))


def _judge_repair(net: Any, case: Case) -> str | None:
    told = _examined(net)
    if isinstance(told, str):
        return told
    names = [type(module).__name__ for module in net.modules()]
    if names.count("Linear") != 21 or any("Norm" in name for name in names):
        return "keep the 20 layers and the readout, and add no norm layer; mend what is broken"
    if told.verdict != "healthy":
        return f"diagnose says {told.verdict}: {told.where}"
    weights = [m.weight.detach() for m in net.modules() if isinstance(m, nn.Linear)][:20]
    if any(w.mean().abs() > 0.1 * w.std() for w in weights):
        return "the sizes are right, but the weights still have a mean, and it is what grew"
    if torch.equal(weights[1], weights[2]):
        return "all layers have the same weights; make one generator, before the loop"
    return broken_chain(net, _digits().x[:64], 20)


def _judge_fool(net: Any, case: Case) -> str | None:
    told = _examined(net)
    if isinstance(told, str):
        return told
    if sum(isinstance(module, nn.Linear) for module in net.modules()) > 6:
        return "use at most six nn.Linear: that very deep nets learn slowly is no secret"
    if told.verdict != "healthy":
        return f"diagnose is not fooled: {told.verdict}, {told.where}"
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.05)
    draws = generator(case.args[0])
    fit(net, _digits().x, _digits().y, optimizer=optimizer, steps=100, generator=draws)
    share = accuracy(net, _digits().x_test, _digits().y_test)
    if share > 0.2:
        return f"it learns: after 100 steps it reads {share:.0%}, at most 20 % were asked"
    return None


BROKEN = '''
def mended_model(seed):
    """20 layers of 64 ReLU units for the digits. Two things are wrong."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(20))
            self.readout = nn.Linear(64, 10)
            for layer in self.layers:
                nn.init.uniform_(layer.weight, 0.0, 0.6, generator=gr.generator(seed))
                nn.init.zeros_(layer.bias)

        def forward(self, x):
            for number, layer in enumerate(self.layers):
                x = torch.relu(layer(x))
                if number == 9:
                    self.seen = x = x.detach()  # kept for a plot
            return self.readout(x)

    return ...
'''


def _mended(seen: str, init: str, count: int = 20) -> str:
    return (
        BROKEN.replace("self.seen = x = x.detach()", seen)
        .replace(
            "nn.init.uniform_(layer.weight, 0.0, 0.6, generator=gr.generator(seed))",
            init,
        )
        .replace("range(20)", f"range({count})")
        .replace("return ...", "return Model()")
        .replace(
            "__init__(self):\n", "__init__(self):\n            draws = gr.generator(seed)\n", 1
        )
    )


HE = "nn.init.kaiming_normal_(layer.weight, generator=draws)"
KEPT = "self.seen = x.detach()"
LOGGER = '''
def relative_gradients(net, x, y):
    """‖∂L/∂W‖ / ‖W‖ of the weight of each nn.Linear of `net`, in order, as a list.

    L is the cross-entropy of net(x) and y. A frozen weight has no gradient and counts as 0.
    """
    {}
'''


def _logger(body: str) -> str:
    return LOGGER.format(body.strip().replace("\n", "\n    "))


BACKWARD = """
net.zero_grad()
F.cross_entropy(net(x), y).backward()
weights = [layer.weight for layer in net if isinstance(layer, nn.Linear)]
"""


def _ratios(ratio: str, backward: str = BACKWARD) -> str:
    return _logger(f"{backward}return [0.0 if w.grad is None else {ratio} for w in weights]")


def _fool(body: str) -> str:
    return f"def fooling_net(seed):\n    {body}\n"


BLIND = """
def fooling_net(seed):
    class Blind(nn.Module):
        def forward(self, x):
            return 0 * x + 1

    return nn.Sequential(Blind(), gr.DeepNet(5, init="he", generator=gr.generator(seed)))
"""

EXERCISES = (
    Exercise(
        id="04-first-loss",
        title="The first loss when classes are uneven",
        points=2,
        minutes=6,
        difficulty=1,
        answer="first_loss",
        starter='''
def first_loss(counts):
    """The smallest cross-entropy that a constant prediction can have.

    counts: number of examples of each class in the training data; some may be 0.
    """
    return ...
''',
        reference="""
def first_loss(counts):
    shares = np.array(counts, dtype=float) / np.sum(counts)
    shares = shares[shares > 0]
    return -(shares * np.log(shares)).sum()
""",
        hints=(
            "With k equal classes the answer is log(k). Which probability does the best constant "
            "prediction give to each class when they are not equal?",
            "It predicts the shares p = counts / sum(counts). Each example of a class costs "
            "-log of its p. Average that over the examples.",
            "-sum(p * log(p)), where a class without examples adds nothing.",
        ),
        wrong=(
            Wrong(
                "equal classes",
                "def first_loss(counts):\n    return math.log(len(counts))",
                "That is right for equal classes. Here a constant can do better by betting on the "
                "frequent ones.",
            ),
            Wrong(
                "bits",
                "def first_loss(counts):\n"
                "    p = np.array(counts) / np.sum(counts)\n"
                "    p = p[p > 0]\n"
                "    return -(p * np.log2(p)).sum()",
                "That is in bits. torch's cross-entropy uses the natural logarithm.",
            ),
            Wrong(
                "unweighted",
                "def first_loss(counts):\n"
                "    p = np.array(counts) / np.sum(counts)\n"
                "    return -np.log(p[p > 0]).mean()",
                "You averaged over the classes. The loss averages over the examples, so each "
                "class counts by its share.",
            ),
            Wrong(
                "most frequent only",
                "def first_loss(counts):\n    return -math.log(max(counts) / sum(counts))",
                "That is the cost of the most frequent class only.",
            ),
        ),
        cases=(Case(([90, 10],)), Case(([5, 5, 5, 85],), hint=1), Case(([7, 0, 3],), hint=2)),
        fresh=_fresh_counts,
    ),
    Exercise(
        id="04-logger",
        title="Write the logger",
        points=3,
        minutes=10,
        difficulty=2,
        answer="relative_gradients",
        starter=_logger("return ..."),
        reference=_ratios("(w.grad.norm() / w.norm()).item()"),
        hints=(
            "After loss.backward() the gradient of a weight lies in weight.grad. No second pass "
            "is needed.",
            "Which modules of the net are nn.Linear? `for layer in net` walks through them.",
            "A frozen weight has weight.grad None. For the others: weight.grad.norm() / "
            "weight.norm(), as a number with .item().",
        ),
        wrong=(
            Wrong(
                "absolute",
                _ratios("w.grad.norm()"),
                "That is ‖∂L/∂W‖ by itself. Divide it by the size of the weight.",
            ),
            Wrong(
                "inverted",
                _ratios("w.norm() / w.grad.norm()"),
                "That is weight over gradient. The size of the weight belongs below.",
            ),
            Wrong(
                "sum instead of mean",
                _ratios("w.grad.norm() / w.norm()", BACKWARD.replace("y)", "y, reduction='sum')")),
                "That is the gradient of the sum over the examples. cross_entropy's default is "
                "the mean.",
            ),
            Wrong(
                "biases too",
                _logger(
                    "F.cross_entropy(net(x), y).backward()\n"
                    "return [0.0 if p.grad is None else p.grad.norm() / p.norm()\n"
                    "        for p in net.parameters()]"
                ),
                "These are weights and biases. One number a layer was asked, of its weight.",
            ),
            Wrong(
                "norm of the ratio",
                _ratios("(w.grad / w).norm()"),
                "You divided entry by entry and then took the norm. Take both norms first.",
            ),
            Wrong(
                "largest entry",
                _ratios("w.grad.abs().max() / w.norm()"),
                "That compares the largest entry. ‖·‖ is the root of the sum of squares.",
            ),
        ),
        cases=(
            _logger_case(1, 0),
            _logger_case(3, 1, hint=1),
            _logger_case(2, 2, frozen=1, hint=2),
        ),
        fresh=_fresh_logger,
    ),
    Exercise(
        id="04-flat",
        title="Read a flat weight-gradient plot",
        points=2,
        minutes=4,
        difficulty=2,
        answer="error_growth",
        starter="""
# 40 linear layers. The weight gradient is the same in all of them: a flat plot.
# The signal shrinks on its way forward by ×0.8 per layer.
# By what factor does the error signal change per layer on its way back?
error_growth = ...
""",
        reference="""
error_growth = 0.8
""",
        hints=(
            "‖∂L/∂W_l‖ is about ‖δ_l‖ · ‖h_{l−1}‖. Compare layer l with layer l + 1.",
            "From layer l + 1 back to layer l the input of the layer gets larger: by 1/0.8. The "
            "product stays the same.",
        ),
        wrong=(
            Wrong(
                "flat is flat",
                "error_growth = 1.0",
                "A flat weight gradient is a product of two factors that cancel. One of them "
                "shrinks, so the other does not stay.",
            ),
            Wrong(
                "direction",
                "error_growth = 1.25",
                "You are asked for the way back. There the signal grows by 1/0.8 per layer, so "
                "what must the error signal do to cancel it?",
            ),
            Wrong(
                "squared",
                "error_growth = 0.64",
                "The two factors enter once each: there is nothing to square.",
            ),
        ),
    ),
    Exercise(
        id="04-read",
        title="Read three logs and name the illness",
        points=3,
        minutes=8,
        difficulty=2,
        answer="illnesses",
        starter="""
# One word for each log, in the order A, B, C, from this list:
# "healthy", "vanishing", "exploding", "dead units", "learning rate too high"
illnesses = ...
""",
        reference="""
illnesses = ["learning rate too high", "dead units", "exploding"]
""",
        hints=(
            "Start with step 0. Is the error signal healthy there? If so, the start is not to "
            "blame.",
            "Then compare the updates with the weights, and look at the share of dead units.",
            "A: healthy at step 0, then updates as large as the weights. B: units that are 0 "
            "on every example. C: follow the error signal, not the weight gradient.",
        ),
        wrong=(
            Wrong(
                "flat is healthy",
                'illnesses = ["learning rate too high", "dead units", "healthy"]',
                "in log C the weight gradient is flat",
            ),
            Wrong(
                "silence is vanishing",
                'illnesses = ["learning rate too high", "vanishing", "exploding"]',
                "in log B look at the shares",
            ),
            Wrong(
                "A explodes",
                'illnesses = ["exploding", "dead units", "exploding"]',
                "in log A step 0 is healthy",
            ),
            Wrong("own word", 'illnesses = ["overfitting"] * 3', "is not on the list"),
            Wrong("one word", 'illnesses = "exploding"', "three words were needed"),
        ),
        judge=_judge_read,
    ),
    Exercise(
        id="04-repair",
        title="Repair a model with diagnose",
        points=4,
        minutes=10,
        difficulty=2,
        answer="mended_model",
        starter=BROKEN,
        reference=_mended(KEPT, HE),
        hints=(
            "Return Model() and ask gr.diagnose. It names one fault at a time: mend it and ask "
            "again.",
            "detach() cuts the gradient. Keep a detached copy for the plot, and let x itself go "
            "on.",
            "Weights that are all positive multiply their mean through the net. "
            "nn.init.kaiming_normal_(layer.weight, generator=...) has mean 0; make one generator "
            "for all layers.",
        ),
        wrong=(
            Wrong(
                "first fault left",
                _mended("self.seen = x = x.detach()", HE),
                "diagnose says cut",
            ),
            Wrong(
                "second fault left",
                _mended(KEPT, "nn.init.uniform_(layer.weight, 0.0, 0.6, generator=draws)"),
                "diagnose says exploding",
            ),
            Wrong(
                "a variance for a deviation",
                _mended(KEPT, "nn.init.normal_(layer.weight, std=2 / 64, generator=draws)"),
                "diagnose says vanishing",
            ),
            Wrong("shallower", _mended(KEPT, HE, count=5), "keep the 20 layers"),
            Wrong(
                "the mean scaled down",
                _mended(KEPT, "nn.init.uniform_(layer.weight, 0.0, 0.0351, generator=draws)"),
                "the weights still have a mean",
            ),
            Wrong(
                "one seed for every layer",
                _mended(KEPT, HE.replace("draws", "gr.generator(seed)")),
                "all layers have the same weights",
            ),
        ),
        cases=tuple(Case((seed,)) for seed in range(3)),
        judge=_judge_repair,
        seconds=10,
    ),
    Exercise(
        id="04-fool",
        title="Open: fool diagnose",
        points=4,
        minutes=12,
        difficulty=3,
        answer="fooling_net",
        starter='''
def fooling_net(seed):
    """A net for the digits, 64 inputs and 10 logits, that diagnose calls healthy.

    After 100 steps of SGD at learning rate 0.05 it must still be right on at most 20 %. It has
    at most six nn.Linear, the readout included.
    """
    return ...
''',
        reference=BLIND,
        hints=(
            "diagnose looks at sizes of signals and error signals at one step. What can be wrong "
            "with a net whose sizes are all right?",
            "It does not know what the signals say. What if the net never sees the digit?",
            "Put a module of your own in front of a healthy net, one that throws its input away.",
        ),
        wrong=(
            Wrong(
                "a net that learns",
                _fool('return gr.DeepNet(5, init="he", generator=gr.generator(seed))'),
                "it learns: after 100 steps",
            ),
            Wrong(
                "sigmoids",
                _fool('return gr.DeepNet(5, activation="sigmoid", generator=gr.generator(seed))'),
                "not fooled: vanishing",
            ),
            Wrong(
                "frozen",
                _fool("return gr.DeepNet(5, generator=gr.generator(seed)).requires_grad_(False)"),
                "not fooled: unknown",
            ),
            Wrong(
                "wrong shape", _fool("return gr.DeepNet(5, out_features=3)"), "its logits for 64"
            ),
        ),
        cases=tuple(Case((seed,)) for seed in range(2)),
        judge=_judge_fool,
        seconds=10,
    ),
)
