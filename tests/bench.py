"""The course's speed as ratios measured in one run: `python -m tests.bench`.

Absolute times differ from machine to machine and from minute to minute; a ratio of two
interleaved measurements on one thread is what can be compared.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradcourse import DeepNet, generator, growth_map, watch
from tests.browser.lab import find_chromium
from tests.browser.latency import measure_latency

Row = tuple[str, str, str, str]  # what, ours, the alternative, ratio
LESSON = Path(__file__).parent.parent / "lessons" / "02_deep_nets.ipynb"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def interleaved(*functions: Callable[[], object], rounds: int) -> list[float]:
    """Median seconds of each function, the rounds of all of them interleaved."""
    for function in functions:
        function()
    runs = [[seconds(function) for function in functions] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def ms(value: float) -> str:
    return f"{1000 * value:,.1f} ms"


def one_by_one(depths: int, scales: Tensor, x: Tensor, y: Tensor) -> None:
    """The plane as a notebook's author would measure it: a net and a backward pass a point."""
    for depth in range(1, depths + 1):
        for scale in scales.tolist():
            net = DeepNet(depth, activation="tanh", scale=scale, generator=generator(0))
            hidden = [net.layers[0](x)]
            for layer in list(net.layers)[1:]:
                hidden.append(layer(hidden[-1]))
            hidden[0].retain_grad()
            hidden[-1].retain_grad()
            F.cross_entropy(net.readout(hidden[-1]), y).backward()
            first, last = hidden[0].grad, hidden[-1].grad
            assert first is not None
            assert last is not None
            (first.norm() / last.norm()).item()


def growth_rows() -> Iterator[Row]:
    net = DeepNet(32, activation="tanh", generator=generator(0))
    scales = torch.linspace(0.3, 4.0, 32)
    x, y = torch.randn(256, 64, generator=generator(1)), torch.arange(256) % 10
    slow = seconds(lambda: one_by_one(32, scales, x, y))
    small, large = interleaved(
        lambda: growth_map(net, x[:16], scales), lambda: growth_map(net, x, scales), rounds=9
    )
    plane = "growth map 32 × 32, tanh, width 128"
    yield (
        f"{plane}, batch 16",
        ms(small),
        f"1,024 nets, batch 256: {ms(slow)}",
        f"{slow / small:.0f} ×",
    )
    yield f"{plane}, batch 256", ms(large), "the same", f"{slow / large:.0f} ×"


BLOCK = 5  # training steps timed together, as they come in a loop


def training(net: nn.Module, x: Tensor, y: Tensor) -> Callable[[], None]:
    """A function that takes `BLOCK` ordinary training steps."""
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)

    def steps() -> None:
        for _ in range(BLOCK):
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()

    return steps


def watched(net: nn.Module, steps: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with watch(net):
            steps()

    return run


def watch_row() -> Row:
    net = DeepNet(50, width=256, init="he", generator=generator(0))
    x, y = torch.randn(256, 64, generator=generator(1)), torch.arange(256) % 10
    steps = training(net, x, y)
    bare, seen = interleaved(steps, watched(net, steps), rounds=21)
    what = "watch a training step, 50 × 256, batch 256"
    return what, ms(seen / BLOCK), f"bare {ms(bare / BLOCK)}", f"+{seen / bare - 1:.1%}"


def logger_row() -> Row:
    """The logger that source C proposes: the gradient of all data, again after each batch."""
    net = DeepNet(10, in_features=100, width=100, activation="sigmoid", generator=generator(0))
    x, y = torch.randn(1000, 100, generator=generator(1)), torch.arange(1000) % 10
    steps = training(net, x[:32], y[:32])

    def logged() -> None:
        steps()
        for _ in range(BLOCK):
            gradients = torch.autograd.grad(F.cross_entropy(net(x), y), list(net.parameters()))
            [gradient.norm().item() for gradient in gradients]

    bare, seen, both = interleaved(steps, watched(net, steps), logged, rounds=41)
    ours, theirs = (seen - bare) / BLOCK, (both - bare) / BLOCK
    what = "cost of a gradient log, 10 × 100, batch 32 of 1,000"
    return what, ms(ours), f"recomputed {ms(theirs)}", f"{theirs / ours:.0f} ×"


def import_row() -> Row:
    clock = "time.perf_counter()"
    code = f"import time, torch; t = {clock}; import gradcourse; print({clock} - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    return "import gradcourse, beyond torch", ms(statistics.median(runs)), "", ""


def lesson_row() -> Row:
    from tests.refresh_lessons import execute

    return "lesson 02 re-executed", ms(seconds(lambda: execute(LESSON))), "", ""


def browser_rows() -> Iterator[Row]:
    """A slider in a real JupyterLab, against `interact` with the same figure."""
    found = measure_latency()
    ours, theirs = found["ours key press (ms)"], found["interact key press (ms)"]
    what = "key press → new picture, 50-layer net, median of 25"
    yield what, f"{ours:.0f} ms", f"interact, pyplot {theirs:.0f} ms", f"{theirs / ours:.1f} ×"
    ours, theirs = found["ours drag settles (ms)"], found["interact drag settles (ms)"]
    what = "drag of 3 s: from release to the last picture"
    yield what, f"{ours:.0f} ms", f"interact, pyplot {theirs:.0f} ms", f"{theirs / ours:.1f} ×"
    blank, others = found["ours blank frames"], found["interact blank frames"]
    yield "blank frames in that drag", f"{blank:.0f}", f"interact, pyplot {others:.0f}", ""


def rows() -> Iterator[Row]:
    yield from growth_rows()
    yield watch_row()
    yield logger_row()
    yield import_row()
    yield lesson_row()
    if find_chromium() is None:
        print("no Chromium: the browser rows are left out", flush=True)
    else:
        yield from browser_rows()


def main() -> None:
    torch.set_num_threads(1)
    print(f"{'what':54}{'ours':>12}  {'instead':36}{'ratio':>8}")
    for what, ours, other, ratio in rows():
        print(f"{what:54}{ours:>12}  {other:36}{ratio:>8}", flush=True)


if __name__ == "__main__":
    main()
