"""Exercises of lesson 08: residual connections."""

import copy
import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gradcourse.data import digits
from gradcourse.device import generator
from gradcourse.exercises.compare import as_numbers, difference
from gradcourse.exercises.declare import Case, Exercise, Wrong, with_numbers
from gradcourse.train import accuracy, fit

_digits = cache(digits)


def _judge_variance(value: Any, case: Case, half: int = 10) -> str | None:
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(()).item()
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return f"a number was needed, not {value!r}"[:150]
    if not math.isfinite(value):
        return f"{value} is not finite"
    right = (half + 1) * 2.0**half
    mistakes = {
        4.0**half: f"that is {2 * half} doublings; with BatchNorm in the branch a block adds 1 "
        "instead",
        2.0 * half + 1: f"that is {2 * half} additions; without a norm in the branch a block "
        "doubles",
        2.0**half + half: "that is the other order: first the doublings, then the additions",
        half * 2.0**half: "the input has mean square 1 before the first block adds anything",
        math.sqrt(right): "that is the root mean square; the mean square was asked for",
        (half + 1) * 2 ** (half / 2): "×1.41 a block is the growth of the root mean square",
    }
    if abs(value / right - 1) < 0.005:
        return None
    for number, told in mistakes.items():
        if abs(value / number - 1) < 0.005:
            return told
    return f"{value:.4g} is not it; what does one block add to the mean square, in each half"


def _other_variance(draws: Generator) -> Exercise:
    half = int(torch.randint(6, 16, (), generator=draws))
    common = next(e for e in EXERCISES if e.id == "08-variance")
    numbers = {"10": half, "20": 2 * half, "11": half + 1, "ten": half, "twenty": 2 * half}
    return with_numbers(common, numbers, partial(_judge_variance, half=half))


def _fresh_seed(draws: Generator) -> Case:
    return Case((int(torch.randint(5, 10_000, (), generator=draws)),))


def _fresh_gate(draws: Generator) -> Case:
    blocks = int(torch.randint(5, 120, (), generator=draws))
    return Case((blocks, round(0.2 + 0.7 * torch.rand((), generator=draws).item(), 2)))


class _Part:
    """A part of a Transformer block: a function of tokens `(batch, tokens, width)`, with a name."""

    def __init__(self, name: str, function: Callable[[Tensor], Tensor]):
        self.name, self.function = name, function

    def __call__(self, x: Any) -> Tensor:
        return self.function(torch.as_tensor(x, dtype=torch.float32))

    def __repr__(self) -> str:
        return self.name


def _parts(draws: Generator) -> Case:
    """Tokens and the parts of a block of width 6 with weights of their own."""
    matrix = 0.6 * torch.randn(5, 6, 6, generator=draws)
    gains = 0.5 + torch.rand(2, 6, generator=draws)
    shifts = torch.randn(2, 6, generator=draws)

    def attention(x: Tensor) -> Tensor:
        scores = (x @ matrix[0]) @ (x @ matrix[1]).transpose(-1, -2) / math.sqrt(6)
        return scores.softmax(dim=-1) @ x @ matrix[2]

    def mlp(x: Tensor) -> Tensor:
        return torch.relu(x @ matrix[3]) @ matrix[4]

    def norm(i: int) -> Callable[[Tensor], Tensor]:
        return lambda x: F.layer_norm(x, (6,), gains[i], shifts[i])

    x = 3 * torch.randn(2, 4, 6, generator=draws)
    parts = {"attention": attention, "mlp": mlp, "norm1": norm(0), "norm2": norm(1)}
    return Case((x, *(_Part(name, function) for name, function in parts.items())))


def _others(
    x: Tensor, attention: _Part, mlp: _Part, norm1: _Part, norm2: _Part
) -> dict[str, Tensor]:
    """What mistaken pre-norm blocks give, by what to say about the mistake."""
    post = norm1(x + attention(x))
    half = x + attention(norm1(x))
    right = half + mlp(norm2(half))
    outside = x + norm1(attention(x))
    moved = norm1(x) + attention(norm1(x))
    swapped = x + attention(norm2(x))
    bare = attention(norm1(x))
    return {
        "that is still post-norm: the norms stand on the identity path": norm2(post + mlp(post)),
        "the skip starts behind the norm; it must carry x itself": norm2(moved) + mlp(norm2(moved)),
        "you normalised what the branch gives; pre-norm normalises what it reads": outside
        + norm2(mlp(outside)),
        "both branches read the block's input; the MLP must read what attention left": half
        + mlp(norm2(x)),
        "the two norms are swapped: norm1 belongs to attention, norm2 to the MLP": swapped
        + mlp(norm1(swapped)),
        "the attention half is pre-norm, the MLP half still post-norm": norm2(half + mlp(half)),
        "the MLP half is pre-norm, the attention half still post-norm": post + mlp(norm2(post)),
        "the skips are gone: each branch must be added to what came in": mlp(norm2(bare)),
        "the MLP reads its input without norm2": half + mlp(half),
        "the last norm comes once, after the last block; a block ends in a sum": F.layer_norm(
            right, right.shape[-1:]
        ),
        "norm2 stands on the path at the end; a block ends in a sum": norm2(right),
    }


def _judge_prenorm(value: Any, case: Case) -> str | None:
    x, attention, mlp, norm1, norm2 = case.args
    half = x + attention(norm1(x))
    right = half + mlp(norm2(half))
    problem = difference(value, right, tolerance=1e-3)
    got = as_numbers(value)
    if problem is None or got is None or got.shape != right.shape or not np.isfinite(got).all():
        return problem
    for told, mistaken in _others(*case.args).items():
        if difference(value, mistaken, tolerance=1e-3) is None:
            return told
    off = np.abs(got - right.double().numpy()).max()
    return (
        f"the shape is right, the largest entry differs by {off:.2g}; check for each of the two "
        "sums what is added, and what the branch reads"
    )


def _structure(net: Any, blocks: int) -> str | None:
    """Why the result is no nn.Sequential of blocks and a readout for the digits, or None."""
    if not isinstance(net, nn.Sequential):
        return f"this is {type(net).__name__}; an nn.Sequential of blocks and a readout was needed"
    if len(net) < blocks + 1:
        return f"{blocks} blocks and a readout were asked for; this net has {len(net)} parts"
    with torch.no_grad():
        output = copy.deepcopy(net)(_digits().x[:4])
    if not isinstance(output, Tensor) or tuple(output.shape) != (4, 10):
        return "for 4 digits the net must give logits of shape (4, 10)"
    if output.isnan().any():
        return "the net gives NaN already before training"
    return None


def _ratios(net: nn.Sequential, blocks: int) -> tuple[float, float]:
    """First over last block of the error signal, last over first of the signal."""
    net = copy.deepcopy(net).train()
    h = _digits().x[:64].clone().requires_grad_()
    signals: list[Tensor] = []
    for part in net:
        h = part(h)
        signals.append(h)
    hidden = signals[-1 - blocks : -1]
    loss = F.cross_entropy(h, _digits().y[:64])
    errors = torch.autograd.grad(loss, [hidden[0], hidden[-1]], allow_unused=True)
    first, last = (0.0 if e is None else e.double().norm().item() for e in errors)
    sizes = [hidden[i].detach().double().norm().item() for i in (-1, 0)]
    return (first / last if last else math.nan), (sizes[0] / sizes[1] if sizes[1] else math.nan)


def _learnt(net: nn.Sequential, steps: int) -> float:
    """Share of the training digits that a copy gets right after a short training; NaN if broken."""
    net = copy.deepcopy(net).train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    x, y = _digits().x, _digits().y
    history = fit(net, x, y, optimizer=optimizer, steps=steps, generator=generator(0))
    return math.nan if history.breakdown else accuracy(net, x, y)


def _passes(block: nn.Module) -> bool:
    """True if something gets through the block when all its matrices are 0."""
    block = copy.deepcopy(block).eval()
    with torch.no_grad():
        for weight in block.parameters():
            if weight.ndim > 1:
                weight.zero_()
        out = block(_digits().x[:8])
    return bool((out - out[:1]).abs().max() > 1e-6)


def _clear_path(block: nn.Module) -> bool:
    """True if a block whose matrices are 0 hands its input on as it is, or its positive part."""
    block = copy.deepcopy(block).eval()
    x = _digits().x[:8]
    with torch.no_grad():
        for weight in block.parameters():
            if weight.ndim > 1:
                weight.zero_()
        out = block(x)
    return any(torch.allclose(out, path, rtol=0.01, atol=0.01) for path in (x, x.relu()))


def _moving(net: nn.Sequential) -> list[int]:
    """Of each part of the net, how many matrices change in a few steps of training."""
    before, net = net, copy.deepcopy(net).train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    fit(net, _digits().x, _digits().y, optimizer=optimizer, steps=3, generator=generator(0))
    return [
        sum(
            p.ndim > 1 and not torch.equal(p, q)
            for p, q in zip(old.parameters(), new.parameters(), strict=True)
        )
        for old, new in zip(before, net, strict=True)
    ]


def _rest(moving: list[int], blocks: int, matrices: int) -> str | None:
    """Why a net in which so many matrices move is not as deep as it looks, or None."""
    at_work = sum(number >= matrices for number in moving[:-1])
    if at_work >= 0.9 * blocks:  # here and there one may be asleep at the start
        return None
    each = "both of its matrices" if matrices == 2 else "a matrix"
    return f"{blocks} blocks were asked for; in {at_work} of them {each} learnt something"


def _judge_block(net: Any, case: Case) -> str | None:
    net = net.cpu() if isinstance(net, nn.Module) else net
    if problem := _structure(net, 60):
        return problem
    if not all(_passes(block) for block in net[:60]):
        return "with its matrices at 0 a block passes nothing on: the skip connection is gone"
    error, signal = _ratios(net, 60)
    if not 0.001 <= error <= 1000:
        growth = error ** (1 / 59) if error > 0 else math.nan
        if not 0.001 <= signal <= 1000:
            return (
                f"the error signal changes by ×{growth:.2f} per block and the signal does too: "
                "what does one branch add, and how could it add less"
            )
        return (
            f"the signal is calm, but the error signal changes by ×{growth:.2f} per block: the "
            "norm stands on the identity path; it belongs into the branch"
        )
    if not 0.001 <= signal <= 1000:
        return f"the signal is {signal:.2g} times as large after the last block as after the first"
    moving = _moving(net)
    if not moving[len(net) // 2]:
        return (
            "the error signal is calm, but no matrix of the middle block learns. Is its branch in "
            "use? When both factors of a product start at 0, or a ReLU reads only 0, nothing moves"
        )
    if _learnt(net, 30) > 0.25:
        return _rest(moving, 60, matrices=2)
    told = "the start is calm, but 30 training steps teach it little"
    if all(_clear_path(block) for block in net[:60]):
        return told
    return f"{told}: something stands on the identity path (a norm, or a factor on the skip)"


def _judge_normless(net: Any, case: Case) -> str | None:
    net = net.cpu() if isinstance(net, nn.Module) else net
    if problem := _structure(net, 100):
        return problem
    for name, module in net.named_modules():
        if "Norm" in type(module).__name__:
            kind = type(module).__name__
            return f"no norm layer is allowed here; module {name} is a {kind}, used or not"
    matrices = sum(p.numel() >= 32 * 32 for p in net.parameters() if p.ndim > 1)
    if matrices < 100:
        return f"100 blocks need at least 100 matrices of 32 x 32 or more; this net has {matrices}"
    error, signal = _ratios(net, 100)
    if not (0.2 <= error <= 5 and 0.2 <= signal <= 5):
        return (
            f"at the start the error signal changes {error:.2g}-fold from the last block to the "
            f"first, the signal {signal:.2g}-fold from the first to the last; both must lie "
            "between 0.2 and 5"
        )
    moving = _moving(net)
    if not moving[len(net) // 2]:
        return "calm, but no matrix of the middle block learns: is it cut off by two zeros"
    learnt = _learnt(net, 60)
    if math.isnan(learnt):
        return "calm at the start, but training ended in inf or NaN: the blocks grow too fast"
    if learnt < 0.7:
        return (
            f"calm, but 60 steps bring it to {learnt:.0%} of the training digits only; 70 % asked"
        )
    return _rest(moving, 100, matrices=1)


BROKEN = '''
class Mended(nn.Module):
    def __init__(self, draws):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(64, 64), nn.Linear(64, 64)
        for layer in (self.fc1, self.fc2):
            nn.init.kaiming_normal_(layer.weight, generator=draws)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        return F.relu(x + self.fc2(F.relu(self.fc1(x))))

def mended_net(seed):
    """60 residual blocks for the digits. Mend the class above: keep its skip and its two layers."""
    draws = gr.generator(seed)
    net = nn.Sequential(*[Mended(draws) for _ in range(60)], nn.Linear(64, 10))
    return ...
'''


def _mended(*changes: tuple[str, str]) -> str:
    source = BROKEN.replace("return ...", "return net")
    for old, new in changes:
        source = source.replace(old, new)
    return source


_BRANCH = "self.fc2(F.relu(self.fc1(x)))"
_LAST = "    def forward"

NORMLESS = '''
def normless_net(seed):
    """nn.Sequential of at least 100 blocks and a readout for the digits, without a norm layer.

    At the start signal and error signal may change at most 5-fold over the blocks, and 60
    training steps must bring it to 70 % of the training digits.
    """
    return ...
'''


def _normless(forward: str, *, extra: str = "", gain: str = "1.0", blocks: int = 100) -> str:
    return f"""
class Calm(nn.Module):
    def __init__(self, draws):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        nn.init.kaiming_normal_(self.fc.weight, generator=draws)
        nn.init.zeros_(self.fc.bias)
        {extra}

    def forward(self, x):
        return {forward}

def normless_net(seed):
    draws = gr.generator(seed)
    return nn.Sequential(*[Calm(draws) for _ in range({blocks})], nn.Linear(64, 10))
"""


SEEDS = tuple(Case((seed,)) for seed in range(2))
EXERCISES = (
    Exercise(
        id="08-variance",
        title="The mean square after twenty blocks",
        points=2,
        minutes=4,
        difficulty=1,
        answer="mean_square",
        starter="""
# The input has mean square 1. All matrices have He's variance.
# 10 blocks x + W relu(BatchNorm(x)), and after them 10 blocks x + W relu(x).
# What is the mean square after the last block?
mean_square = ...
""",
        reference="""
mean_square = (1 + 10) * 2**10
""",
        hints=(
            "Take the halves one after the other. What does one block of the first kind add?",
            "With BatchNorm in the branch the branch has mean square 1 whatever comes in.",
            "After 10 blocks it is 1 + 10. Each of the other ten doubles what it gets.",
        ),
        wrong=(
            Wrong("all double", "mean_square = 2**20", "that is 20 doublings"),
            Wrong("all add", "mean_square = 1 + 20", "that is 20 additions"),
            Wrong("other order", "mean_square = 2**10 + 10", "that is the other order"),
            Wrong("start forgotten", "mean_square = 10 * 2**10", "before the first block"),
            Wrong(
                "root",
                "mean_square = math.sqrt(11 * 2**10)",
                "that is the root mean square",
            ),
        ),
        judge=_judge_variance,
        variant=_other_variance,
    ),
    Exercise(
        id="08-repair",
        title="Repair a residual block",
        points=3,
        minutes=10,
        difficulty=2,
        answer="mended_net",
        starter=BROKEN,
        reference=_mended((_BRANCH, "self.fc2(F.relu(self.fc1(x))) / math.sqrt(60)")),
        hints=(
            "Look first: replace ... by net and print the growth. Which sum makes the square grow?",
            "Three cures: divide the branch by √60, normalise inside the branch, or start the "
            "branch at zero.",
            "The shortest: x + self.fc2(...) / math.sqrt(60), and return net. Starting at zero "
            "means the last of the two layers, not both.",
        ),
        wrong=(
            Wrong("unchanged", _mended(), "what does one branch add"),
            Wrong("skip removed", _mended(("x + ", "")), "the skip connection is gone"),
            Wrong(
                "norm after the addition",
                _mended(
                    (_LAST, "        self.norm = nn.BatchNorm1d(64)\n\n" + _LAST),
                    ("F.relu(x + " + _BRANCH + ")", "F.relu(self.norm(x + " + _BRANCH + "))"),
                ),
                "it belongs into the branch",
            ),
            Wrong(
                "LayerNorm after the addition",
                _mended(
                    (_LAST, "        self.norm = nn.LayerNorm(64)\n\n" + _LAST),
                    ("F.relu(x + " + _BRANCH + ")", "self.norm(x + " + _BRANCH + ")"),
                ),
                "something stands on the identity path",
            ),
            Wrong(
                "both layers zero",
                _mended(
                    (
                        "nn.init.kaiming_normal_(layer.weight, generator=draws)",
                        "nn.init.zeros_(layer.weight)",
                    )
                ),
                "When both factors of a product start at 0",
            ),
            Wrong(
                "shallower",
                _mended(("range(60)", "range(10)")),
                "60 blocks and a readout were asked for",
            ),
        ),
        cases=SEEDS,
        fresh=_fresh_seed,
        judge=_judge_block,
        seconds=10,
    ),
    Exercise(
        id="08-gate",
        title="The gate bias of a highway net",
        points=2,
        minutes=6,
        difficulty=2,
        answer="gate_bias",
        starter='''
def gate_bias(blocks, keep):
    """Gate bias with which the carry path of a highway net keeps the share `keep`.

    One block: T * H(x) + (1 - T) * x with the gate T = sigmoid(bias). After all `blocks` the
    product of the (1 - T) must be `keep`, a number between 0 and 1.
    """
    return ...
''',
        reference="""
def gate_bias(blocks, keep):
    gate = 1 - keep ** (1 / blocks)
    return math.log(gate / (1 - gate))
""",
        hints=(
            "Each block keeps 1 - T. What must 1 - T be so that its product over the blocks is "
            "`keep`?",
            "1 - T = keep ** (1 / blocks). Now turn T = 1 / (1 + exp(-bias)) round.",
            "bias = log(T / (1 - T)). It is negative: the gate starts nearly closed.",
        ),
        wrong=(
            Wrong(
                "wrong sign",
                "def gate_bias(blocks, keep):\n"
                "    gate = 1 - keep ** (1 / blocks)\n"
                "    return math.log((1 - gate) / gate)",
                "With this bias the gate T is nearly open and the carry 1 - T nearly closed. "
                "Mind which of the two the bias opens.",
            ),
            Wrong(
                "one block only",
                "def gate_bias(blocks, keep):\n    return math.log((1 - keep) / keep)",
                "One block alone would keep that share. Over the blocks the shares multiply.",
            ),
            Wrong(
                "divided, not rooted",
                "def gate_bias(blocks, keep):\n"
                "    gate = (1 - keep) / blocks\n"
                "    return math.log(gate / (1 - gate))",
                "You shared the loss out evenly. Shares multiply: take a root instead.",
            ),
            Wrong(
                "log of the gate",
                "def gate_bias(blocks, keep):\n    return math.log(1 - keep ** (1 / blocks))",
                "That is the log of the gate's opening T. The sigmoid needs log(T / (1 - T)).",
            ),
            Wrong(
                "gate instead of bias",
                "def gate_bias(blocks, keep):\n    return 1 - keep ** (1 / blocks)",
                "That is the gate T itself. The bias is what the sigmoid turns into it.",
            ),
        ),
        cases=(Case((50, 0.5)), Case((10, 0.9), hint=1), Case((100, 0.3), hint=1)),
        fresh=_fresh_gate,
    ),
    Exercise(
        id="08-prenorm",
        title="From post-norm to pre-norm",
        points=2,
        minutes=3,
        difficulty=2,
        answer="pre_norm_block",
        starter='''
def pre_norm_block(x, attention, mlp, norm1, norm2):
    """This is the post-norm block. Turn it into the pre-norm one.

    x: tokens (batch, tokens, width). The other four are functions of such tokens.
    """
    x = norm1(x + attention(x))
    x = norm2(x + mlp(x))
    return ...
''',
        reference="""
def pre_norm_block(x, attention, mlp, norm1, norm2):
    x = x + attention(norm1(x))
    return x + mlp(norm2(x))
""",
        hints=(
            "In a pre-norm block nothing but additions stands on the path from input to output.",
            "Each branch reads a normalised copy: attention(norm1(x)).",
            "x = x + attention(norm1(x)), then the same with mlp and norm2.",
        ),
        wrong=(
            Wrong(
                "still post-norm",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    x = norm1(x + attention(x))\n"
                "    return norm2(x + mlp(x))",
                "that is still post-norm",
            ),
            Wrong(
                "identity path normalised",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    x = norm1(x)\n"
                "    x = x + attention(x)\n"
                "    x = norm2(x)\n"
                "    return x + mlp(x)",
                "the skip starts behind the norm",
            ),
            Wrong(
                "branch output normalised",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    x = x + norm1(attention(x))\n"
                "    return x + norm2(mlp(x))",
                "you normalised what the branch gives",
            ),
            Wrong(
                "both branches from the input",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    return x + attention(norm1(x)) + mlp(norm2(x))",
                "both branches read the block's input",
            ),
            Wrong(
                "norms swapped",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    x = x + attention(norm2(x))\n"
                "    return x + mlp(norm1(x))",
                "the two norms are swapped",
            ),
            Wrong(
                "one half only",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    x = x + attention(norm1(x))\n"
                "    return norm2(x + mlp(x))",
                "the MLP half still post-norm",
            ),
            Wrong(
                "no skip",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    return mlp(norm2(attention(norm1(x))))",
                "the skips are gone",
            ),
            Wrong(
                "extra final norm",
                "def pre_norm_block(x, attention, mlp, norm1, norm2):\n"
                "    x = x + attention(norm1(x))\n"
                "    x = x + mlp(norm2(x))\n"
                "    return F.layer_norm(x, x.shape[-1:])",
                "the last norm comes once",
            ),
        ),
        cases=(_parts(generator(0)), _parts(generator(1))),
        fresh=_parts,
        judge=_judge_prenorm,
    ),
    Exercise(
        id="08-open",
        title="Open: a hundred blocks without a norm layer",
        points=4,
        minutes=15,
        difficulty=3,
        answer="normless_net",
        starter=NORMLESS,
        reference=_normless("x + self.fc(F.relu(x)) / 10"),
        hints=(
            "Write a module as in the repair above, with one or two nn.Linear(64, 64), and stack "
            "100 of them. Which branch keeps both directions calm?",
            "The mean square grows by 1 + (what a branch adds) per block. A hundred times 1/100 "
            "makes e.",
            "x + self.fc(F.relu(x)) / 10 with He's weights; or a learnt factor "
            "nn.Parameter(torch.zeros(())) before the branch.",
        ),
        wrong=(
            Wrong("unscaled", _normless("x + self.fc(F.relu(x))"), "at the start the error signal"),
            Wrong(
                "a norm layer",
                _normless(
                    "x + self.fc(F.relu(self.norm(x)))", extra="self.norm = nn.LayerNorm(64)"
                ),
                "no norm layer is allowed",
            ),
            Wrong("shallow", _normless("x + self.fc(F.relu(x)) / 3", blocks=20), "were asked for"),
            Wrong(
                "no blocks inside",
                "def normless_net(seed):\n"
                "    parts = [nn.Identity() for _ in range(100)]\n"
                "    return nn.Sequential(*parts, nn.Linear(64, 10))",
                "need at least 100 matrices",
            ),
            Wrong(
                "cut off",
                _normless(
                    "x + self.gate * self.fc(F.relu(x))",
                    extra="self.gate = nn.Parameter(torch.zeros(()));"
                    " nn.init.zeros_(self.fc.weight)",
                ),
                "is it cut off by two zeros",
            ),
        ),
        cases=SEEDS,
        fresh=_fresh_seed,
        judge=_judge_normless,
        seconds=15,
    ),
)
