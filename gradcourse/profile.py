"""What a measurement of one training step found, layer by layer."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

Norms = NDArray[np.float64]
QUANTITIES = ("activation", "error", "weight_gradient", "weight", "update", "dead", "saturated")


@dataclass(frozen=True)
class Profile:
    """Norms in one training step, one entry a layer in the order in which the layers ran.

    A norm is the root of the sum of squares over the whole tensor, batch included, taken in
    float64. It is inf where an entry was inf or NaN. It is NaN where there was nothing to
    measure: a frozen layer has no weight gradient, one that backward did not reach no error.

    Attributes:
        layers: names; a layer that ran more than once appears as `name`, `name#2`, …
        activation: ‖h‖ of each layer's output.
        error: ‖∂L/∂h‖, the error signal: what explodes or vanishes.
        weight_gradient: ‖∂L/∂W‖ as backward left it, before any clipping.
        weight: ‖W‖ before the optimizer's step; NaN without `watch(…, optimizer=…)`.
        update: ‖ΔW‖ of that step; NaN likewise.
        size: number of entries of h.
        dtype: number format of h, such as "float32".
        dead: share of the units of h that are 0 on every example where the next layer reads
            them, as behind ReLU; NaN without `watch(…, units=True)`.
        saturated: share of the entries of h, read there, at the flat ends of tanh (|h| > 0.97)
            or sigmoid (h < 0.03 or > 0.97); NaN likewise, 0 where h is not so bounded.
        cut: layers whose output could have had an error signal and got none.
        clean_input: False if the model was given inf or NaN.
    """

    layers: tuple[str, ...]
    activation: Norms
    error: Norms
    weight_gradient: Norms
    weight: Norms
    update: Norms
    size: NDArray[np.int64]
    dtype: tuple[str, ...]
    dead: Norms
    saturated: Norms
    cut: tuple[str, ...] = ()
    clean_input: bool = True

    @property
    def depth(self) -> int:
        """Number of layers before the last, which is the readout."""
        return max(len(self.layers) - 1, 1)

    @property
    def hidden(self) -> NDArray[np.int64]:
        """Indices of the layers before the readout that have an error signal."""
        return np.flatnonzero(~np.isnan(self.error[: self.depth]))

    @property
    def ratio(self) -> float:
        """‖∂L/∂h‖ of the first layer over that of the last before the readout."""
        if not self.hidden.size:
            return math.nan
        with np.errstate(all="ignore"):
            return float(self.error[self.hidden[0]] / self.error[self.hidden[-1]])

    @property
    def growth(self) -> float:
        """Growth of the error signal per layer on its way back: the geometric mean.

        Layers where it had fallen to exactly 0 do not count; NaN if fewer than two are left.
        """
        reached = self.hidden[self.error[self.hidden] > 0]
        if reached.size < min(2, max(self.hidden.size, 1)):
            return math.nan
        first, last = reached[[0, -1]].tolist()
        with np.errstate(all="ignore"):
            return float((self.error[first] / self.error[last]) ** (1 / max(last - first, 1)))

    @property
    def rms(self) -> Norms:
        """Root mean square of the entries of each layer's output."""
        return self.activation / np.sqrt(self.size)

    @property
    def first_non_finite(self) -> tuple[str, int] | None:
        """Where numbers first stopped being finite: the pass and the layer's index, or None.

        The forward pass is searched from the first layer on, the backward pass from the last.
        """
        forward = np.isinf(self.activation)
        backward = np.isinf(self.error) | np.isinf(self.weight_gradient)
        if forward.any():
            return "forward", int(forward.argmax())
        return ("backward", int(backward.nonzero()[0][-1])) if backward.any() else None

    def __repr__(self) -> str:
        if np.isnan(self.error).all():
            return f"Profile({len(self.layers)} layers, no error signal: backward() did not run)"
        if self.first_non_finite is not None:
            way, index = self.first_non_finite
            place = f"{way} pass not finite at {self.layers[index]}"
            return f"Profile({self.depth} layers and a readout, {place})"
        growth = "" if math.isnan(self.growth) else f", ×{self.growth:.3g} per layer"
        told = f"error signal first/last {self.ratio:.3g}{growth}"
        return f"Profile({self.depth} layers and a readout, {told})"


def tabulate(
    rows: Mapping[str, tuple[torch.dtype, int]],
    norms: Iterable[tuple[tuple[str, str, int], float]],
    expecting: Collection[str],
) -> Profile:
    """The `Profile` of a step from its norms, each with what it is of, its row, and an index.

    Norms of one quantity and row are those of parts, and are combined. `rows` gives the format
    and size of each row's output, `expecting` the rows that could have an error signal, in the
    order of the forward pass: checkpointed layers enter `rows` in that of the backward pass.
    """
    place, places = -1, {row: i for i, row in enumerate(expecting)}
    keys = {row: (place := places.get(row, place)) for row in rows}
    rows = {row: rows[row] for row in sorted(rows, key=keys.__getitem__)}
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (what, row, _), value in norms:
        value = math.inf if math.isnan(value) else value  # NaN means "not measured"
        column = found[what]
        column[row] = math.hypot(column[row], value) if row in column else value
    columns = {
        what: np.array([found[what].get(row, math.nan) for row in rows]) for what in QUANTITIES
    }
    return Profile(
        tuple(rows),
        **columns,
        size=np.array([size for _, size in rows.values()]),
        dtype=tuple(str(dtype).removeprefix("torch.") for dtype, _ in rows.values()),
        cut=tuple(row for row in expecting if row not in found["error"]),
        clean_input=all(map(math.isfinite, found["input"].values())),
    )
