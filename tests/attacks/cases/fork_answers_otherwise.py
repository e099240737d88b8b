"""Forks in the call; the child answers something else. Never more than its right cases earn."""

from tests.attacks.case import FULL, PRODUCT, Share, attack

CASE = attack(
    """
import os

def what_is_left(factor, layers):
    child = os.fork()
    return -1.0 if child == 0 else factor + layers
""",
    points=Share(-1, FULL[PRODUCT] / 10),
)
