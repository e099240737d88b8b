"""Exercises of lesson 03: gradients that explode and vanish through time."""

import math
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from gradcourse.device import generator
from gradcourse.exercises.compare import as_numbers, show
from gradcourse.exercises.declare import Case, Exercise, Wrong


def _sequence(draws: Generator, *, width: int, steps: int) -> Case:
    """Recurrent matrix, states h_0 … h_T of a real net, and ∂L/∂h_T."""
    W, *drive = torch.randn(steps + 1, width, width, generator=draws, dtype=torch.float64)
    W = 1.5 * W / math.sqrt(width)
    states = [torch.randn(width, generator=draws, dtype=torch.float64).tanh()]
    for inputs in drive:
        states.append(torch.tanh(W @ states[-1] + 0.5 * inputs[0]))
    delta = torch.randn(width, generator=draws, dtype=torch.float64)
    return Case(tuple(t.numpy().round(3) for t in (W, torch.stack(states), delta)))


def _fresh_sequence(draws: Generator) -> Case:
    width, steps = torch.randint(2, 7, (2,), generator=draws).tolist()
    return _sequence(draws, width=width, steps=steps)


def _fresh_lstm(draws: Generator) -> Case:
    inputs, width = torch.randint(1, 20, (2,), generator=draws).tolist()
    return Case((inputs, width, round(6 * torch.rand((), generator=draws).item(), 1)))


def _fresh_width(draws: Generator) -> Case:
    return Case((int(torch.randint(32, 65, (), generator=draws)),))


def _fresh_seed(draws: Generator) -> Case:
    return Case((int(torch.randint(5, 10_000, (), generator=draws)),))


def _judge_memory(value: Any, case: Case) -> str | None:
    numbers = as_numbers(value)
    if numbers is None or numbers.size != 2 or not np.isfinite(numbers).all():
        return f"two finite numbers were needed, [steps, radius], not {show(value)}"
    steps, radius = numbers.ravel()
    right = math.log(1e-6) / math.log(0.6)
    if abs(steps + right) <= 1:
        return "the number of steps is negative: log(1e-6) and log(0.6) are both below 0"
    if abs(steps - right / math.log(10)) <= 0.5 or abs(steps - right * math.log(10)) <= 1:
        return "the number of steps mixes two logarithms: take both to the same base"
    if abs(steps - (1 - 1e-6) / 0.4) <= 0.3:
        return "the number of steps: each takes 40 % of what is left, not 40 % of the start"
    if abs(steps - 0.1**0.01) <= 0.03:
        return f"{steps:.3g} steps? that is a radius: are the two swapped?"
    if abs(steps - right) > 1:
        return f"{steps:.4g} steps is not it: how often must 0.6 be a factor to make a millionth?"
    if abs(radius - 0.1**0.01) <= 0.001:
        return None
    if abs(radius - 0.1 ** (1 / 99)) <= 1e-6 or abs(radius - 0.999) < 0.0005:
        return f"a radius of {radius:.4g} loses 0.1 % a step; 100 steps may lose 90 %"
    if abs(radius - 0.991) < 0.0005:
        return f"{radius:.4g} takes 0.9 / 100 off at each step; but steps multiply"
    return f"{radius:.4g} to the power 100 is {radius**100:.2g}, not 0.1"


def _biases(lstm: nn.LSTM) -> Tensor:
    """What the gates i, f, g, o of the first layer start with: (4, width)."""
    whole = lstm.get_parameter("bias_ih_l0") + lstm.get_parameter("bias_hh_l0")
    return whole.detach().double().view(4, lstm.hidden_size)


def _keep_bias(module: nn.Module) -> float:
    """Mean bias of the gate that keeps the state, in a layer or a cell; 0 if it has none."""
    if not isinstance(module, (nn.LSTM, nn.LSTMCell, nn.GRU, nn.GRUCell)) or not module.bias:
        return 0.0
    end = "_l0" if isinstance(module, nn.RNNBase) else ""
    whole = module.get_parameter(f"bias_ih{end}") + module.get_parameter(f"bias_hh{end}")
    width = module.hidden_size
    return whole.detach()[width : 2 * width].mean().item()


def _frozen(modules: list[Any]) -> str | None:
    bias = max(map(_keep_bias, modules))
    if not bias > 10:
        return None
    return (
        f"a forget bias of {bias:.3g} freezes the gate: its slope σ(b)(1 - σ(b)) is below 1e-4, "
        "so it can never learn to forget. A bias near log(T) is enough"
    )


def _judge_forget(lstm: Any, case: Case) -> str | None:
    inputs, width, value = case.args
    if not isinstance(lstm, nn.LSTM):
        return f"this is {type(lstm).__name__}, and the nn.LSTM was needed"
    sizes = lstm.input_size, lstm.hidden_size, lstm.num_layers, lstm.proj_size
    if sizes != (inputs, width, 1, 0) or lstm.bidirectional:
        return "its sizes were changed; return nn.LSTM(inputs, width)"
    if not lstm.bias:
        return "this LSTM has no bias at all"
    if lstm.batch_first:
        return "batch_first was changed; return nn.LSTM(inputs, width)"
    gates = _biases(lstm)
    if not gates.isfinite().all():
        return "a bias is inf or NaN"
    most = 2 / math.sqrt(width) + 1e-4  # of the sum of torch's two random vectors
    touched = [name for name, row in zip("ifgo", gates, strict=True) if (row.abs() > most).any()]
    off = (gates[1] - value).abs().max().item()
    if off < 1e-4:
        others = ", ".join(name for name in touched if name != "f")
        if others:
            return f"the gates {others} were changed too"
        vectors = torch.stack([lstm.get_parameter(f"bias_{end}_l0") for end in ("ih", "hh")])
        if (vectors.view(2, 4, width)[:, [0, 2, 3]] == 0).any():
            return "the other gates lost their random numbers: change the slice of f only"
        return None
    if value > 0 and (gates[1] - 2 * value).abs().max() < 1e-4:
        return f"the forget gate has {2 * value:g}: both vectors are added, and both hold {value:g}"
    if off <= most / 2 + 1e-4:
        return (
            f"the forget gate has {value:g} give or take {off:.2g}: the other bias vector still "
            "holds its random numbers"
        )
    entries = gates.flatten()[50:100]
    if width != 50 and len(entries) and (entries - value).abs().max() <= most / 2 + 1e-4:
        return f"is the slice 50:100 written as fixed numbers? The width is {width} here"
    wrong = [name for name in touched if name != "f"]
    if wrong:
        return f"the bias went to gate {', '.join(wrong)}: torch's order is i, f, g, o"
    return f"the forget gate has {gates[1].mean():.3g} on average, not {value:g}"


def _given(net: nn.Module, x: Tensor) -> Tensor:
    """The sequences x where the net lives, in its number format."""
    return x.to(next(net.parameters(), x))


def _no_net(net: Any, x: Tensor, outputs: int | None) -> str | None:
    """Why the result is no net for sequences x, or None if it is one."""
    if not isinstance(net, nn.Module):
        return f"this is {type(net).__name__}, and a network (nn.Module) was needed"
    with torch.no_grad():
        answer = net(_given(net, x))
    if not isinstance(answer, Tensor):
        return f"the net gives a {type(answer).__name__}, and one tensor was needed"
    shape, first = tuple(answer.shape), (len(x),)
    if shape[:1] != first or (outputs and shape != (len(x), outputs)):
        needed = f"({len(x)}, {outputs})" if outputs else f"({len(x)}, …)"
        return f"for {len(x)} sequences its answer has shape {shape}, and {needed} was needed"
    return None


def _reach(net: nn.Module, x: Tensor) -> tuple[float, float]:
    """‖∂(sum of outputs)/∂x‖ at the first and last time step of x: (sequences, time, features)."""
    given = _given(net, x).clone().requires_grad_()
    with torch.enable_grad():
        total = net(given).sum()
    if not total.requires_grad:
        return 0.0, 0.0
    (slope,) = torch.autograd.grad(total, given, allow_unused=True)
    if slope is None:
        return 0.0, 0.0
    return slope[:, 0].double().norm().item(), slope[:, -1].double().norm().item()


def _half_random(lstm: nn.LSTM) -> str | None:
    n = lstm.hidden_size
    parts = [lstm.get_parameter(f"bias_{end}_l0")[n : 2 * n] for end in ("ih", "hh")]
    whole = parts[0] + parts[1]
    if (whole - whole[0]).abs().max() < 1e-4 or any((part == 0).all() for part in parts):
        return None
    return "it recalls, but the other bias vector still adds its random numbers to the forget gate"


def _judge_repair(net: Any, case: Case) -> str | None:
    x = torch.rand(8, 100, 2, generator=generator(0))
    if problem := _no_net(net, x, 1):
        return problem
    lstms = [module for module in net.modules() if isinstance(module, nn.LSTM)]
    if not lstms:
        return "the nn.LSTM is gone; keep it and mend the mistakes"
    other = torch.cat([1 - x[:-1], x[-1:]])
    with torch.no_grad():
        if (net(_given(net, x))[-1] - net(_given(net, other))[-1]).abs().max() > 1e-6:
            return (
                "the answer for one sequence changes when the others do. Without "
                "batch_first=True nn.LSTM takes the batch for time"
            )
    if problem := _frozen(lstms):
        return problem
    first, last = _reach(net, x)
    if not math.isfinite(first) or not last > 0:
        return "its gradient is not finite, or the last step has none; is the last state read?"
    if not lstms[0].bias:
        return "this LSTM has no bias at all"
    if 0.01 <= first / last <= 100:
        return _half_random(lstms[0])
    i, f, g, o = _biases(lstms[0]).mean(dim=1).tolist()
    if f < 0.5 < max(i, g, o):
        return "the bias went to another gate than the forget gate; torch's order is i, f, g, o"
    told = f"the first input counts {first / last:.3g} times as much as the last"
    if first > last:
        return f"{told}: it explodes; a bias of {f:.1f} is more than this memory needs"
    kept = 1 / (1 + math.exp(-f))
    return f"{told}: it forgets. A forget bias of {f:.1f} keeps σ(b)^100 = {kept**100:.1g}"


def _is_linear(net: nn.Module, x: Tensor) -> bool:
    a, b = _given(net, x[:2]), _given(net, x[2:4])
    with torch.no_grad():
        start = net(0 * a)
        bend = net(a + b) - net(a) - net(b) + start
        return bool(bend.abs().max() < 1e-5 * (net(a + b) - start).abs().max())


def _judge_recall(net: Any, case: Case) -> str | None:
    (seed,) = case.args
    x = torch.randn(8, 200, 1, generator=generator(seed))
    if problem := _no_net(net, x, None):
        return problem
    kinds = (nn.RNNBase, nn.RNNCellBase)
    found = [module for module in net.modules() if isinstance(module, kinds)]
    if not found:
        return "no nn.RNN, nn.LSTM or nn.GRU is in it; this one is about recurrent nets"
    if problem := _frozen(found):
        return problem
    first, last = _reach(net, x)
    if not math.isfinite(first) or not math.isfinite(last) or not last > 0:
        return "its gradient is not finite, or the last step has none"
    if 0.01 <= first / last <= 100:
        return "this net is linear: keep an activation" if _is_linear(net, x) else None
    told = f"the first input counts {first / last:.3g} times as much as the last"
    if first > last:
        return f"{told}: exploding. Which dial multiplies at every step? Turn it down"
    if isinstance(found[0], (nn.LSTM, nn.LSTMCell, nn.GRU, nn.GRUCell)):
        return f"{told}. A gate that keeps a share σ(b) a step keeps σ(b)^200 in the end"
    return f"{told}. Without gates the matrix must hold the signal, and the input must not bend it"


BPTT = '''
def rnn_gradient(W, h, delta):
    """∂L/∂W of a tanh RNN, h_t = tanh(W h_{t-1} + U x_t + b), for one sequence.

    W: (n, n). h: the states h_0, h_1, …, h_T, (T + 1, n). delta: ∂L/∂h_T, (n,).
    """
    return ...
'''
LOOP = """
def rnn_gradient(W, h, delta):
    gradient = np.zeros_like(W)
    for t in range(len(h) - 1, 0, -1):
        before = (1 - h[t] ** 2) * delta
        gradient = gradient + np.outer(before, h[t - 1])
        delta = W.T @ before
    return gradient
"""
FORGET = '''
def lstm_that_remembers(inputs, width, value):
    """An nn.LSTM whose forget gate starts with a bias of exactly `value` in all.

    Everything else stays as torch draws it. Weights are set inside `with torch.no_grad():`.
    """
    lstm = nn.LSTM(inputs, width)
    return ...
'''
BROKEN = '''
def mended_net(width):
    """An LSTM that reads (sequences, 100, 2) and answers once: (sequences, 1)."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(2, width)
            with torch.no_grad():  # remember
                self.rnn.bias_ih_l0[:width] = 1.0
            self.readout = nn.Linear(width, 1)

        def forward(self, x):
            states, _ = self.rnn(x)
            return self.readout(states[:, -1])

    return ...
'''
RECALL = '''
def net_that_recalls(seed):
    """A recurrent net for sequences (sequences, 200, 1) of standard normal numbers.

    ‖∂output/∂x_1‖ must be between 1/100 and 100 times ‖∂output/∂x_200‖, for every seed.
    """
    return ...
'''


def _forget(body: str) -> str:
    lines = f"    with torch.no_grad():\n{body}    return lstm\n"
    return FORGET.replace("    return ...\n", lines)


def _mended(rnn: str = "nn.LSTM(2, width, batch_first=True)", gate: str = "width:2 * width",
            bias: str = "math.log(100)", other: bool = True) -> str:  # fmt: skip
    zero = f"\n                self.rnn.bias_hh_l0[{gate}] = 0.0" if other else ""
    return (
        BROKEN.replace("nn.LSTM(2, width)", rnn)
        .replace("[:width] = 1.0", f"[{gate}] = {bias}{zero}")
        .replace("return ...", "return Net()")
    )


def _recall(dials: str) -> str:
    net = f"gr.RecurrentNet(1, {dials}, generator=gr.generator(seed))"
    return f"def net_that_recalls(seed):\n    return {net}\n"


SEEDS = tuple(Case((seed,)) for seed in range(5))
EXERCISES = (
    Exercise(
        id="03-bptt",
        title="Backpropagation through time",
        points=3,
        minutes=10,
        difficulty=2,
        answer="rnn_gradient",
        starter=BPTT,
        reference=LOOP,
        hints=(
            "Start at t = T with delta = ∂L/∂h_T. First go back through tanh: tanh′(z_t) is "
            "1 - h_t².",
            "∂L/∂W gets the outer product of ∂L/∂z_t and h_{t-1} at every step; add them up. "
            "Then go back through the matrix: W.T @ ….",
            "for t in range(T, 0, -1): before = (1 - h[t]**2) * delta; "
            "gradient += np.outer(before, h[t - 1]); delta = W.T @ before",
        ),
        wrong=(
            Wrong(
                "last step only",
                "def rnn_gradient(W, h, delta):\n"
                "    return np.outer((1 - h[-1] ** 2) * delta, h[-2])",
                "That is the last step's share. W is used at every step: add them all.",
            ),
            Wrong(
                "matrix not transposed",
                LOOP.replace("W.T", "W"),
                "The way back goes through the transposed matrix, W.T.",
            ),
            Wrong(
                "slope left out",
                LOOP.replace("(1 - h[t] ** 2) * delta", "delta"),
                "The slope of tanh is missing: each step back multiplies by 1 - h_t² as well.",
            ),
            Wrong(
                "slope of the wrong state",
                LOOP.replace("(1 - h[t] ** 2)", "(1 - h[t - 1] ** 2)"),
                "You took the slope at h_{t-1}. Step t's tanh gave h_t.",
            ),
            Wrong(
                "outer product turned",
                LOOP.replace("np.outer(before, h[t - 1])", "np.outer(h[t - 1], before)"),
                "Row i of W belongs to z_i, so ∂L/∂z comes first in the outer product.",
            ),
            Wrong(
                "state after the step",
                LOOP.replace("np.outer(before, h[t - 1])", "np.outer(before, h[t])"),
                "W multiplies the state before the step, h_{t-1}; you used h_t.",
            ),
            Wrong(
                "the notebook's product",
                LOOP.replace("np.outer(before, h[t - 1])", "before.T @ h[t - 1]"),
                "Every step adds the same to all entries: in 1-D `@` gives one number; use "
                "np.outer.",
            ),
            Wrong(
                "not added up",
                LOOP.replace("gradient + np.outer", "np.outer"),
                "Only one step's term: each step overwrites the one before. Use += to add.",
            ),
        ),
        cases=(
            _sequence(generator(0), width=2, steps=1),
            Case((*_sequence(generator(1), width=2, steps=2).args,), hint=1),
            Case((*_sequence(generator(2), width=3, steps=6).args,), hint=2),
        ),
        fresh=_fresh_sequence,
    ),
    Exercise(
        id="03-memory",
        title="Which memory for which spectral radius",
        points=2,
        minutes=6,
        difficulty=1,
        answer="memory",
        starter="""
# Linear nets, W = ρ times an orthogonal matrix.
# First: with ρ = 0.6, after how many steps back is a millionth of the error signal left?
# Second: which ρ keeps one tenth over 100 steps?
# The answer is a list of the two numbers, [steps, radius]; 1 step and 0.001 off are still right.
memory = ...
""",
        reference="""
memory = [math.log(1e-6) / math.log(0.6), 0.1 ** (1 / 100)]
""",
        hints=(
            "Every step back multiplies the error signal by ρ.",
            "ρ to the power k is what is left after k steps. Solve 0.6^k = 1e-6 for k.",
            "k = log(1e-6) / log(0.6). The other way round: ρ is the 100th root of 0.1.",
        ),
        wrong=(
            Wrong(
                "two logarithms",
                "memory = [math.log10(1e-6) / math.log(0.6), 0.1 ** 0.01]",
                "mixes two logarithms",
            ),
            Wrong(
                "sign lost",
                "memory = [math.log(1e6) / math.log(0.6), 0.1 ** 0.01]",
                "the number of steps is negative",
            ),
            Wrong("subtracted", "memory = [(1 - 1e-6) / 0.4, 0.991]", "40 % of what is left"),
            Wrong(
                "root as a division",
                "memory = [math.log(1e-6) / math.log(0.6), 1 - 0.1 / 100]",
                "loses 0.1 % a step",
            ),
            Wrong(
                "swapped",
                "memory = [0.1 ** (1 / 100), math.log(1e-6) / math.log(0.6)]",
                "are the two swapped?",
            ),
            Wrong(
                "loss shared out",
                "memory = [math.log(1e-6) / math.log(0.6), 1 - 0.9 / 100]",
                "but steps multiply",
            ),
        ),
        judge=_judge_memory,
    ),
    Exercise(
        id="03-forget",
        title="Set the forget bias right",
        points=3,
        minutes=8,
        difficulty=2,
        answer="lstm_that_remembers",
        starter=FORGET,
        reference=_forget(
            "        lstm.bias_ih_l0[width:2 * width] = value\n"
            "        lstm.bias_hh_l0[width:2 * width] = 0.0\n"
        ),
        hints=(
            "torch keeps the gates in the order i, f, g, o. Which entries of the 4·width belong "
            "to f?",
            "The gate sees bias_ih_l0 + bias_hh_l0. Both start at random numbers.",
            "Inside `with torch.no_grad():` set [width:2 * width] of one vector to value and of "
            "the other to 0. Then return lstm.",
        ),
        wrong=(
            Wrong(
                "both vectors",
                _forget(
                    "        lstm.bias_ih_l0[width:2 * width] = value\n"
                    "        lstm.bias_hh_l0[width:2 * width] = value\n"
                ),
                "both vectors are added",
            ),
            Wrong(
                "one vector only",
                _forget("        lstm.bias_ih_l0[width:2 * width] = value\n"),
                "still holds its random numbers",
            ),
            Wrong(
                "first quarter",
                _forget(
                    "        lstm.bias_ih_l0[:width] = value\n"
                    "        lstm.bias_hh_l0[:width] = 0.0\n"
                ),
                "the bias went to gate i",
            ),
            Wrong(
                "third quarter",
                _forget(
                    "        lstm.bias_ih_l0[2 * width:3 * width] = value\n"
                    "        lstm.bias_hh_l0[2 * width:3 * width] = 0.0\n"
                ),
                "the bias went to gate g",
            ),
            Wrong(
                "last quarter",
                _forget(
                    "        lstm.bias_ih_l0[-width:] = value\n"
                    "        lstm.bias_hh_l0[-width:] = 0.0\n"
                ),
                "the bias went to gate o",
            ),
            Wrong(
                "all gates",
                _forget(
                    "        lstm.bias_ih_l0.fill_(value)\n        lstm.bias_hh_l0.fill_(0.0)\n"
                ),
                "the gates i, g, o were changed too",
            ),
            Wrong(
                "all set to zero first",
                _forget(
                    "        lstm.bias_ih_l0.zero_()\n        lstm.bias_hh_l0.zero_()\n"
                    "        lstm.bias_ih_l0[width:2 * width] = value\n"
                ),
                "the other gates lost their random numbers",
            ),
            Wrong(
                "fixed numbers",
                _forget(
                    "        lstm.bias_ih_l0[50:100] = value\n"
                    "        lstm.bias_hh_l0[50:100] = 0.0\n"
                ),
                "50:100 written as fixed numbers",
            ),
            Wrong(
                "another order",
                _forget(
                    "        lstm.batch_first = True\n"
                    "        lstm.bias_ih_l0[width:2 * width] = value\n"
                    "        lstm.bias_hh_l0[width:2 * width] = 0.0\n"
                ),
                "batch_first was changed",
            ),
        ),
        cases=(Case((10, 50, 1.0)), Case((3, 20, 4.0)), Case((1, 8, 2.5))),
        fresh=_fresh_lstm,
        judge=_judge_forget,
    ),
    Exercise(
        id="03-repair",
        title="Repair an LSTM that does not learn",
        points=3,
        minutes=10,
        difficulty=2,
        answer="mended_net",
        starter=BROKEN,
        reference=_mended(),
        hints=(
            "First replace ... by Net() and run the check. In which order does nn.LSTM expect "
            "sequences, time and features?",
            "nn.LSTM(…, batch_first=True). Then look at the slice: whose bias is it, in torch's "
            "order i, f, g, o?",
            "σ(1)^100 is 2.5e-14. A memory of T steps needs a forget bias of about log(T).",
            "bias_ih_l0 and bias_hh_l0 are added, and torch draws both. Set 0 in the other one.",
        ),
        wrong=(
            Wrong("unchanged", _mended("nn.LSTM(2, width)", ":width", "1.0"), "batch for time"),
            Wrong("slice kept", _mended(gate=":width", bias="1.0"), "another gate than the forget"),
            Wrong("number kept", _mended(bias="1.0"), "it forgets. A forget bias of"),
            Wrong("other vector left", _mended(other=False), "still adds its random numbers"),
            Wrong("gate frozen", _mended(bias="20.0"), "freezes the gate"),
            Wrong(
                "another cell",
                _mended("nn.RNN(2, width, batch_first=True)", gate=":width", bias="1.0"),
                "the nn.LSTM is gone",
            ),
        ),
        cases=(Case((32,)), Case((50,))),
        fresh=_fresh_width,
        judge=_judge_repair,
        seconds=10,
    ),
    Exercise(
        id="03-recall",
        title="Open: a net that recalls 200 steps",
        points=4,
        minutes=12,
        difficulty=3,
        answer="net_that_recalls",
        starter=RECALL,
        reference=_recall('out_features=1, cell="gru", scale=0.3, forget_bias=6.0'),
        hints=(
            "Start from gr.RecurrentNet(1, cell=…, scale=…, init=…, forget_bias=…, "
            "generator=gr.generator(seed)). What does a step back multiply by in each cell?",
            "A gate keeps σ(b) of the state. Which b keeps σ(b)^200 near 1?",
            'cell="lstm" or "gru" with a forget bias above log(200) = 5.3, and a small recurrent '
            "scale, so that nothing multiplies beside the cell.",
        ),
        wrong=(
            Wrong("torch's default RNN", _recall('init="torch"'), "Without gates the matrix"),
            Wrong("torch's default LSTM", _recall('cell="lstm", init="torch"'), "keeps σ(b)^200"),
            Wrong(
                "too much of everything",
                _recall('cell="lstm", scale=4.0, forget_bias=6.0'),
                "exploding. Which dial",
            ),
            Wrong(
                "gate frozen",
                _recall('cell="lstm", scale=0.3, forget_bias=30.0'),
                "freezes the gate",
            ),
            Wrong(
                "no recurrence",
                "def net_that_recalls(seed):\n"
                "    return nn.Sequential(nn.Flatten(), nn.Linear(200, 10), nn.Tanh())",
                "no nn.RNN, nn.LSTM or nn.GRU",
            ),
        ),
        cases=SEEDS,
        fresh=_fresh_seed,
        judge=_judge_recall,
        seconds=10,
    ),
)
