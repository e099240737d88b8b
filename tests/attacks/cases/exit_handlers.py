"""Exit handlers, destructors and weak references that hang, print and end the process."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import atexit, os, time, threading

class Clings:
    def __del__(self):
        time.sleep(30)

clings = Clings()
clings.itself = clings
atexit.register(time.sleep, 30)
atexit.register(os._exit, 3)
threading._register_atexit(time.sleep, 30)

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)
