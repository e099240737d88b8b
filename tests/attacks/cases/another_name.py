"""A right function under another name: the page says which name is missing."""

from tests.attacks.case import attack

CASE = attack(
    "def what_was_left(factor, layers):\n    return factor**layers", says=("what_is_left",)
)
