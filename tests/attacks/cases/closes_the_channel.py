"""Closes every descriptor; its right answer cannot arrive, and nothing may wait for it."""

from tests.attacks.case import FULL, PRODUCT, Share, attack

CASE = attack(
    """
import os
os.closerange(0, 4096)

def what_is_left(factor, layers):
    os.closerange(0, 4096)
    return factor**layers
""",
    points=Share(-1, FULL[PRODUCT] + 1),
)
