"""The cell ends with `sys.exit()` after a right definition."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import sys

def what_is_left(factor, layers):
    return factor**layers

sys.exit(0)
""",
    points=FULL[PRODUCT],
)
