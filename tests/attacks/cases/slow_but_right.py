"""A right answer that needs a while, and stays within the limit."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import time

def what_is_left(factor, layers):
    time.sleep(0.3)
    return factor**layers
""",
    points=FULL[PRODUCT],
)
