"""Writes up to 200 MB of garbage to each descriptor, so that whoever reads it all runs full."""

from tests.attacks.case import attack

CASE = attack(
    """
import os

def what_is_left(factor, layers):
    for descriptor in range(3, 64):
        try:
            for _ in range(200):
                os.write(descriptor, b"[" * 1_000_000)
        except OSError:
            pass
    os._exit(0)
""",
    slow=True,
)
