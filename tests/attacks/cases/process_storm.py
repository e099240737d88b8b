"""Starts up to 300 processes; only a limit that refuses them lets the answer be right."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, time

def storm():
    started = 0
    for _ in range(300):
        try:
            child = os.fork()
        except OSError:
            return started
        if child == 0:
            time.sleep(20)
            os._exit(0)
        started += 1
    return started

many = storm()

def what_is_left(factor, layers):
    return factor**layers if many < 250 else -1.0
""",
    points=FULL[PRODUCT],
)
