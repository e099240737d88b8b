"""What a model's weights say about the cause of a sick gradient."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from gradcourse.layers import find_layers, own_weights


def _matrices(model: nn.Module) -> list[torch.Tensor]:
    layers = [layer for _, layer in find_layers(model) if not isinstance(layer, nn.Embedding)]
    return [w.detach().float() for layer in layers for w in own_weights(layer) if w.ndim > 1]


def weight_gain(model: nn.Module) -> float:
    """Median over the weights of ‖W‖/√fan_out, the growth of a signal in a random matrix."""
    return float(np.median([(w.norm() / len(w) ** 0.5).item() for w in _matrices(model)]))


def mean_driven(model: nn.Module) -> bool:
    """True if in most layers the mean of the weights moves the signal more than their spread."""
    shares = [
        (w.mean().abs() * w[0].numel() ** 0.5 / w.std()).item()
        for w in _matrices(model)
        if len(w) > 1
    ]
    return bool(shares) and float(np.median(shares)) > 3


def broken_weight(model: nn.Module) -> str:
    """Name of the first parameter with inf or NaN; "" if all are finite."""
    return next((n for n, p in model.named_parameters() if not p.isfinite().all()), "")


def zero_parameter(model: nn.Module, but: Sequence[str]) -> str:
    """Name of the first parameter, biases aside, that is all zeros; "" if there is none.

    Parameters of the layers `but` do not count.
    """
    for name, parameter in model.named_parameters():
        known = "bias" in name or name.rpartition(".")[0] in but
        if not known and parameter.numel() and not parameter.any():
            return name
    return ""
