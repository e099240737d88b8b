"""What `watch` costs on a training step, and a gradient log by hand."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from gradcourse import DeepNet, generator, watch
from gradcourse.layers import find_layers
from tests.bench.timing import Row, interleaved, interleaved_in, ms, times

BLOCK = 10  # training steps timed together, as they come in a loop


Steps = Callable[[int], None]  # takes so many


def training(net: nn.Module, x: Tensor, y: Tensor, optimizer: Optimizer) -> Steps:
    """A function that takes ordinary training steps."""

    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            out = net(x)
            F.cross_entropy(out.mean(1) if out.ndim == 3 else out, y).backward()
            optimizer.step()

    return steps


@contextmanager
def under(context: AbstractContextManager[object], steps: Steps) -> Iterator[Callable[[], None]]:
    """A function that takes `BLOCK` steps in a context, after a first one there."""
    with context:
        steps(1)
        yield lambda: steps(BLOCK)


@contextmanager
def hooks(net: DeepNet) -> Iterator[None]:
    """A hook that does nothing on each layer, its output and its weight."""

    def idle(*_: Any) -> None: ...

    def on_forward(layer: nn.Module, args: Any, output: Tensor) -> None:
        output.register_hook(idle)

    with ExitStack() as undo:
        for name, layer in find_layers(net):
            undo.callback(layer.register_forward_hook(on_forward).remove)
            weight = net.get_parameter(f"{name}.weight")
            undo.callback(weight.register_post_accumulate_grad_hook(idle).remove)
        yield


def by_hand(net: DeepNet, x: Tensor, y: Tensor, optimizer: Optimizer) -> Steps:
    """The same norms with `retain_grad`, as a notebook's author would take them."""

    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            hidden = [x]
            for layer in [*net.layers, net.readout]:
                hidden.append(layer(hidden[-1]))
                hidden[-1].retain_grad()
            F.cross_entropy(hidden[-1], y).backward()
            for h, layer in zip(hidden[1:], [*net.layers, net.readout], strict=True):
                [t.double().norm().item() for t in (h, h.grad, layer.weight.grad) if t is not None]
            optimizer.step()

    return steps


def step_row(what: str, found: float, bare: float, instead: str = "") -> Row:
    """Of seconds that `BLOCK` steps took, with something around them and without."""
    more, share = f"{found / bare - 1:+.1%}", f"{bare / found:.0%}"
    return Row(what, ms(found / BLOCK), instead, more, ms(bare / BLOCK), share)


def watched_row(what: str, net: nn.Module, steps: Steps) -> Row:
    bare, seen = interleaved_in(
        lambda: under(nullcontext(), steps), lambda: under(watch(net), steps), rounds=7
    )
    return step_row(what, seen, bare)


def watch_rows() -> Iterator[Row]:
    net = DeepNet(50, width=256, init="he", generator=generator(0))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    x, y = torch.randn(1024, 64, generator=generator(1)), torch.arange(1024) % 10
    steps = training(net, x[:256], y[:256], optimizer)
    bare, seen, tenth, updates, idle, hand = interleaved_in(
        lambda: under(nullcontext(), steps),
        lambda: under(watch(net), steps),
        lambda: under(watch(net, every=10), steps),
        lambda: under(watch(net, optimizer=optimizer), steps),
        lambda: under(hooks(net), steps),
        lambda: under(nullcontext(), by_hand(net, x[:256], y[:256], optimizer)),
        rounds=15,
    )
    theirs = f"retain_grad, norms: {hand / bare - 1:+.1%}"
    yield step_row("a step under watch, 50 × 256, batch 256", seen, bare, theirs)
    yield step_row("the same with one step in ten recorded: every=10", tenth, bare)
    yield step_row("the same with updates: watch(optimizer=)", updates, bare)
    yield step_row("the same step with hooks that do nothing", idle, bare)
    (once,) = interleaved(lambda: watch(net).__enter__().__exit__(), rounds=15)
    yield Row("to begin and to end such a watch", ms(once))
    steps = training(net, x, y, optimizer)
    yield watched_row("a step under watch, 50 × 256, batch 1,024", net, steps)


def transformer_row() -> Row:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        block = nn.TransformerEncoderLayer(256, 4, 1024, dropout=0.0, batch_first=True)
        net = nn.TransformerEncoder(block, 6)
    x, y = torch.randn(16, 32, 256, generator=generator(1)), torch.arange(16) % 10
    steps = training(net, x, y, torch.optim.SGD(net.parameters(), lr=1e-3))
    what = "a step under watch, TransformerEncoder 6 × 256, 512 tokens"
    return watched_row(what, net, steps)


def logger_row() -> Row:
    """The logger that source C proposes: the gradient of all data, again after each batch."""
    net = DeepNet(10, in_features=100, width=100, activation="sigmoid", generator=generator(0))
    x, y = torch.randn(1000, 100, generator=generator(1)), torch.arange(1000) % 10
    steps = training(net, x[:32], y[:32], torch.optim.SGD(net.parameters(), lr=1e-3))

    def logged(count: int) -> None:
        steps(count)
        for _ in range(count):
            gradients = torch.autograd.grad(F.cross_entropy(net(x), y), list(net.parameters()))
            [gradient.norm().item() for gradient in gradients]

    bare, seen, both = interleaved_in(
        lambda: under(nullcontext(), steps),
        lambda: under(watch(net), steps),
        lambda: under(nullcontext(), logged),
        rounds=21,
    )
    ours, theirs = (seen - bare) / BLOCK, (both - bare) / BLOCK
    what = "cost of a gradient log, 10 × 100, batch 32 of 1,000"
    return Row(what, ms(ours), f"recomputed {ms(theirs)}", times(theirs / ours))
