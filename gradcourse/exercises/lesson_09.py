"""Exercises of lesson 09: choosing the step, from SGD to AdamW."""

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Generator

from gradcourse.exercises.compare import as_numbers, show
from gradcourse.exercises.declare import Case, Exercise, Wrong, with_numbers

RATE, BAD = 0.01, 60  # of the frozen run: Adam's learning rate, and the step of the bad gradient
STEPS = 250  # of the ravine


def _judge_limit(
    value: Any, case: Case, flat: float = 6, steep: float = 100, beta: float = 0.8
) -> str | None:
    number = as_numbers(value)
    if number is None or number.size != 1 or isinstance(value, bool):
        return f"a learning rate was needed, not {show(value)}"
    rate = float(number.reshape(()))
    top = 2 + 2 * beta
    if abs(rate / (top / steep) - 1) < 5e-3:
        return None
    mistakes = {
        2 / steep: "that is 2/λ, the limit without momentum",
        top / (steep * (1 + 2 * beta)): "that is Nesterov's limit; this is plain momentum",
        top / (steep / 2): "the factor in front of w² is half the curvature: λ is the second "
        "derivative",
        top / flat: "that is the limit of the flat direction; the steepest one decides",
        2 * (1 - beta) / steep: "momentum does not cost stability: 2(1 − β)/λ is below what plain "
        "descent allows",
    }
    for wrong, text in mistakes.items():
        if abs(rate / wrong - 1) < 5e-3:
            return text
    return f"{rate:.4g} is not the limit; which λ is the largest, and what does β add?"


def _other_limit(draws: Generator) -> Exercise:
    a, b, c = (int(torch.randint(*ends, (), generator=draws)) for ends in ((2, 9), (2, 9), (5, 10)))
    flat, steep, beta = 2 * a, 20 * b, c / 10
    numbers = {"3": a, "6": flat, "50": 10 * b, "100": steep, "0.8": beta, "3.6": 2 + 2 * beta,
               "2.6": 1 + 2 * beta}  # fmt: skip
    common = next(e for e in EXERCISES if e.id == "09-limit")
    return with_numbers(common, numbers, partial(_judge_limit, flat=flat, steep=steep, beta=beta))


def _fresh_gradients(draws: Generator) -> Case:
    count = int(torch.randint(4, 12, (), generator=draws))
    size = 10 ** (2 * torch.rand((), generator=draws).item() - 1)
    gradients = (size * torch.randn(count, generator=draws)).double().numpy().round(4)
    return Case((1.0, gradients, 0.1))


def _fresh_decay(draws: Generator) -> Case:
    weight, gradients, rate = _fresh_gradients(draws).args
    return Case((weight + 1.0, gradients, rate, 0.5 + torch.rand((), generator=draws).item()))


def _stream(bad: float | None, seed: int = 0) -> torch.Tensor:
    """Gradients `(200, 3)` of steady sign and size; one entry of step `BAD` is replaced."""
    noise = torch.randn(200, 3, generator=torch.Generator().manual_seed(seed))
    gradients = torch.tensor([0.4, -0.3, 0.5]) + 0.05 * noise
    if bad is not None:
        gradients[BAD, 1] = bad
    return gradients


def _plain_adam(gradients: torch.Tensor) -> np.ndarray[Any, Any]:
    weights = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=RATE)
    path = []
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
        path.append(weights.detach().clone())
    return torch.stack(path).double().numpy()


def _judge_frozen(value: Any, case: Case) -> str | None:
    path = as_numbers(value)
    if path is None or path.shape != (200, 3):
        kind = show(value) if path is None else f"an array of shape {path.shape}"
        return f"the weights after each of the 200 steps were needed, shape (200, 3), not {kind}"
    bad = float(case.args[0][BAD, 1])
    named = f"the gradient at step {BAD} holds {bad:.0e}" if math.isfinite(bad) else (
        f"the gradient at step {BAD} holds {bad}"
    )  # fmt: skip
    steady = abs(bad) < 1
    if not np.isfinite(path).all():
        step = int(np.argmin(np.isfinite(path).all(axis=1)))
        if step < BAD or steady:
            return f"the weights are not finite at step {step}, where all is well"
        return (
            f"{named}, and the weights are NaN from there on: clipping turns one inf into NaN, and "
            "one NaN into many; look at the norm first, and step only if it is finite"
        )
    before = _plain_adam(case.args[0][:BAD])
    if np.abs(path[:BAD] - before).max() > 0.05 * np.abs(before).max():
        return (
            f"up to step {BAD} all gradients are usual, and the path should be that of Adam with "
            f"lr={RATE:g}; is it still Adam?"
        )
    if not steady and np.abs(path[-1] - path[BAD]).max() == 0:
        return f"{named}, and no weight moves ever again: is the loop left, or each step skipped?"
    last = np.abs(np.diff(path[-20:], axis=0)).mean(axis=0) / RATE
    slow = int(last.argmin())
    if last[slow] == 0:
        return f"{named}, and weight {slow} never moves again: what is its v now?"
    if last[slow] < 0.5:
        return (
            f"{named}, and 120 steps later weight {slow} still moves only {last[slow]:.2g} lr a "
            "step. Clip before the optimizer sees the gradient"
        )
    return None


def _judge_ravine(value: Any, case: Case) -> str | None:
    numbers = as_numbers(value)
    if numbers is None or numbers.shape != (2,):
        return f"two numbers were needed, (learning rate, beta), not {show(value)}"
    rate, beta = map(float, numbers)
    if not (math.isfinite(rate) and math.isfinite(beta) and rate > 0 and 0 <= beta < 1):
        return (
            f"a learning rate above 0 and a beta from 0 to below 1 were needed, not {show(value)}"
        )
    flat, steep = (float(number) for number in case.args)
    curvature = np.array([flat, steep])
    w, memory = np.ones(2), np.zeros(2)
    peak = 1.0
    for _ in range(STEPS):
        memory = beta * memory + curvature * w
        w = w - rate * memory
        peak = max(peak, float(np.abs(w).max()))
        if peak > 1e6:
            limit = (2 + 2 * beta) / steep
            return f"it diverges: with beta {beta:.3g} the rate must stay below {limit:.3g}"
    left = np.abs(w)
    if left.max() <= 1e-3:
        return None
    text = (
        f"after {STEPS} steps {left[0]:.2g} is left of the flat weight, {left[1]:.2g} of the steep"
    )
    if beta == 0:
        return f"{text}. Without momentum no learning rate does it"
    if beta > (1 - math.sqrt(rate * flat)) ** 2:
        return f"{text}. It rings: this beta remembers too long"
    if left[1] > left[0]:
        return f"{text}. The steep one is too near its limit: a lower rate, or more momentum"
    return f"{text}. The flat direction crawls: more momentum, or a higher rate"


ADAM = '''
def adam_path(weight, gradients, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """The weight after each step of Adam, as a list.

    weight: a number. gradients: one number a step, whatever the weight is.
    """
    return ...
'''
ADAM_ANSWER = """
def adam_path(weight, gradients, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = v = 0.0
    path = []
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        weight = weight - lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
        path.append(weight)
    return path
"""
ADAM_IN_PLACE = """
def adam_path(weight, gradients, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = v = 0.0
    path = []
    for t, g in enumerate(gradients, start=1):
        m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
        v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
        weight = weight - lr * m / (math.sqrt(v) + eps)
        path.append(weight)
    return path
"""

DECAY = '''
def adamw_path(weight, gradients, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    """The weight after each step of AdamW, as a list."""
    m = v = 0.0
    path = []
    for t, g in enumerate(gradients, start=1):
        g = g + decay * weight
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        step = (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
        weight = weight - lr * step
        path.append(weight)
    return ...
'''


def _decayed(before: str, after: str = "weight - lr * step") -> str:
    line = "        g = g + decay * weight\n"
    text = DECAY.replace(line, before).replace("weight - lr * step", after)
    return text.replace("return ...", "return path")


FROZEN = '''
def train_on(gradients):
    """The weights after each step of Adam with lr=0.01, shape (steps, 3).

    gradients: tensor (steps, 3). One of them may hold a spike, an inf or a NaN.
    """
    weights = nn.Parameter(torch.zeros(3))
    optimizer = torch.optim.Adam([weights], lr=0.01)
    path = []
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
        nn.utils.clip_grad_norm_([weights], 1.0)
        path.append(weights.detach().clone())
    return ...
'''
STEP = """        optimizer.step()
        nn.utils.clip_grad_norm_([weights], 1.0)
"""


def _thawed(step: str) -> str:
    return FROZEN.replace(STEP, step).replace("return ...", "return torch.stack(path)")


CLIPPED = """        norm = nn.utils.clip_grad_norm_([weights], 1.0)
        if norm.isfinite():
            optimizer.step()
"""

RAVINE = '''
def choose(flat, steep):
    """A learning rate and a beta for torch.optim.SGD(lr=…, momentum=beta) on a ravine.

    flat, steep: its two curvatures. After 250 steps from (1, 1), both weights must be within
    0.001 of 0. steep / flat is 1000 at most.
    """
    return ...
'''


def _chosen(body: str) -> str:
    return f"def choose(flat, steep):\n    {body}\n"


EXERCISES = (
    Exercise(
        id="09-limit",
        title="Predict the highest stable learning rate",
        points=2,
        minutes=5,
        difficulty=1,
        answer="highest_rate",
        starter="""
# Loss 3 w1² + 50 w2², torch.optim.SGD(momentum=0.8). Above which learning rate does it diverge?
highest_rate = ...
""",
        reference="highest_rate = (2 + 2 * 0.8) / 100",
        hints=(
            "What is λ for each of the two directions? L = λ w²/2.",
            "The curvatures are 6 and 100. Which of them sets the limit?",
            "Plain momentum: (2 + 2β)/λ, with β = 0.8 and the larger λ.",
        ),
        wrong=(
            Wrong("no momentum", "highest_rate = 2 / 100", "the limit without momentum"),
            Wrong("Nesterov", "highest_rate = 3.6 / (100 * 2.6)", "that is Nesterov's limit"),
            Wrong("half the curvature", "highest_rate = 3.6 / 50", "half the curvature"),
            Wrong("flat direction", "highest_rate = 3.6 / 6", "limit of the flat direction"),
            Wrong(
                "effective rate", "highest_rate = 2 * (1 - 0.8) / 100", "does not cost stability"
            ),
        ),
        judge=_judge_limit,
        variant=_other_limit,
    ),
    Exercise(
        id="09-adam",
        title="Adam, step by step",
        points=3,
        minutes=10,
        difficulty=2,
        answer="adam_path",
        starter=ADAM,
        reference=ADAM_ANSWER,
        hints=(
            "Two memories, m and v, start at 0. In each step both are updated first; then the "
            "weight moves.",
            "Divide m by 1 − beta1**t and v by 1 − beta2**t. In the first step t is 1.",
            "eps is added to the square root, not under it: lr * m̂ / (math.sqrt(v̂) + eps).",
        ),
        wrong=(
            Wrong(
                "no correction",
                ADAM_ANSWER.replace("(m / (1 - beta1**t))", "m").replace("v / (1 - beta2**t)", "v"),
                "The memories start at 0 and are too small at first: divide by 1 − beta**t.",
            ),
            Wrong(
                "betas swapped",
                ADAM_ANSWER.replace("beta1", "betaX")
                .replace("beta2", "beta1")
                .replace("betaX", "beta2")
                .replace("beta2=0.9, beta1=0.999", "beta1=0.9, beta2=0.999"),
                "beta1 belongs to m, the memory of g; beta2 to v, the memory of g².",
            ),
            Wrong(
                "no factor",
                ADAM_ANSWER.replace("(1 - beta1) * g\n", "g\n"),
                "Adam's m is an average: the new gradient counts (1 − beta1). torch's SGD with "
                "momentum has no such factor.",
            ),
            Wrong(
                "no root",
                ADAM_ANSWER.replace("math.sqrt(v / (1 - beta2**t))", "v / (1 - beta2**t)"),
                "v holds squares. Only its square root has the size of a gradient.",
            ),
            Wrong(
                "eps under the root",
                ADAM_ANSWER.replace(
                    "(math.sqrt(v / (1 - beta2**t)) + eps)", "math.sqrt(v / (1 - beta2**t) + eps)"
                ),
                "eps is added to the root. Under the root it would act as 1e-4.",
            ),
            Wrong(
                "uphill",
                ADAM_ANSWER.replace("weight = weight - lr", "weight = weight + lr"),
                "The weight moves against the gradient: subtract the step.",
            ),
            Wrong(
                "with the start",
                ADAM_ANSWER.replace("path = []", "path = [weight]"),
                "One entry per step, without the start.",
            ),
            Wrong(
                "last weight only",
                ADAM_ANSWER.replace("return path", "return weight"),
                "Return the list of all weights, not only the last one.",
            ),
            Wrong(
                "corrected in place",
                ADAM_IN_PLACE,
                "Keep m and v uncorrected from step to step; correct copies of them.",
            ),
            Wrong(
                "betas hard-coded",
                ADAM_ANSWER.replace("    m = v", "    beta1, beta2 = 0.9, 0.999\n    m = v"),
                "beta1 and beta2 are arguments: use them, not 0.9 and 0.999.",
            ),
            Wrong(
                "eps hard-coded",
                ADAM_ANSWER.replace("    m = v", "    eps = 1e-8\n    m = v"),
                "eps is an argument: use it, not 1e-8.",
            ),
        ),
        cases=(
            Case((1.0, np.array([2.0]), 0.1)),
            Case((1.0, np.array([2.0, 2.0, 2.0]), 0.1), hint=1),
            Case((1.0, np.array([1.0, -3.0, 0.5, 0.0, 4.0]), 0.1), hint=1),
            Case((0.0, np.array([1e-6, -1e-8, 1e-8]), 0.1), hint=2),
            Case((1.0, np.array([1.0, -3.0, 0.5, 4.0]), 0.1, 0.8, 0.99)),
            Case((1.0, np.array([1.0, -3.0, 0.5, 4.0]), 0.1, 0.9, 0.999, 0.5), hint=2),
        ),
        fresh=_fresh_gradients,
    ),
    Exercise(
        id="09-frozen",
        title="Repair a run that froze",
        points=3,
        minutes=10,
        difficulty=2,
        answer="train_on",
        starter=FROZEN,
        reference=_thawed(CLIPPED),
        hints=(
            "In which order does the optimizer see the gradient, and when is it clipped?",
            "Clip first. Then look at what clipping makes of inf and of NaN (lesson 05): one bad "
            "entry becomes NaN in all.",
            "clip_grad_norm_ returns the norm before clipping. Step only if it is finite. "
            "Return torch.stack(path).",
        ),
        wrong=(
            Wrong("unchanged", _thawed(STEP), "Clip before the optimizer sees the gradient"),
            Wrong(
                "clipped, not looked at",
                _thawed(
                    "        nn.utils.clip_grad_norm_([weights], 1.0)\n        optimizer.step()\n"
                ),
                "look at the norm first",
            ),
            Wrong(
                "inf replaced by a huge number",
                _thawed(
                    "        weights.grad = weights.grad.nan_to_num()\n"
                    "        if weights.grad.norm() > 1.0 and weights.grad.abs().max() < 1e19:\n"
                    "            weights.grad /= weights.grad.norm()\n"
                    "        optimizer.step()\n"
                ),
                "what is its v now",
            ),
            Wrong(
                "SGD instead",
                _thawed(CLIPPED).replace("optim.Adam", "optim.SGD"),
                "is it still Adam",
            ),
            Wrong(
                "gives up",
                _thawed(
                    "        weights.bad = getattr(weights, 'bad', False) or not "
                    "bool(gradient.abs().max() < 10)\n"
                    "        if not weights.bad:\n"
                    "            optimizer.step()\n"
                ),
                "is the loop left, or each step skipped",
            ),
        ),
        cases=tuple(Case((_stream(bad),)) for bad in (None, 1e6, 1e21, math.inf, math.nan)),
        fresh=lambda draws: Case(
            (_stream((1e4, 1e8, -1e20, -math.inf)[int(torch.randint(4, (), generator=draws))], 1),)
        ),
        judge=_judge_frozen,
    ),
    Exercise(
        id="09-decay",
        title="Make AdamW from Adam",
        points=2,
        minutes=6,
        difficulty=2,
        answer="adamw_path",
        starter=DECAY,
        reference=_decayed("        weight = weight * (1 - lr * decay)\n"),
        hints=(
            "This is Adam with L2: the decay goes through m and v. Which line puts it there?",
            "AdamW shrinks the weight itself and leaves the gradient alone.",
            "weight = weight * (1 - lr * decay), before Adam's step. Then return path.",
        ),
        wrong=(
            Wrong(
                "L2",
                _decayed("        g = g + decay * weight\n"),
                "That is Adam with L2: the decay still goes through the gradient, and is divided "
                "by √v with it.",
            ),
            Wrong(
                "without lr",
                _decayed("        weight = weight * (1 - decay)\n"),
                "The weight shrinks by 1 − lr · decay: the learning rate belongs to it.",
            ),
            Wrong(
                "grows",
                _decayed("        weight = weight * (1 + lr * decay)\n"),
                "The weight grows. Decay has the other sign.",
            ),
            Wrong(
                "grows after the step",
                _decayed("", "(weight - lr * step) * (1 + lr * decay)"),
                "Decay multiplies by 1 minus lr · decay, and before Adam's step.",
            ),
            Wrong(
                "grows, and L2",
                _decayed(
                    "        g = g + decay * weight\n        weight = weight * (1 + lr * decay)\n"
                ),
                "Two things: 1 + lr · decay makes the weight grow, and the line that adds the "
                "decay to the gradient is still there.",
            ),
            Wrong(
                "twice",
                _decayed(
                    "        g = g + decay * weight\n        weight = weight * (1 - lr * decay)\n"
                ),
                "The weight decays twice: take the decay out of the gradient.",
            ),
            Wrong(
                "after the step",
                _decayed("", "(weight - lr * step) * (1 - lr * decay)"),
                "You shrink Adam's step as well. Shrink the old weight, then take the step.",
            ),
            Wrong(
                "no decay",
                _decayed(""),
                "That is Adam without any decay.",
            ),
        ),
        cases=(
            Case((2.0, np.array([-0.5]), 0.1, 0.7)),
            Case((2.0, np.array([0.0, 0.0, 0.0]), 0.1, 0.5), hint=1),
            Case((1.5, np.array([1.0, -3.0, 0.5, 4.0]), 0.1, 1.0), hint=2),
        ),
        fresh=_fresh_decay,
    ),
    Exercise(
        id="09-ravine",
        title="Open: choose rate and momentum for a ravine",
        points=4,
        minutes=12,
        difficulty=3,
        answer="choose",
        starter=RAVINE,
        reference=_chosen(
            "r = math.sqrt(steep / flat)\n"
            "    return (2 / (math.sqrt(steep) + math.sqrt(flat))) ** 2, ((r - 1) / (r + 1)) ** 2"
        ),
        hints=(
            "Each direction follows z² − (1 + β − lr λ) z + β = 0. How large are its roots when "
            "they are complex?",
            "Complex roots have the size √β. Then 250 steps leave about β**125. They are complex "
            "when √β is at least |1 − √(lr λ)|, in the flat direction as in the steep one.",
            "A small β is fast, if the roots stay complex. Try lr = 3/steep, below the "
            "limit, and the smallest such β: (1 − √(lr · flat))².",
        ),
        wrong=(
            Wrong("no momentum", _chosen("return 2 / (steep + flat), 0.0"), "Without momentum"),
            Wrong("the usual 0.9", _chosen("return 1 / steep, 0.9"), "The flat direction crawls"),
            Wrong("0.99", _chosen("return 1 / steep, 0.99"), "It rings"),
            Wrong("too high", _chosen("return 5 / steep, 0.95"), "it diverges"),
        ),
        cases=(
            Case((1.0, 1000.0)),
            Case((1.0, 400.0)),
            Case((0.5, 50.0)),
            Case((3.0, 2400.0)),
        ),
        fresh=lambda draws: Case(
            (1.0, round(100 + 900 * torch.rand((), generator=draws).item(), 1))
        ),
        judge=_judge_ravine,
    ),
)
