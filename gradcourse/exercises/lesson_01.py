"""Exercises of lesson 01: the chain rule, backward passes by hand, gradient checks."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gradcourse.device import generator
from gradcourse.exercises.compare import as_numbers, show
from gradcourse.exercises.declare import Case, Exercise, Wrong

Array = np.ndarray[Any, Any]
CLOSE = 1e-3  # relative to the largest entry: float32 passes


def _normal(draws: Generator, *shape: int) -> Array:
    numbers: Array = torch.randn(*shape, generator=draws, dtype=torch.float64).numpy()
    return numbers


def _whole(draws: Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high, (), generator=draws))


def _equal(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.abs(a - b).max() <= CLOSE * np.abs(b).max())


def _unpack(value: Any, names: tuple[str, ...], shapes: list[tuple[int, ...]]) -> Any:
    """The results as arrays of the right shapes; a sentence (str) when they are not."""
    order = ", ".join(names)
    if value is None:
        return "gave None; does every path end in a return?"
    if not isinstance(value, (tuple, list)) or len(value) != len(names):
        return f"{len(names)} results were needed, in the order {order}, not {show(value)}"
    arrays = [as_numbers(entry) for entry in value]
    for name, array, entry, shape in zip(names, arrays, value, shapes, strict=True):
        if array is None:
            return f"{name} is {show(entry)}; an array of numbers was needed"
        if array.shape != shape:
            return (
                f"{name} has shape {array.shape}. A gradient has the shape of what it belongs to, "
                f"here {shape}"
            )
        if not np.isfinite(array).all():
            return f"{name} is not finite; is there a division by 0 or an overflow?"
    return arrays


# A chain of sigmoids


def _judge_chain(value: Any, case: Case) -> str | None:
    number = as_numbers(value)
    if number is None or number.size != 1 or isinstance(value, bool):
        return f"one number was needed, not {show(value)}"
    guess = float(number.item())
    if not math.isfinite(guess):
        return f"one finite number was needed, not {guess}; work out the factor of one layer first"
    if abs(guess / -(0.75**10) - 1) < 0.02:
        return "the size is right and the sign is not: can a weight or a slope here be negative?"
    if abs(guess / 0.75**10 - 1) < 0.02:
        return None
    told = {
        3.0**10: "those are the weights alone; each layer also multiplies by the slope φ′(z)",
        0.25**10: "those are the slopes alone; each layer also multiplies by its weight",
        0.75: "that is the factor of a single layer; there are ten",
        7.5: "the factors of the layers multiply; they do not add up",
        2.25**10: "the slope of the sigmoid is not its value: σ′(z) = σ(z)(1 − σ(z))",
        0.5**10: "those are the values of the ten sigmoids; the chain rule multiplies slopes",
    }
    for number_told, text in told.items():
        if abs(guess / number_told - 1) < 0.02:
            return text
    return f"{guess:.3g} is not it; what are z_1 and h_1, and what is then the first factor?"


# One layer


def _layer_case(seed: int, batch: int, inputs: int, outputs: int) -> Case:
    draws = generator(seed)
    W, b = 0.5 * _normal(draws, outputs, inputs), 0.5 * _normal(draws, outputs)
    x, delta = _normal(draws, batch, inputs), _normal(draws, batch, outputs)
    return Case((W, x, np.tanh(x @ W.T + b), delta))


def _fresh_layer(draws: Generator) -> Case:
    sizes = (_whole(draws, 2, 9) for _ in range(3))
    return _layer_case(_whole(draws, 0, 10_000), *sizes)


def _judge_layer(value: Any, case: Case) -> str | None:
    W, x, h, delta = case.args
    arrays = _unpack(value, ("dW", "db", "dx"), [W.shape, W.shape[:1], x.shape])
    if isinstance(arrays, str):
        return arrays
    dW, db, dx = arrays
    d = delta * (1 - h**2)
    right = (d.T @ x, d.sum(axis=0), d @ W)
    if all(map(_equal, arrays, right)):
        return None
    for other, text in (
        (delta, "the slope of tanh is missing: delta is ∂L/∂h, and ∂L/∂z = delta · tanh′(z)"),
        (delta * (1 - np.tanh(h) ** 2), "tanh′(z) = 1 − tanh(z)², and tanh(z) is h already"),
        (delta * (1 - x**2) if x.shape == h.shape else delta, "the slope needs h, not x"),
    ):
        if _equal(dW, other.T @ x):
            return text
    if _equal(dW, right[0] / len(x)) or _equal(db, right[1] / len(x)):
        return "all examples share the weights, so their gradients add up; no mean here"
    if W.shape[0] == W.shape[1] and (_equal(dx, d @ W.T) or _equal(dW, right[0].T)):
        which = "dx" if _equal(dx, d @ W.T) else "dW"
        return f"{which} is transposed; a square weight hides it, so think of a 3 × 2 one"
    if delta.shape[1] == len(h) and _equal(dW, (delta @ (1 - h**2)).T @ x):
        return "the slope acts entry by entry: delta * (1 − h²), not delta @ (1 − h²)"
    wrong = [
        n for n, a, b in zip(("dW", "db", "dx"), arrays, right, strict=True) if not _equal(a, b)
    ]
    if wrong == ["db"] and _equal(db, d.sum(axis=1)):
        return "db is a sum over the wrong axis: the batch is axis 0"
    if wrong == ["dx"] and _equal(dx, delta @ W):
        return "dx is made from delta; it needs d = ∂L/∂z, as dW and db do"
    are = "is" if len(wrong) == 1 else "are"
    return f"{' and '.join(wrong)} {are} not right. {HELP[wrong[0] if len(wrong) < 3 else 'all']}"


HELP = {
    "dW": "dW_ij is the sum over the batch of d_i x_j",
    "db": "db_i is the sum over the batch of d_i",
    "dx": "each row of dx is the row of d times W",
    "all": "Use h as it is given; do not compute it again (b is not known here). Then begin with "
    "d = ∂L/∂z: is each entry delta · (1 − h²)?",
}
LAYER = '''
def layer_backward(W, x, h, delta):
    """Backward pass of one layer h = tanh(z), z = x Wᵀ + b, for a batch.

    W: (outputs, inputs). x: (batch, inputs). h: (batch, outputs). delta = ∂L/∂h, like h.
    Returns dW = ∂L/∂W, db = ∂L/∂b, dx = ∂L/∂x, in this order.
    """
    return ...
'''


def _layer(d: str, results: str = "d.T @ x, d.sum(axis=0), d @ W") -> str:
    return f"def layer_backward(W, x, h, delta):\n    d = {d}\n    return {results}\n"


# A shared weight


def _fresh_shared(draws: Generator) -> Case:
    w = 0.5 + 1.2 * torch.rand((), generator=draws).item()
    x = 0.2 + torch.rand((), generator=draws).item()
    return Case((round(w, 3), round(x, 3), _whole(draws, 2, 12)))


SUM = "total += delta * slope * h[t - 1]"


def _shared(total: str, end: str = "total", start: str = "0.0") -> str:
    return f"""
def shared_gradient(w, x, steps):
    h = [x]
    for _ in range(steps):
        h.append(math.tanh(w * h[-1]))
    total, delta = {start}, 1.0
    for t in range(steps, 0, -1):
        slope = 1 - h[t] ** 2
        {total}
        delta = delta * slope * w
    return {end}
"""


# A gradient checker


@dataclass(frozen=True)
class Probe:
    """f(x) = offset + scale · Σ sin(steepness · A x): a function to check gradients of."""

    name: str
    A: Array
    scale: float = 1.0
    steepness: float = 1.0
    offset: float = 0.0

    def __call__(self, x: Any) -> float:
        x = x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)
        if x.shape != self.A.shape[1:]:
            raise ValueError(f"f needs a vector of {self.A.shape[1]} numbers, got {x.shape}")
        return float(self.offset + self.scale * np.sin(self.steepness * (self.A @ x)).sum())

    def gradient(self, x: Array, *, transposed: bool = False) -> Array:
        """∂f/∂x, or with `transposed` what comes out when a transpose is forgotten."""
        A = self.A if transposed else self.A.T
        return self.scale * self.steepness * (A @ np.cos(self.steepness * (self.A @ x)))

    def __repr__(self) -> str:
        return self.name


KINDS: dict[str, dict[str, float]] = {
    "plain function": {},
    "large function": {"scale": 1e6},
    "tiny function": {"scale": 1e-8},
    "constant function": {"scale": 0.0, "offset": 1.0},
    "steep function": {"steepness": 1e5},
    "flat function": {"scale": 1e-9, "offset": 1.0},
}
FAULTS: dict[str, Callable[[Probe, Array], Array]] = {
    "right": lambda f, x: f.gradient(x),
    "sign": lambda f, x: -f.gradient(x),
    "transpose": lambda f, x: f.gradient(x, transposed=True),
    "percent": lambda f, x: 1.01 * f.gradient(x),
    "entry": lambda f, x: _spoil(f.gradient(x)),
    "zero": lambda f, x: np.zeros_like(x),
}
ACCEPTED = {
    "sign": "the sign is wrong, and it was accepted",
    "transpose": "this gradient comes from a forgotten transpose, and it was accepted",
    "percent": "this gradient is 1 % too large, and it was accepted",
    "entry": "one entry is wrong, not the first, and the gradient was accepted",
    "zero": "a gradient of zeros, as from a backward pass that vanished, was accepted, and f is "
    "not constant. At a tiny h every difference is 0 too: that is no agreement",
}
REFUSED = {
    "plain function": "this gradient is right and was refused. How exact can a difference be?",
    "large function": "this gradient is right and was refused: its entries are near 1e6, and so "
    "is the rounding. Divide the difference by the size of the gradients",
    "tiny function": "this gradient is right and was refused; its entries are near 1e-8",
    "constant function": "both gradients are 0, so this one is right: 0/0 must not refuse it",
    "steep function": "this gradient is right and was refused: f is as steep as an exploding "
    "net's loss, and your h steps over several hills",
    "flat function": "this gradient is right and was refused: as in a vanishing net, f changes "
    "less over your h than f is rounded",
}


def _spoil(gradient: Array) -> Array:
    spoilt = gradient.copy()
    spoilt[1 + int(np.abs(spoilt[1:]).argmax())] *= 1.2
    return spoilt


def _check_case(kind: str, fault: str, seed: int = 0) -> Case:
    draws = generator(seed)
    A, x = _normal(draws, 13, 13) / math.sqrt(13), _normal(draws, 13)
    f = Probe(kind, A, **KINDS[kind])
    return Case((f, FAULTS[fault](f, x), x))


def _fresh_check(draws: Generator) -> Case:
    kind = list(KINDS)[_whole(draws, 0, len(KINDS))]
    fault = list(FAULTS)[_whole(draws, 0, len(FAULTS))] if kind != "constant function" else "right"
    return _check_case(kind, fault, _whole(draws, 1, 10_000))


def _judge_check(value: Any, case: Case) -> str | None:
    f, gradient, x = case.args
    single = as_numbers(value)
    if value is None:
        return "gave None; does every path end in a return?"
    if single is None or single.size != 1 or single.item() not in (0.0, 1.0):
        return f"True or False was needed, not {show(value)}"
    is_right = np.array_equal(gradient, f.gradient(x))
    if bool(single.item()) == is_right:
        return None
    if is_right:
        return REFUSED[f.name]
    fault = next(name for name, make in FAULTS.items() if np.array_equal(gradient, make(f, x)))
    return ACCEPTED[fault]


CHECK = '''
def accepts(f, gradient, x):
    """True if `gradient` is ∂f/∂x at x, False if it is wrong by 1 % of its length or more.

    f: takes a numpy vector, gives a float. Some f are as steep as an exploding net's loss, some
    as flat as a vanishing net's. gradient, x: vectors of equal length, float64.
    """
    return ...
'''


def _checker(hs: str, error: str, test: str) -> str:
    return f"""
def accepts(f, gradient, x):
    errors = []
    for h in {hs}:
        measured = np.array([(f(x + s) - f(x - s)) / (2 * h) for s in h * np.eye(len(x))])
        size = np.linalg.norm(gradient) + np.linalg.norm(measured)
        distance = np.linalg.norm(gradient - measured)
        errors.append({error})
    return bool(min(errors) < {test})
"""


RELATIVE = "distance / size if size > 0 else 0.0"
TENS = "10.0 ** -np.arange(1, 10)"
ACCEPTS = """
def accepts(f, gradient, x):
    errors = []
    for h in 10.0 ** -np.arange(1, 10):
        measured = np.array([(f(x + s) - f(x - s)) / (2 * h) for s in h * np.eye(len(x))])
        if measured.any():  # all 0: f does not change over this h, or too little to be seen
            size = np.linalg.norm(gradient) + np.linalg.norm(measured)
            errors.append(np.linalg.norm(gradient - measured) / size)
    if not errors:  # f never changed: it is constant
        return not gradient.any()
    return bool(min(errors) < 1e-3)
"""


# A backward pass to repair

BROKEN = '''
def mended_backward(x, y, W1, W2, W3):
    """∂L/∂W1, ∂L/∂W2, ∂L/∂W3 of the mean cross entropy. Two mistakes are in the lines below."""
    h1 = np.tanh(x @ W1.T)
    h2 = np.tanh(h1 @ W2.T)
    e = np.exp(h2 @ W3.T)
    p = e / e.sum(axis=1, keepdims=True)
    d3 = (np.eye(10)[y] - p) / len(y)
    d2 = (d3 @ W3) * (1 - h2**2)
    d1 = (d2 @ W2.T) * (1 - h1**2)
    gradients = d1.T @ x, d2.T @ h1, d3.T @ h2
    return ...
'''


def _mended(*changes: tuple[str, str]) -> str:
    source = BROKEN.replace("return ...", "return gradients")
    for old, new in changes:
        source = source.replace(old, new)
    return source


SIGN = ("np.eye(10)[y] - p", "p - np.eye(10)[y]")
TRANSPOSE = ("d2 @ W2.T", "d2 @ W2")


def _repair_case(seed: int) -> Case:
    draws = generator(seed)
    y = torch.randint(10, (8,), generator=draws).numpy()
    weights = (_normal(draws, n, 6) / math.sqrt(6) for n in (6, 6, 10))
    return Case((_normal(draws, 8, 6), y, *weights))


def _fresh_repair(draws: Generator) -> Case:
    return _repair_case(_whole(draws, 10, 10_000))


def _autograd(x: Array, y: Array, *weights: Array) -> list[Array]:
    tensors = [torch.tensor(W, requires_grad=True) for W in weights]
    h = torch.tensor(x)
    for W in tensors[:-1]:
        h = torch.tanh(h @ W.T)
    loss = F.cross_entropy(h @ tensors[-1].T, torch.tensor(y))
    return [gradient.numpy() for gradient in torch.autograd.grad(loss, tensors)]


def _judge_repair(value: Any, case: Case) -> str | None:
    names = ("∂L/∂W1", "∂L/∂W2", "∂L/∂W3")
    arrays = _unpack(value, names, [W.shape for W in case.args[2:]])
    if isinstance(arrays, str):
        return arrays
    expected = _autograd(*case.args)
    right = list(map(_equal, arrays, expected))
    if all(right):
        return None
    if all(_equal(-a, b) for a, b in zip(arrays, expected, strict=True)):
        return "all three are exactly the negative of the gradient: one sign, at the start"
    batch = len(case.args[1])
    if all(_equal(a / batch, b) for a, b in zip(arrays, expected, strict=True)):
        return f"all three are {batch} times too large; the loss is a mean over the batch"
    if not right[2]:
        sign = "has the wrong sign" if _equal(-arrays[2], expected[2]) else "is wrong"
        return f"∂L/∂W3, the last layer's, {sign}; begin there, the others build on it"
    if not right[1]:
        return "∂L/∂W3 is right and ∂L/∂W2 is not: look at what lies between them, d2"
    return "∂L/∂W3 and ∂L/∂W2 are right and ∂L/∂W1 is not: look at what lies between, d1"


EXERCISES = (
    Exercise(
        id="01-chain",
        title="Predict the gradient of ten sigmoids",
        points=2,
        minutes=4,
        difficulty=1,
        answer="chain_gradient",
        starter="""
# A chain of ten sigmoids: h_0 = 0.5, and h_l = σ(3 h_{l-1} − 1.5) for l = 1 … 10.
# σ is the sigmoid. What is ∂h_10/∂h_0, to two digits? Work it out on paper; no program is needed.
chain_gradient = ...
""",
        reference="""
chain_gradient = (3 / 4) ** 10
""",
        hints=(
            "What is z_1 = 3 · 0.5 − 1.5? And h_1 = σ(z_1)? And then z_2?",
            "The factor of one layer is its weight times the slope of σ at its z. "
            "The slope of σ is largest at z = 0.",
            "Ten equal factors: (3 · σ′(0)) to the power 10.",
        ),
        wrong=(
            Wrong("weights alone", "chain_gradient = 3**10", "weights alone"),
            Wrong("slopes alone", "chain_gradient = 0.25**10", "slopes alone"),
            Wrong("one layer", "chain_gradient = 3 * 0.25", "a single layer"),
            Wrong("adds up", "chain_gradient = 10 * 3 / 4", "do not add up"),
            Wrong("values for slopes", "chain_gradient = 0.5**10", "chain rule multiplies slopes"),
            Wrong("sign", "chain_gradient = -((3 / 4) ** 10)", "the sign is not"),
            Wrong("not a number", "chain_gradient = float('nan')", "one finite number"),
        ),
        judge=_judge_chain,
    ),
    Exercise(
        id="01-layer",
        title="Backward pass of a layer",
        points=3,
        minutes=8,
        difficulty=2,
        answer="layer_backward",
        starter=LAYER,
        reference=_layer("delta * (1 - h**2)"),
        hints=(
            "First go from h to z: d = ∂L/∂z, entry by entry. The slope of tanh is 1 − h².",
            "Then three products with d. Each result has the shape of what it belongs to: "
            "dW like W, db like b, dx like x.",
            "dW = d.T @ x, db = the sum of d over the batch, dx = d @ W.",
        ),
        wrong=(
            Wrong("slope forgotten", _layer("delta"), "the slope of tanh is missing"),
            Wrong("slope at h", _layer("delta * (1 - np.tanh(h) ** 2)"), "tanh(z) is h already"),
            Wrong(
                "weight transposed",
                _layer("delta * (1 - h**2)", "d.T @ x, d.sum(axis=0), d @ W.T"),
                "dx is transposed",
            ),
            Wrong(
                "gradient transposed",
                _layer("delta * (1 - h**2)", "x.T @ d, d.sum(axis=0), d @ W"),
                "dW is transposed",
            ),
            Wrong(
                "mean over the batch",
                _layer("delta * (1 - h**2)", "d.T @ x, d.mean(axis=0), d @ W"),
                "no mean here",
            ),
            Wrong(
                "bias over the wrong axis",
                _layer("delta * (1 - h**2)", "d.T @ x, d.sum(axis=1), d @ W"),
                "sum over the wrong axis",
            ),
            Wrong(
                "input without the slope",
                _layer("delta * (1 - h**2)", "d.T @ x, d.sum(axis=0), delta @ W"),
                "dx is made from delta",
            ),
            Wrong("matrix product", _layer("delta @ (1 - h**2)"), "acts entry by entry"),
            Wrong(
                "h computed again",
                _layer("delta * (1 - np.tanh(x @ W.T) ** 2)"),
                "b is not known here",
            ),
            Wrong(
                "bias not summed",
                _layer("delta * (1 - h**2)", "d.T @ x, d, d @ W"),
                "db has shape",
            ),
        ),
        cases=(
            _layer_case(0, 4, 4, 4),
            _layer_case(1, 7, 3, 5),
            _layer_case(2, 1, 2, 9),
        ),
        fresh=_fresh_layer,
        judge=_judge_layer,
    ),
    Exercise(
        id="01-shared",
        title="Gradient of a shared weight",
        points=3,
        minutes=7,
        difficulty=2,
        answer="shared_gradient",
        starter='''
def shared_gradient(w, x, steps):
    """∂h_T/∂w for h_0 = x and h_t = tanh(w · h_{t-1}), t = 1 … T, with T = steps.

    w, x: numbers. The same w is used at every step.
    """
    return ...
''',
        reference=_shared(SUM),
        hints=(
            "Give each step its own copy w_1 … w_T. What is ∂h_T/∂w_t? Then add them up.",
            "Store all h going forward. Going back, keep delta = ∂h_T/∂h_t; it starts at 1 and "
            "each step multiplies it by (1 − h_t²) · w.",
            "At step t add delta · (1 − h_t²) · h_{t-1} to the total, then update delta.",
        ),
        wrong=(
            Wrong(
                "last use only",
                _shared("total = delta * slope * h[t - 1] if t == steps else total"),
                "That is the share of the last use alone. w is used at every step.",
            ),
            Wrong(
                "first use only",
                _shared("total = delta * slope * h[t - 1]"),
                "That is the share of the first use alone: it was overwritten, not added.",
            ),
            Wrong(
                "mean",
                _shared(SUM, end="total / steps"),
                "You took the mean over the uses. Their gradients add up.",
            ),
            Wrong(
                "product",
                _shared("total *= delta * slope * h[t - 1]", start="1.0"),
                "You multiplied the shares. Along one path factors multiply; several paths add.",
            ),
            Wrong(
                "slope forgotten",
                _shared("slope = 1; total += delta * h[t - 1]"),
                "The slope of tanh, 1 − h_t², is missing.",
            ),
            Wrong(
                "h after the step",
                _shared("total += delta * slope * h[t]"),
                "You multiplied by h_t, what comes out of step t. w meets what goes in, h_{t-1}.",
            ),
            Wrong(
                "one step too few",
                _shared(SUM).replace("h = [x]", "h, steps = [x], steps - 1"),
                "That is the gradient of h_{T-1}: one step too few. There are T steps.",
            ),
            Wrong(
                "gradient of the input",
                _shared("total = delta * slope * w"),
                "That is ∂h_T/∂x. Asked is the gradient of w.",
            ),
        ),
        cases=(
            Case((1.5, 0.5, 2)),
            Case((0.8, 1.0, 5), hint=1),
            Case((1.2, 0.3, 10), hint=1),
        ),
        fresh=_fresh_shared,
    ),
    Exercise(
        id="01-repair",
        title="Repair a backward pass",
        points=3,
        minutes=5,
        difficulty=2,
        answer="mended_backward",
        starter=BROKEN,
        reference=_mended(SIGN, TRANSPOSE),
        hints=(
            "Replace ... by gradients and check. Errors travel backwards: the last layer whose "
            "gradient is wrong is where to look first.",
            "The error signal at the logits is p minus the right answer.",
            "z_2 = h_1 W2ᵀ. On the way back the transpose is gone: d2 @ W2.",
        ),
        wrong=(
            Wrong("unchanged", _mended(), "has the wrong sign; begin there"),
            Wrong("transpose only", _mended(TRANSPOSE), "exactly the negative"),
            Wrong("sign only", _mended(SIGN), "look at what lies between, d1"),
            Wrong(
                "sign of the last layer only",
                _mended(TRANSPOSE, ("d3.T @ h2", "-d3.T @ h2")),
                "look at what lies between them, d2",
            ),
            Wrong("mean lost", _mended(SIGN, TRANSPOSE, (" / len(y)", "")), "mean over the batch"),
        ),
        cases=tuple(_repair_case(seed) for seed in range(3)),
        fresh=_fresh_repair,
        judge=_judge_repair,
    ),
    Exercise(
        id="01-check",
        title="Open: a gradient checker for steep and for flat functions",
        points=4,
        minutes=15,
        difficulty=3,
        answer="accepts",
        starter=CHECK,
        reference=ACCEPTS,
        hints=(
            "Change one entry of x at a time by +h and −h (on a copy): (f(x + s) − f(x − s)) / 2h. "
            "np.eye(len(x)) gives the directions.",
            "Compare relative: ‖a − b‖ / (‖a‖ + ‖b‖). What if both are zero? That is agreement "
            "only if f is constant.",
            "No single h serves steep and flat functions. Try h = 0.1, 0.01, … 1e-9, and keep the "
            "smallest relative error: below 1e-3 is right.",
            "Leave out each h where all differences are 0: f changed less than it is rounded. Is "
            "that so at every h, then f is constant, and only a gradient of zeros is right.",
        ),
        wrong=(
            Wrong("always yes", "def accepts(f, gradient, x):\n    return True", "sign is wrong"),
            Wrong(
                "too strict", _checker("[1e-5]", RELATIVE, "1e-15"), "How exact can a difference be"
            ),
            Wrong(
                "first entry only",
                _checker("[1e-5]", "abs(gradient[0] / measured[0] - 1)", "1e-3"),
                "one entry is wrong",
            ),
            Wrong("absolute", _checker("[1e-5]", "distance", "1e-6"), "Divide the difference"),
            Wrong(
                "0/0",
                _checker("[1e-5]", "distance / max(size, 1e-300) if size else 1.0", "1e-3"),
                "0/0 must not",
            ),
            Wrong("one h, too large", _checker("[1e-5]", RELATIVE, "1e-3"), "several hills"),
            Wrong(
                "one h, too small", _checker("[1e-8]", RELATIVE, "1e-3"), "as in a vanishing net"
            ),
            Wrong(
                "loose",
                ACCEPTS.replace("1e-3", "2e-2"),
                "1 % too large",
            ),
            Wrong("0/0 as agreement", _checker(TENS, RELATIVE, "1e-3"), "a gradient of zeros"),
        ),
        cases=(
            _check_case("plain function", "right"),
            _check_case("plain function", "sign"),
            _check_case("plain function", "entry"),
            _check_case("large function", "right"),
            _check_case("tiny function", "sign"),
            _check_case("constant function", "right"),
            _check_case("steep function", "right"),
            _check_case("flat function", "right"),
            _check_case("steep function", "transpose"),
            _check_case("flat function", "percent"),
            _check_case("flat function", "zero"),
        ),
        fresh=_fresh_check,
        judge=_judge_check,
    ),
)
