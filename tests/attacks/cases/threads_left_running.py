"""Threads that are no daemons still run when the answer is right and done."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import threading

def spin():
    while True:
        print(end="")

def what_is_left(factor, layers):
    threading.Thread(target=spin).start()
    return factor**layers
""",
    points=FULL[PRODUCT],
)
