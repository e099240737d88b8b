"""Exercises of lesson 07: BatchNorm and LayerNorm."""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gradcourse.data import digits
from gradcourse.device import generator
from gradcourse.exercises.compare import as_numbers
from gradcourse.exercises.declare import Case, Exercise, Wrong
from gradcourse.exercises.nets import broken_chain
from gradcourse.nets import DeepNet

_digits = cache(digits)


class BatchNormNet(nn.Module):
    """A net whose BatchNorm has seen data. Each copy is new, and the last is kept to look at."""

    def __init__(self, seed: int, mode: bool = True):
        super().__init__()
        draws = generator(seed)
        self.seed, self.mode = seed, mode
        self.net = DeepNet(2, width=32, norm="batch", generator=draws)
        with torch.no_grad():
            for _ in range(20):  # the running averages settle, away from 0 and 1
                self.net(2 * torch.randn(64, 64, generator=draws) + 1)
        self.train(mode)
        self.copies: list[BatchNormNet] = []

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.dim() == 2 and len(x) == 1:
            raise ValueError("Expected more than 1 row in training mode: one row has no spread")
        logits: Tensor = self.net(x)
        return logits

    def __deepcopy__(self, memo: dict[int, Any]) -> "BatchNormNet":
        self.copies = [BatchNormNet(self.seed, self.mode)]
        return self.copies[0]

    def __repr__(self) -> str:
        return f"net in {'training' if self.mode else 'evaluation'} mode"

    def lend(self) -> nn.Module:
        """What a process that knows no class of the exercises gets to see of it."""
        return self.net

    def labels(self, x: Tensor, *, training: bool) -> list[int]:
        """What a fresh copy answers."""
        net = BatchNormNet(self.seed, training)
        with torch.no_grad():
            found: list[int] = net(x).argmax(dim=1).tolist()
        return found


def _queries(seed: int, mode: bool, rows: int) -> Case:
    x = 2 * torch.randn(rows, 64, generator=generator(seed)) + torch.linspace(-1, 3, 64)
    return Case((BatchNormNet(seed, mode), x), hint=0)


def _fresh_queries(draws: Generator) -> Case:
    seed, rows = torch.randint(10, 10_000, (2,), generator=draws).tolist()
    return _queries(seed, bool(seed % 2), 5 + rows % 40)


def _judge_eval(value: Any, case: Case) -> str | None:
    lent, x = case.args
    got = as_numbers(value)
    if got is not None and got.shape == (len(x), 10):
        return (
            f"you returned logits, of shape ({len(x)}, 10); {len(x)} labels were needed, one a row"
        )
    if got is None or got.shape != (len(x),):
        return f"{len(x)} labels were needed, one for each row"
    after = lent.copies[0] if lent.copies else lent
    right = got.tolist() == lent.labels(x, training=False)
    training = len(x) > 1 and got.tolist() == lent.labels(x, training=True)
    if not right and training and after.training != lent.mode:
        return "the labels are those of training mode: eval() came after the forward pass"
    if not right and training:
        return "the labels depend on the other rows: the net normalised with this batch's numbers"
    if not right:
        return "some labels are not those that the net gives in evaluation mode"
    if after.training and not lent.mode:
        return "the net came in evaluation mode and left in training mode; put back what was"
    if not after.training and lent.mode:
        return "the net is left in evaluation mode: the training that goes on would not notice"
    before = BatchNormNet(lent.seed).state_dict()
    if any(not torch.equal(v, before[k]) for k, v in after.state_dict().items()):
        return "the running averages moved: a forward pass ran in training mode"
    return None


def _fresh_backward(draws: Generator) -> Case:
    batch, width = torch.randint(3, 12, (2,), generator=draws).tolist()
    shape = (batch, width)
    z = 3 * torch.randn(shape, generator=draws, dtype=torch.float64) + 2
    gamma = 0.5 + torch.rand(width, generator=draws, dtype=torch.float64)
    return Case((z, gamma, torch.randn(shape, generator=draws, dtype=torch.float64)))


def _fresh_layer(draws: Generator) -> Case:
    n = int(torch.randint(3, 10, (), generator=draws))
    shape = ((4, n), (2, 3, n), (n,))[n % 3]
    size = 10 ** (1 - 4 * torch.rand((), generator=draws, dtype=torch.float64))
    h = size * (torch.randn(shape, generator=draws, dtype=torch.float64) + 1)
    gain, bias = torch.randn(2, n, generator=draws, dtype=torch.float64)
    return Case((h, gain, bias))


def _t(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _judge_growth(value: Any, case: Case) -> str | None:
    got = as_numbers(value)
    if got is None or got.size != 1 or isinstance(value, bool):
        return "one number was needed, the growth per layer"
    found = float(got.reshape(()))
    if not math.isfinite(found):
        return f"this is {found}, and a finite number was needed, the growth per layer"
    relu, batch = math.pi / (math.pi - 1), 6 / 5
    if abs(found - math.sqrt(relu * batch)) <= 0.02 * math.sqrt(relu * batch):
        return None
    for mistake, told in (
        (relu * batch, "that is the square of the growth; the norm grows by its root"),
        (math.sqrt(relu), "that is ReLU with a large batch; what does a batch of 8 add?"),
        (math.sqrt(batch), "that is a linear net; ReLU has a factor of its own"),
        (batch * math.sqrt(relu), "the batch's factor is a square as well: take its root too"),
    ):
        if abs(found - mistake) < 0.012:
            return told
    return f"{found:.4g} is more than 2 % away from what theory and nets give"


def _fresh_seed(draws: Generator) -> Case:
    return Case((int(torch.randint(5, 10_000, (), generator=draws)),))


def _norm_errors(net: nn.Module, norms: list[nn.Module], seed: int) -> list[float]:
    """‖∂L/∂output‖ of each norm layer, in the order in which they ran, on 64 digits."""
    outputs: list[Tensor] = []
    handles = [m.register_forward_hook(lambda _m, _i, out: outputs.append(out)) for m in norms]
    try:
        rows = torch.randperm(len(_digits().x), generator=generator(seed))[:64]
        loss = F.cross_entropy(net.train()(_digits().x[rows]), _digits().y[rows])
        found = torch.autograd.grad(loss, outputs, allow_unused=True)
    finally:
        for handle in handles:
            handle.remove()
    return [0.0 if g is None else float(torch.linalg.vector_norm(g.double())) for g in found]


def _judge_deep(net: Any, case: Case) -> str | None:
    if not isinstance(net, nn.Module):
        return f"this is of type {type(net).__name__}, and a network (nn.Module) was needed"
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm1d)]
    linears = sum(isinstance(m, nn.Linear) for m in net.modules())
    if linears != 61:
        return f"60 layers and a readout were asked for; this net has {linears} nn.Linear"
    if len(norms) != 60:
        return f"each of the 60 layers needs its BatchNorm; this net has {len(norms)} of them"
    shape = tuple(net.eval()(torch.zeros(2, 64)).shape)
    if shape != (2, 10):
        return f"its logits have shape {shape}, not (2, 10)"
    errors = _norm_errors(net, list(norms), case.args[0])
    if len(errors) != 60 or not all(map(math.isfinite, errors)) or min(errors) == 0:
        return "some BatchNorm got no error signal, or one that is not finite"
    ratio = errors[0] / errors[-1]
    if 1 / 20 < ratio < 20:
        bend = _bend(net)
        if bend > 0.01:
            return broken_chain(net.train(), _digits().x[:64], 60)
        almost = "" if bend < 1e-4 else "almost "
        return (
            f"the net is {almost}linear in evaluation mode: 60 layers are worth one. "
            "Bend each layer a little"
        )
    growth = ratio ** (1 / 59)
    text = f"the first layer's error signal is {ratio:.2g} times the last's"
    if ratio < 1:
        return f"{text}: it vanishes, ×{growth:.2f} per layer"
    sizes = [m.weight.std() * m.in_features**0.5 for m in net.modules() if isinstance(m, nn.Linear)]
    scale = torch.stack(sizes[1:-1]).median().item()
    if growth > 1.17 and not 0.5 < scale < 2:
        return (
            f"{text}, ×{growth:.2f} per layer, at a weight scale of {scale:.2g}: no scale helps, "
            "because BatchNorm divides it away"
        )
    if growth > 1.17:
        return (
            f"{text}, ×{growth:.2f} per layer: a plain BatchNorm net, as with ReLU. "
            "Which part of E[φ′²]/Var(φ) can you change?"
        )
    if growth > 1.075:
        return (
            f"{text}, ×{growth:.2f} per layer: a little calmer than ReLU, over 60 layers too much"
        )
    return f"{text}, ×{growth:.2f} per layer: the right way; go further the same way"


def _bend(net: nn.Module) -> float:
    """How far the net is from linear in evaluation mode: |f(a)+f(b)-f(a+b)-f(0)|, relative."""
    a, b = _digits().x[:32], _digits().x[32:64]
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm1d)]
    for norm in norms:
        norm.momentum = 1.0  # the running averages become those of one batch, at all depths
    net.train()
    with torch.no_grad():
        net(_digits().x[:256])
        net.eval()
        start = net(0 * a)
        bend = net(a + b) - net(a) - net(b) + start
        size = torch.linalg.vector_norm(net(a) - start) + torch.linalg.vector_norm(net(b) - start)
    return float(torch.linalg.vector_norm(bend) / size.clamp(min=1e-12))


def _open(body: str) -> str:
    return f"def deep_net(seed):\n    return gr.DeepNet({body}, generator=gr.generator(seed))\n"


def _leaky(slope: float) -> str:
    return f"""
def deep_net(seed):
    generator, layers = gr.generator(seed), []
    for _ in range(60):
        linear = nn.Linear(64, 64)
        nn.init.normal_(linear.weight, std=1 / 8, generator=generator)
        layers += [linear, nn.BatchNorm1d(64), nn.LeakyReLU({slope})]
    return nn.Sequential(*layers, nn.Linear(64, 10))
"""


BROKEN = '''
def predict(net, x):
    """The class that `net` sees in each row of x, (n, 64), as a service would answer.

    A row's answer must not depend on the other rows, and `net` must be left as it was.
    """
    labels = net(x).argmax(dim=1)
    return ...
'''


def _mended(before: str, after: str = "", head: str = "labels = net(x).argmax(dim=1)") -> str:
    lines = [*before.splitlines(), head, *after.splitlines(), "return labels"]
    return "def predict(net, x):\n" + "\n".join(f"    {line}" for line in lines)


BACK = """
def bn_backward(z, gamma, delta, eps=1e-5):
    s = torch.sqrt(z.var(dim=0, unbiased=False) + eps)
    z_hat = (z - z.mean(dim=0)) / s
    g = gamma * delta
    return {}
"""
LAYER = """
def layer_norm(h, gain, bias, eps=1e-5):
    mean = h.mean(dim=-1, keepdim=True)
    variance = h.var(dim=-1, keepdim=True, unbiased=False)
    return gain * (h - mean) / torch.sqrt(variance + eps) + bias
"""

EXERCISES = (
    Exercise(
        id="07-eval",
        title="Repair: the answer that depends on the neighbours",
        points=3,
        minutes=8,
        difficulty=1,
        answer="predict",
        starter=BROKEN,
        reference="""
def predict(net, x):
    training = net.training
    net.eval()
    with torch.no_grad():
        labels = net(x).argmax(dim=1)
    net.train(training)
    return labels
""",
        hints=(
            "Which two numbers per unit does BatchNorm use in training mode, and where do they "
            "come from?",
            "net.eval() makes BatchNorm use its running averages, and stops it from moving them. "
            "It must come before the forward pass.",
            "Note net.training first, and end with net.train(that note). Then return labels.",
        ),
        wrong=(
            Wrong("unchanged", _mended(""), "the labels depend on the other rows"),
            Wrong("eval too late", _mended("", "net.eval()"), "eval() came after the forward pass"),
            Wrong("eval for good", _mended("net.eval()"), "left in evaluation mode"),
            Wrong(
                "always back to training",
                _mended("net.eval()", "net.train()"),
                "left in training mode",
            ),
            Wrong(
                "a look before",
                _mended("mode = net.training\nnet.train()\nnet(x)\nnet.eval()", "net.train(mode)"),
                "running averages moved",
            ),
        ),
        cases=(
            _queries(1, mode=True, rows=8),
            _queries(2, mode=True, rows=40),
            _queries(3, mode=False, rows=40),
            _queries(4, mode=True, rows=1),
        ),
        fresh=_fresh_queries,
        judge=_judge_eval,
    ),
    Exercise(
        id="07-backward",
        title="The backward pass of BatchNorm",
        points=3,
        minutes=12,
        difficulty=2,
        answer="bn_backward",
        starter='''
def bn_backward(z, gamma, delta, eps=1e-5):
    """∂L/∂z of y = gamma * z_hat + beta in training mode, (batch, units).

    z: tensor (batch, units), what BatchNorm reads.  gamma: (units,).
    delta: ∂L/∂y, (batch, units). All units at once, and no batch × batch matrix.
    """
    return ...
''',
        reference=BACK.format("(g - g.mean(dim=0) - z_hat * (g * z_hat).mean(dim=0)) / s"),
        hints=(
            "First g = gamma * delta, the error signal at z_hat. Then the Jacobian, row by row.",
            "The Jacobian times g: the 1 keeps g, the matrix of 1/B gives its mean over the batch. "
            "What does the third part give?",
            "z_hat_i Σ_j z_hat_j g_j / B is z_hat times the mean of g * z_hat. Divide all by s, "
            "with the variance that divides by B.",
        ),
        wrong=(
            Wrong(
                "statistics taken as constants",
                BACK.format("g / s"),
                "You took the mean and the spread as constants. They depend on z, so two parts are "
                "missing.",
            ),
            Wrong(
                "spread taken as constant",
                BACK.format("(g - g.mean(dim=0)) / s"),
                "That is right for the mean. The spread s depends on z too.",
            ),
            Wrong(
                "mean taken as constant",
                BACK.format("(g - z_hat * (g * z_hat).mean(dim=0)) / s"),
                "That is right for the spread. The mean μ depends on z too.",
            ),
            Wrong(
                "sums for means",
                BACK.format("(g - g.sum(dim=0) - z_hat * (g * z_hat).sum(dim=0)) / s"),
                "Each example is only 1/B of a mean: divide both sums by the batch size.",
            ),
            Wrong(
                "not divided by the spread",
                BACK.format("g - g.mean(dim=0) - z_hat * (g * z_hat).mean(dim=0)"),
                "z_hat is z divided by s, so its derivative is divided by s as well.",
            ),
            Wrong(
                "unbiased variance",
                BACK.replace(", unbiased=False", "").format(
                    "(g - g.mean(dim=0) - z_hat * (g * z_hat).mean(dim=0)) / s"
                ),
                "BatchNorm normalises with the variance that divides by B; torch's var divides by "
                "B - 1 unless told otherwise.",
            ),
            Wrong(
                "gamma forgotten",
                BACK.replace("gamma * delta", "delta").format(
                    "(g - g.mean(dim=0) - z_hat * (g * z_hat).mean(dim=0)) / s"
                ),
                "The error signal at z_hat is gamma * delta; gamma is missing.",
            ),
        ),
        cases=(
            Case((_t([[1.0], [2.0], [6.0]]), _t([2.0]), _t([[1.0], [0.5], [-1.0]]))),
            Case(
                (
                    _t([[1.0, -3.0], [2.0, 5.0], [4.0, 0.0], [8.0, 1.0]]),
                    _t([1.0, 0.5]),
                    _t([[0.3, 1.0], [-2.0, 0.0], [1.0, 2.0], [0.1, -1.0]]),
                ),
                hint=1,
            ),
        ),
        fresh=_fresh_backward,
    ),
    Exercise(
        id="07-layernorm",
        title="LayerNorm by hand",
        points=2,
        minutes=6,
        difficulty=1,
        answer="layer_norm",
        starter='''
def layer_norm(h, gain, bias, eps=1e-5):
    """LayerNorm over the last dimension: the same shape as h.

    h: tensor (..., n): one vector, a batch of them, or (batch, time, n).
    gain, bias: (n,), applied after normalising. eps is added to the variance.
    """
    return ...
''',
        reference=LAYER,
        hints=(
            "Which dimension does one example's own n features lie in, whatever stands before?",
            "h.mean(dim=-1, keepdim=True) keeps the shape so that it can be subtracted.",
            "gain * (h - mean) / sqrt(variance + eps) + bias, with the variance that divides by n.",
        ),
        wrong=(
            Wrong(
                "over the batch",
                LAYER.replace("dim=-1", "dim=0"),
                "That normalises over the first dimension, which is BatchNorm. LayerNorm looks at "
                "one example's features.",
            ),
            Wrong(
                "over everything",
                LAYER.replace("dim=-1, keepdim=True, ", "").replace("dim=-1, keepdim=True", ""),
                "You took one mean over the whole tensor. Each example has its own.",
            ),
            Wrong(
                "over dimension 1",
                LAYER.replace("dim=-1", "dim=min(1, h.dim() - 1)"),
                "That is right for (batch, n) and wrong for (batch, time, n): which axis did you "
                "average?",
            ),
            Wrong(
                "over all but the batch",
                LAYER.replace("dim=-1", "dim=tuple(range(min(1, h.dim() - 1), h.dim()))"),
                "That is one mean for all time steps of an example. In (batch, time, n) each step "
                "has its own.",
            ),
            Wrong(
                "gain on the bias too",
                LAYER.replace("gain * (h - mean)", "gain * ((h - mean)").replace(
                    "+ bias", "+ bias)"
                ),
                "Your gain multiplies the bias as well. Multiply first, add the bias last.",
            ),
            Wrong(
                "mean kept",
                LAYER.replace("(h - mean)", "h").replace(
                    "h.var(dim=-1, keepdim=True, unbiased=False)",
                    "(h**2).mean(dim=-1, keepdim=True)",
                ),
                "That is RMSNorm with a bias: the mean was not taken away.",
            ),
            Wrong(
                "unbiased variance",
                LAYER.replace(", unbiased=False", ""),
                "Your variance divides by n - 1 (torch's default); LayerNorm divides by n.",
            ),
            Wrong(
                "eps outside the root",
                LAYER.replace("torch.sqrt(variance + eps)", "(torch.sqrt(variance) + eps)"),
                "eps belongs under the root, beside the variance. For small signals it shows.",
            ),
        ),
        cases=(
            Case((_t([[1.0, 2.0, 6.0], [0.0, 5.0, 1.0]]), _t([1.0, 2.0, 0.5]), _t([0, 1.0, 0]))),
            Case((_t([[2e-3, 3e-3, 7e-3]]), _t([1.0, 1.0, 2.0]), _t([0.0, 0.5, 0.0])), hint=2),
            Case(
                (
                    _t(np.arange(24.0).reshape(2, 3, 4) ** 1.5),
                    _t([1.0, 2.0, 3.0, 4.0]),
                    _t([0.5, 0.0, 0.0, 1.0]),
                ),
                hint=1,
            ),
        ),
        fresh=_fresh_layer,
    ),
    Exercise(
        id="07-eight",
        title="Predict the growth with eight examples",
        points=2,
        minutes=5,
        difficulty=2,
        answer="growth_with_eight",
        starter="""
# A plain ReLU net with BatchNorm, batch size B = 8, any weight scale.
# By what factor does the error signal grow per layer? Within 2 % is right.
growth_with_eight = ...
""",
        reference="""
growth_with_eight = math.sqrt(math.pi / (math.pi - 1)) * math.sqrt((8 - 2) / (8 - 3))
""",
        hints=(
            "One factor belongs to the activation and holds for large batches; one belongs to the "
            "batch, and a linear net shows it alone.",
            "Both formulas give the square of the growth.",
            "Multiply: √(π/(π−1)) · √((B−2)/(B−3)) at B = 8.",
        ),
        wrong=(
            Wrong(
                "squares",
                "growth_with_eight = math.pi / (math.pi - 1) * 6 / 5",
                "square of the growth",
            ),
            Wrong(
                "large batch",
                "growth_with_eight = math.sqrt(math.pi / (math.pi - 1))",
                "ReLU with a large batch",
            ),
            Wrong("linear", "growth_with_eight = math.sqrt(6 / 5)", "that is a linear net"),
            Wrong(
                "one root",
                "growth_with_eight = math.sqrt(math.pi / (math.pi - 1)) * 6 / 5",
                "take its root too",
            ),
        ),
        judge=_judge_growth,
    ),
    Exercise(
        id="07-deep",
        title="Open: sixty layers of BatchNorm that do not explode",
        points=4,
        minutes=14,
        difficulty=3,
        answer="deep_net",
        starter='''
def deep_net(seed):
    """60 nn.Linear layers, each with its nn.BatchNorm1d, and a readout; 64 inputs, 10 outputs.

    Not linear. On 64 digits, in training mode and for every seed, the error signal at the
    first BatchNorm's output must be between 1/20 and 20 times that at the last's.
    """
    return ...
''',
        reference=_leaky(0.8),
        hints=(
            "The weights cancel. In E[φ′²]/Var(φ) only the activation, or what BatchNorm hands to "
            "it, can be changed. For which φ is the quotient 1?",
            "The nearer to a straight line, the calmer: a leaky ReLU with a large slope, or ReLU "
            "behind a BatchNorm whose bias β is well above 0. Or add a path round.",
            "Try nn.LeakyReLU(0.8) behind each nn.BatchNorm1d; or gr.DeepNet(60, norm='batch', "
            "residual='scaled', generator=gr.generator(seed)), which is lesson 08.",
        ),
        wrong=(
            Wrong("plain", _open('60, norm="batch"'), "a plain BatchNorm net, as with"),
            Wrong(
                "small weights", _open('60, norm="batch", scale=0.1'), "BatchNorm divides it away"
            ),
            Wrong("tanh", _open('60, norm="batch", activation="tanh"'), "a little calmer than"),
            Wrong("leaky, too little", _leaky(0.5), "go further the same way"),
            Wrong("LayerNorm", _open('60, norm="layer"'), "needs its BatchNorm"),
            Wrong("shallow", _open('20, norm="batch"'), "60 layers and a readout were asked"),
            Wrong("no activation", _open('60, norm="batch", activation="linear"'), "is linear in"),
            Wrong("hardly an activation", _leaky(0.999), "almost linear in"),
        ),
        cases=tuple(Case((seed,)) for seed in range(4)),
        fresh=_fresh_seed,
        judge=_judge_deep,
        seconds=10,
    ),
)
