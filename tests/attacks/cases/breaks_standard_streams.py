"""Closes, replaces and redirects the standard streams; the answer is right."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import io, os, sys

class Broken(io.StringIO):
    def write(self, text):
        raise OSError("broken")
    flush = close = write

def what_is_left(factor, layers):
    sys.stdout.close()
    sys.stdout = sys.stderr = Broken()
    sys.__stdout__ = sys.__stderr__ = None
    os.close(0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    return factor**layers
""",
    points=FULL[PRODUCT],
)
