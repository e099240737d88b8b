"""The clinic's remedies: one list for all patients, and what each changes and cannot change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradcourse.clinic.recipe import Recipe

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Remedy:
    """What a treatment acts on, in words: `{old}` and `{new}` are the recipe's values.

    Attributes:
        changes: what it changes.
        leaves: what it leaves as it was, whatever its value.
    """

    changes: str
    leaves: str


FORMULARY: dict[str, Remedy] = {
    "init": Remedy(
        "draws the weights anew, {new} for {old}: the gain of every layer at the start",
        "the activation, the step and the number format",
    ),
    "scale": Remedy(
        "makes the weights {factor:.3g} times as large: the gain of every layer at the start",
        "how the weights are drawn, the activation and the step",
    ),
    "activation": Remedy(
        "puts {new} in the place of {old}: the slope that every error signal passes",
        "the weights and the step",
    ),
    "norm": Remedy(
        "sets the norm from {old} to {new}: what size the signal has in each layer",
        "the way around the layers, the step and the data",
    ),
    "residual": Remedy(
        "sets the skip from {old} to {new}: the way on which signals pass each layer by",
        "the weights, the activation and the step",
    ),
    "dropout": Remedy(
        "moves dropout from {old} to {new}: where units are silenced in training",
        "the weights, the step and the way the error signal takes",
    ),
    "pixels": Remedy(
        "feeds {new} pixels in the place of {old}: the size of the first layer's input",
        "the net, the number format and the step",
    ),
    "clip": Remedy(
        "shortens the gradient to length {new:g} before the step",
        "the forward pass, and the error signal on its way back: it comes after both",
    ),
    "lr": Remedy(
        "sets the learning rate from {old:g} to {new:g}: the length of every step",
        "the forward and backward pass of step 0: the rate enters after them",
    ),
    "warmup": Remedy(
        "lets the learning rate rise over the first {new} steps",
        "the forward and backward pass of step 0, and the full rate afterwards",
    ),
    "optimizer": Remedy(
        "makes {new} turn gradients into steps, in the place of {old}",
        "the gradients themselves: the optimizer comes after the backward pass",
    ),
    "precision": Remedy(
        "computes the layers in {new} in the place of {old}: how large and small numbers may be",
        "the mathematics: every layer has the gain it had",
    ),
    "loss_scale": Remedy(
        "multiplies the loss by {new:g} and divides the gradient by it again: the size of the "
        "backward pass's numbers",
        "the forward pass, which comes before the loss",
    ),
}


def prescribe(recipe: Recipe, stock: Mapping[str, tuple[Any, ...]], given: Given) -> Recipe:
    """The recipe with the treatments put in.

    Raises:
        ValueError: no treatment, an unknown one, one that does not apply to this patient, a
            value that is not in stock, or one that the run already has.
    """
    stock = shelf(stock)
    here = ", ".join(stock)
    if not given:
        raise ValueError(f"treat needs at least one treatment, got none; try one of {here}")
    for name, value in given.items():
        if name not in FORMULARY:
            raise ValueError(f"there is no treatment {name!r}; this patient can be given {here}")
        if name not in stock:
            raise ValueError(f"{name} does not apply to this patient, got {value!r}; try {here}")
        if isinstance(value, bool) or not _in(value, (*stock[name], getattr(recipe, name))):
            some = "one of " * (len(stock[name]) > 1) + ", ".join(map(repr, stock[name]))
            raise ValueError(f"{name} must be {some} for this patient, got {value!r}")
        if value == getattr(recipe, name):
            raise ValueError(f"the run already has {name}={value!r}; choose another value")
    return replace(recipe, **given)


def shelf(stock: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """The stock as all patients show it: names by the alphabet, values in ascending order."""
    return {name: tuple(sorted(stock[name])) for name in sorted(stock)}


def _in(value: Any, values: tuple[Any, ...]) -> bool:
    return isinstance(value, (int, float, str)) and any(value == other for other in values)


def written(given: Given) -> str:
    """Treatments as they are typed: `clip=1.0, lr=0.01`, in the formulary's order."""
    ordered = [name for name in FORMULARY if name in given]
    return ", ".join(f"{name}={given[name]!r}" for name in ordered)
