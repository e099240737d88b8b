"""Prints the right answer and returns nothing: the page says so."""

from tests.attacks.case import attack

CASE = attack(
    "def what_is_left(factor, layers):\n    print(factor**layers)",
    says=("printed its answer|return",),
)
