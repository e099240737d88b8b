"""Small real data and well-known sequence tasks, offline."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gradcourse.activations import require_whole


class Split(NamedTuple):
    """Inputs `(examples, features)` and labels `(examples,)`, to train on and to test on."""

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor

    def __repr__(self) -> str:
        return f"Split({len(self.x)} to train on, {len(self.x_test)} to test on)"


def digits(*, device: torch.device | str = "cpu") -> Split:
    """The 1,797 handwritten digits of 8 x 8 pixels that scikit-learn carries: real, offline.

    Pixels are standardised over the training part; one that never changes becomes 0. The split
    is fixed: 1,437 examples to train on, 360 to test on.

    Source: Alpaydin & Kaynak 1998, "Optical recognition of handwritten digits" (UCI).
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))
    x = torch.as_tensor(pixels, dtype=torch.float32)[order]
    y = torch.as_tensor(labels, dtype=torch.int64)[order]
    cut = 1437
    mean, deviation = x[:cut].mean(dim=0), x[:cut].std(dim=0)
    x, y = ((x - mean) / deviation.clamp_min(1e-6)).to(device), y.to(device)
    return Split(x[:cut], y[:cut], x[cut:], y[cut:])


def sequential_digits(*, device: torch.device | str = "cpu") -> Split:
    """The digits read pixel by pixel: inputs `(examples, 64, 1)`, row by row from the top left.

    After Le, Jaitly & Hinton 2015, "A simple way to initialize recurrent networks of rectified
    linear units", who read MNIST this way.
    """
    x, y, x_test, y_test = digits(device=device)
    return Split(x.unsqueeze(-1), y, x_test.unsqueeze(-1), y_test)


def temporal_order(examples: int, length: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """Sequences `(examples, length, 6)` of one-hot symbols, and labels `(examples,)` 0 to 3.

    Each sequence holds two marks, X or Y, the first at 10 to 20 % of its length and the second
    at 50 to 60 %; everything else is one of four distractors. The label is the order of the
    marks: XX, XY, YX or YY. Chance is 1/4.

    Raises:
        ValueError: `examples` is below 1 or `length` below 10.

    Source: Hochreiter & Schmidhuber 1997, §5.6, task 6a; positions as in Pascanu et al. 2013, §4.1.
    """
    require_whole(examples=examples, length=length)
    if length < 10:
        raise ValueError(f"length must be at least 10 for two separate marks, got {length}")
    symbols = torch.randint(2, 6, (examples, length), generator=generator)
    marks = torch.randint(0, 2, (2, examples), generator=generator)
    rows = torch.arange(examples)
    for mark, tenth in zip(marks, (1, 5), strict=True):
        low, high = tenth * length // 10, (tenth + 1) * length // 10
        symbols[rows, torch.randint(low, high + 1, (examples,), generator=generator)] = mark
    return F.one_hot(symbols, 6).float(), 2 * marks[0] + marks[1]


def adding_problem(examples: int, length: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """Sequences `(examples, length, 2)` of numbers and marks, and targets `(examples, 1)`.

    The first feature is uniform from 0 to 1. The second is 1 at two places, one in each half,
    and 0 elsewhere. The target is the sum of the two marked numbers. Its variance, the squared
    error of always answering 1, is 1/6.

    Raises:
        ValueError: `examples` is below 1 or `length` below 2.

    Source: Hochreiter & Schmidhuber 1997, §5.4, in the common simpler form.
    """
    require_whole(examples=examples, length=length)
    if length < 2:
        raise ValueError(f"length must be at least 2, got {length}")
    numbers = torch.rand(examples, length, generator=generator)
    marks = torch.zeros(examples, length)
    rows, half = torch.arange(examples), length // 2
    for low, high in ((0, half), (half, length)):
        marks[rows, torch.randint(low, high, (examples,), generator=generator)] = 1.0
    return torch.stack([numbers, marks], dim=2), (numbers * marks).sum(dim=1, keepdim=True)
