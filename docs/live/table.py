"""Columns of measured numbers: a lesson's grid of curves, packed into JSON and read back."""

import base64
import itertools
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
STEP = 0.01  # decades: rounding is at most half of it, a sixteenth of a pixel in the lessons
FLOOR = -300.0  # log10 of what counts as nothing


@dataclass(frozen=True)
class Column:
    """A curve at every point of a grid.

    Attributes:
        axes: name → the grid's values along that axis: numbers that rise, or names of choices.
        values: `(*axes, kept)`, log10 of a size unless said otherwise; multiples of `step`.
        step: to which the values are rounded.
        every: so many points of a curve lie between two that are kept; the last is kept.
        points: of a whole curve.
    """

    axes: Mapping[str, Sequence[Any]]
    values: Values
    step: float
    every: int
    points: int

    def at(self, **dials: Any) -> Values:
        """The curve at the given dials `(points,)`, linear between numbers that are not kept.

        Dials that are no axis do not count; a number beyond the grid stands for its end.
        """
        places = [places_on(axis, dials[name]) for name, axis in self.axes.items()]
        curve = np.zeros(self.values.shape[-1])
        for corner in itertools.product(*places):
            curve += math.prod(w for _, w in corner) * self.values[tuple(i for i, _ in corner)]
        return np.interp(np.arange(self.points), kept(self.points, self.every), curve)


def kept(points: int, every: int) -> NDArray[np.int64]:
    """Indices of the points of a curve that are kept."""
    return np.unique(np.append(np.arange(0, points, every), points - 1))


def places_on(axis: Sequence[Any], value: Any) -> list[tuple[int, float]]:
    """Where a value stands on an axis: indices and their weights, of which the sum is 1.

    Raises:
        ValueError: the axis is one of choices, and has not this one.
    """
    if isinstance(axis[0], str):
        return [(list(axis).index(value), 1.0)]
    after = next((i for i, point in enumerate(axis) if point >= value - 1e-9), len(axis) - 1)
    if after == 0 or abs(axis[after] - value) < 1e-9 or value > axis[after]:
        return [(after, 1.0)]
    weight = (value - axis[after - 1]) / (axis[after] - axis[after - 1])
    return [(after - 1, 1 - weight), (after, weight)]


def column(
    axes: Mapping[str, Sequence[Any]], values: Any, *, step: float = STEP, every: int = 1
) -> Column:
    """A column of rounded numbers from whole curves; what is smaller than `FLOOR` becomes it.

    Raises:
        ValueError: the shapes do not fit, or a number is NaN or too large.
    """
    array = np.maximum(np.asarray(values, dtype=np.float64), FLOOR)
    shape, points = tuple(len(axis) for axis in axes.values()), array.shape[-1]
    if array.shape[:-1] != shape:
        raise ValueError(f"the axes make {shape}, the values are {array.shape}")
    if not (array < 32_000 * step).all():
        raise ValueError("a number is NaN or beyond what 16 bits hold")
    whole = np.round(array[..., kept(points, every)] / step)
    return Column(axes, whole * step, step, every, points)


def pack(found: Column) -> dict[str, Any]:
    """The column as JSON: differences along the curve, low bytes before high bytes, deflated."""
    whole = np.round(found.values / found.step).astype(np.int64)
    rises = np.diff(whole, axis=-1, prepend=0).astype("<i2")
    split = rises.reshape(-1, 1).view(np.uint8).T  # (2, numbers)
    return {
        "axes": {name: list(axis) for name, axis in found.axes.items()},
        "points": found.points,
        "every": found.every,
        "step": found.step,
        "data": base64.b64encode(zlib.compress(split.tobytes(), 9)).decode(),
    }


def unpack(packed: Mapping[str, Any]) -> Column:
    """What `pack` packed."""
    split = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), np.uint8)
    rises = np.ascontiguousarray(split.reshape(2, -1).T).view("<i2").astype(np.int64)
    shape = [len(axis) for axis in packed["axes"].values()]
    whole = np.cumsum(rises.reshape(*shape, -1), axis=-1)
    step, every, points = packed["step"], packed["every"], packed["points"]
    return Column(packed["axes"], whole * step, step, every, points)
