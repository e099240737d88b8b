"""A cell that is no Python: the page shows where."""

from tests.attacks.case import attack

CASE = attack(
    "def what_is_left(factor, layers)\n    return factor**layers", says=("SyntaxError|not Python",)
)
