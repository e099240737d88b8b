"""Exercises of lesson 00: how checks, hints and solutions work."""

import torch
from torch import Generator

from gradcourse.exercises.declare import Case, Exercise, Wrong


def _fresh(generator: Generator) -> Case:
    factor = 0.5 + torch.rand((), generator=generator).item()
    layers = int(torch.randint(2, 60, (), generator=generator))
    return Case((round(factor, 3), layers))


EXERCISES = (
    Exercise(
        id="00-product",
        title="What is left after many layers",
        points=1,
        minutes=3,
        difficulty=1,
        answer="what_is_left",
        starter='''
def what_is_left(factor, layers):
    """The size of a signal of size 1 after each of `layers` layers multiplies it by `factor`."""
    return ...
''',
        reference="""
def what_is_left(factor, layers):
    return factor**layers
""",
        hints=(
            "Start from 1. After one layer: factor. After two: factor * factor.",
            "Multiplying by the same number again and again is a power: `**` in Python.",
        ),
        wrong=(
            Wrong(
                "adds up",
                "def what_is_left(factor, layers):\n    return factor * layers",
                "You added the factor up once a layer. Each layer multiplies what is there.",
            ),
            Wrong(
                "loses a fixed amount",
                "def what_is_left(factor, layers):\n    return 1 - layers * (1 - factor)",
                "A layer takes a share of what is there, not the same amount each time.",
            ),
            Wrong(
                "base and exponent swapped",
                "def what_is_left(factor, layers):\n    return layers**factor",
                "Base and exponent are swapped: the factor is what gets multiplied.",
            ),
        ),
        cases=(Case((0.5, 2)), Case((0.9, 50), hint=1), Case((1.1, 50), hint=1)),
        fresh=_fresh,
    ),
)
