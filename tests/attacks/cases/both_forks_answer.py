"""Forks while the cell runs: parent and child both go on and give the right answer."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os
os.fork()

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)
