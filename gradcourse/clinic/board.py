"""The board: 144 ways to build and train a net of 50 layers, each at its own rate, three seeds.

`python -m gradcourse.clinic.board` computes it anew (25 minutes on one core) into `rescue.csv`.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from statistics import median

from torch.optim import SGD, AdamW, Optimizer
from tqdm import tqdm

from gradcourse.data import Split, digits
from gradcourse.device import generator
from gradcourse.nets import DeepNet
from gradcourse.train import accuracy, fit

FILE = Path(__file__).with_name("rescue.csv")
DEPTH, WIDTH, STEPS, BATCH, SEEDS = 50, 64, 150, 64, 3
SCALES = {"torch": 3**-0.5, "xavier": 1.0, "he": 2**0.5, "large": 2.0}  # σ_w of a square layer
AXES: dict[str, tuple[str, ...]] = {
    "init": tuple(SCALES),
    "norm": ("none", "batch", "layer"),
    "skip": ("none", "plain", "scaled"),
    "clip": ("none", "1.0"),
    "optimizer": ("sgd", "adamw"),
}
RATES = {  # momentum 0.9; weight decay 0.01. Clipped, SGD's steps are short: it needs far more
    ("sgd", "none"): (0.003, 0.02),
    ("sgd", "1.0"): (0.02, 0.1, 0.3, 1.0),
    ("adamw", "none"): (0.001, 0.003),
    ("adamw", "1.0"): (0.001, 0.003),
}


@dataclass(frozen=True)
class Setting:
    """One way to build and train the net: a value from each of `AXES`.

    Raises:
        ValueError: an axis has no such value; the message lists those it has.
    """

    init: str = "he"
    norm: str = "none"
    skip: str = "none"
    clip: str = "none"
    optimizer: str = "sgd"

    def __post_init__(self) -> None:
        for axis, values in AXES.items():
            if getattr(self, axis) not in values:
                needed = f"{axis} must be one of {', '.join(values)}"
                raise ValueError(f"{needed}; got {getattr(self, axis)!r}")

    def __str__(self) -> str:
        return " · ".join(f"{axis} {getattr(self, axis)}" for axis in AXES)


@dataclass(frozen=True)
class Result:
    """Accuracies of the three seeds, 0 where the run met inf or NaN, at the best rate.

    `rate` is the one of `RATES` with the highest median accuracy on the *training* digits.
    """

    setting: Setting
    rate: float
    train: tuple[float, ...]
    test: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        """Median accuracy of the three seeds on the test digits."""
        return median(self.test)

    def __repr__(self) -> str:
        seeds = " ".join(f"{100 * value:.0f}" for value in self.test)
        return f"Result({self.setting}: {seeds} % at rate {self.rate:g})"


def settings() -> Iterator[Setting]:
    """All settings, in the order of `AXES`."""
    return (Setting(*values) for values in product(*AXES.values()))


def build(setting: Setting, seed: int) -> DeepNet:
    """The untrained ReLU net: 50 layers of 64 units, h + φ(norm(W h)) where there is a skip."""
    return DeepNet(
        DEPTH, width=WIDTH, scale=SCALES[setting.init], norm=setting.norm, residual=setting.skip,
        generator=generator(seed),
    )  # fmt: skip


def run(setting: Setting, seed: int, rate: float | None = None) -> tuple[float, float]:
    """Accuracy on training and test digits after 150 steps; (0, 0) if inf or NaN ended the run.

    Runs on the CPU, about a second. Without `rate`, at the rate that the stored board chose.
    """
    net = build(setting, seed)
    rate = stored()[setting].rate if rate is None else rate
    history = fit(
        net, *_digits()[:2], optimizer=_optimizer(net, setting.optimizer, rate), steps=STEPS,
        batch_size=BATCH, generator=generator(seed),
        clip=None if setting.clip == "none" else float(setting.clip),
    )  # fmt: skip
    if history.breakdown is not None or not all(p.isfinite().all() for p in net.parameters()):
        return 0.0, 0.0
    x, y, x_test, y_test = _digits()
    return accuracy(net, x, y), accuracy(net, x_test, y_test)


@cache
def _digits() -> Split:
    return digits()


def _optimizer(net: DeepNet, name: str, rate: float) -> Optimizer:
    if name == "sgd":
        return SGD(net.parameters(), lr=rate, momentum=0.9, fused=True)
    return AdamW(net.parameters(), lr=rate, weight_decay=0.01, fused=True)


@cache
def stored() -> dict[Setting, Result]:
    """The board as `rescue.csv` holds it, each setting at its best rate."""
    return {setting: max(found, key=_score) for setting, found in at_each_rate().items()}


@cache
def at_each_rate() -> dict[Setting, list[Result]]:
    """All that `rescue.csv` holds: for each setting a `Result` for each of its `RATES`."""
    rows: dict[Setting, list[Result]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            setting = Setting(*(row[axis] for axis in AXES))
            train, test = (tuple(map(float, row[part].split())) for part in ("train", "test"))
            rows.setdefault(setting, []).append(Result(setting, float(row["rate"]), train, test))
    return rows


def _score(result: Result) -> tuple[float, float]:
    return median(result.train), math.fsum(result.train)


def compute(setting: Setting) -> Iterator[Result]:
    """What the board holds of a setting: one `Result` for each of its rates."""
    for rate in RATES[setting.optimizer, setting.clip]:
        train, test = zip(*(run(setting, seed, rate) for seed in range(SEEDS)), strict=True)
        yield Result(setting, rate, train, test)


def write(results: list[Result], path: Path = FILE) -> None:
    """Stores results, three digits an accuracy."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([*AXES, "rate", "train", "test"])
        for result in results:
            values = [getattr(result.setting, axis) for axis in AXES]
            parts = (" ".join(f"{a:.3f}" for a in part) for part in (result.train, result.test))
            out.writerow([*values, result.rate, *parts])


def main() -> None:
    """Computes every setting and stores the board."""
    write([result for setting in tqdm(list(settings())) for result in compute(setting)])


if __name__ == "__main__":
    main()
