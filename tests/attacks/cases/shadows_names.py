"""Uses the names of builtins and of the prelude for its own variables, as beginners do."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
list, sum, float, str, print, len, type = [1], 0, 1.5, "a", None, 3, "t"
np, torch, F, nn, gr, math = 1, 2, 3, 4, 5, 6
__name__ = "__other__"
__builtins__["max"] = None if isinstance(__builtins__, dict) else None

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)
