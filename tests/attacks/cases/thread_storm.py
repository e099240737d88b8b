"""Starts up to 2,000 threads that never end, and leaves them running."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import threading, time

started = 0
try:
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(30,)).start()
        started += 1
except RuntimeError:
    pass

def what_is_left(factor, layers):
    return factor**layers if started < 1900 else -1.0
""",
    points=FULL[PRODUCT],
)
