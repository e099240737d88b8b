"""Small real data, offline."""

from typing import NamedTuple

import torch
from torch import Tensor


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
