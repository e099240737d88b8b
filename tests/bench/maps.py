"""The growth map: its floor, its exponents, and the ways a notebook's author would take."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch
from torch import Tensor
from torch.nn import functional as F

from gradcourse import DeepNet, generator, growth_map, growth_per_layer
from gradcourse.growth import unit_scales
from gradcourse.nets import Layer
from tests.bench.timing import Row, exponent, interleaved, ms, seconds, times

PART = 16  # of the scales, one in so many is run where all would take minutes


class Plane:
    """A growth map of tanh nets over depth × scale, and other ways to the same numbers."""

    def __init__(self, depth: int = 100, scales: int = 64, batch: int = 16, width: int = 128):
        self.net = DeepNet(depth, width=width, activation="tanh", generator=generator(0))
        self.scales = torch.linspace(0.3, 4.0, scales)
        self.x = torch.randn(batch, 64, generator=generator(1))
        self.y = torch.arange(batch) % 10
        layers = [layer for layer in self.net.layers if isinstance(layer, Layer)]
        self.first, self.draws = layers[0].draw, [layer.draw for layer in layers[1:]]

    def ours(self) -> None:
        growth_map(self.net, self.x, self.scales)

    def theory(self) -> None:
        growth = growth_per_layer("tanh", self.scales).log10()
        torch.outer(torch.arange(self.net.depth).double(), growth)

    def products(self) -> Callable[[], None]:
        """The map's matrix products alone, of signals and tangents, in its own shapes."""
        width = len(self.first)
        rows = 2 * len(self.x) * len(self.scales)
        together = min(rows, 2 * len(self.x) * unit_scales(self.x, width))
        now, new = torch.randn(2, together, width).unbind()

        def run() -> None:
            for _ in range(rows // together):
                for draw in self.draws:
                    torch.mm(now, draw.T, out=new)

        return run

    def nets(self) -> None:
        """A net and a backward pass for each point of the plane, for one scale in `PART`."""
        for scale in self.scales[::PART].tolist():
            for depth in range(1, self.net.depth + 1):
                net = DeepNet(depth, activation="tanh", scale=scale, generator=generator(0))
                self._reverse(net)

    def reverse(self) -> None:
        """A backward pass for each scale, which passes all depths."""
        for scale in self.scales.tolist():
            self._reverse(self.net.at(scale=scale))

    def _reverse(self, net: DeepNet) -> list[float]:
        hidden = [net.layers[0](self.x)]
        for layer in list(net.layers)[1:]:
            hidden.append(layer(hidden[-1]))
        loss = F.cross_entropy(net.readout(hidden[-1]), self.y)
        return [delta.norm().item() for delta in torch.autograd.grad(loss, hidden)]

    def vmap_grad(self) -> None:
        """`torch.func`: the gradient with respect to a bump at each layer, over all scales."""
        readout = self.net.readout.draw
        bumps = [torch.zeros(len(self.x), len(self.first)) for _ in range(self.net.depth)]

        def loss(bumps: list[Tensor], scale: Tensor) -> Tensor:
            h = self.x
            for draw, bump in zip([self.first, *self.draws], bumps, strict=True):
                h = torch.tanh(scale * (h @ draw.T)) + bump
            return F.cross_entropy(h @ readout.T, self.y)

        def column(scale: Tensor) -> Tensor:
            return torch.stack([d.norm() for d in torch.func.grad(loss)(bumps, scale)])

        torch.func.vmap(column)(self.scales)

    def vmap_jvp(self) -> None:
        """`torch.func`: a tangent pushed forward from the first layer, over all scales."""

        def column(scale: Tensor) -> Tensor:
            def hidden(h: Tensor) -> list[Tensor]:
                found = [h]
                for draw in self.draws:
                    found.append(torch.tanh(scale * (found[-1] @ draw.T)))
                return found

            first = torch.tanh(scale * (self.x @ self.first.T))
            _, tangents, *_ = torch.func.jvp(hidden, (first,), (torch.ones_like(first),))
            return torch.stack([t.norm(dim=1) for t in tangents])

        torch.func.vmap(column)(self.scales)


def growth_rows() -> Iterator[Row]:
    plane = Plane()
    slow = PART * seconds(plane.nets, time.process_time)
    products = plane.products()
    ours, floor, reverse, by_grad, by_jvp, theory = interleaved(
        plane.ours, products, plane.reverse, plane.vmap_grad, plane.vmap_jvp, plane.theory, rounds=7
    )
    what, share = "growth map 100 × 64, tanh, width 128, batch 16", f"{floor / ours:.0%}"
    alternatives = {
        f"6,400 nets (1 in {PART} run)": slow, "a backward pass a scale": reverse,
        "torch.func: vmap(grad)": by_grad, "torch.func: vmap(jvp)": by_jvp,
    }  # fmt: skip
    for name, other in alternatives.items():
        yield Row(what, ms(ours), f"{name}: {ms(other)}", times(other / ours), ms(floor), share)
        what = "the same map"
    yield Row("the same map in theory", ms(theory), f"measured: {ms(ours)}", times(ours / theory))
    yield from wide_rows()
    yield from exponent_rows()


def wide_rows() -> Iterator[Row]:
    for plane, what in (
        (Plane(50, 32, 256), "growth map 50 × 32, width 128, batch 256"),
        (Plane(20, 64, 16, 512), "growth map 20 × 64, width 512, batch 16"),
    ):
        ours, floor = interleaved(plane.ours, plane.products(), rounds=7)
        yield Row(what, ms(ours), "", "", ms(floor), f"{floor / ours:.0%}")


SIZES: dict[str, list[dict[str, int]]] = {
    "depth": [{"depth": n} for n in (50, 100, 200)],
    "scales": [{"scales": n} for n in (64, 128, 256)],
    "batch": [{"batch": n} for n in (16, 32, 64)],
    "width": [{"width": n, "depth": 20} for n in (256, 512, 1024)],
}


def exponent_rows() -> Iterator[Row]:
    """Cost as a power of each size; from them, and checked, that of a map of many seeds."""
    powers, base = {}, 0.0
    for name, cases in SIZES.items():
        times = interleaved(*[Plane(**case).ours for case in cases], rounds=5)
        powers[name] = exponent([case[name] for case in cases], times)
        base = base or times[1]  # 100 × 64
        ends = f"{cases[0][name]} → {cases[-1][name]}: {ms(times[0])} → {ms(times[-1])}"
        yield Row(f"cost grows with {name} to the power", f"{powers[name]:.2f}", ends)

    def predicted(depth: int, scales: int, seeds: int) -> float:
        in_scales: float = (scales / 64) ** powers["scales"]
        in_depth: float = (depth / 100) ** powers["depth"]
        return base * seeds * in_depth * in_scales

    large = Plane(150, 192)
    (measured,) = interleaved(large.ours, rounds=5)
    guess, whole = predicted(150, 192, 1), predicted(1000, 1000, 100)
    yield Row(
        "growth map 150 × 192, against the powers' prediction", ms(measured),
        f"predicted {ms(guess)}", f"{guess / measured:.2f} ×",
    )  # fmt: skip
    yield Row("map 1,000 × 1,000 × 100 seeds, predicted", f"{whole / 60:.0f} min", "on one core")


def executor_rows() -> Iterator[Row]:
    plane = Plane(scales=256)  # four units
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:

        def shared() -> None:
            growth_map(plane.net, plane.x, plane.scales, executor=executor)

        shared()  # the processes start
        runs = [(seconds(plane.ours), seconds(shared)) for _ in range(5)]
    alone, both = (statistics.median(column) for column in zip(*runs, strict=True))
    what = "growth map 100 × 256, executor of two processes"
    yield Row(what, ms(both), f"alone {ms(alone)}", times(alone / both))
