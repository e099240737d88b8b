"""The process stops itself, so that it neither runs nor ends."""

from tests.attacks.case import attack

CASE = attack(
    """
import os, signal

def what_is_left(factor, layers):
    os.kill(os.getpid(), signal.SIGSTOP)
    return factor**layers if False else -1.0
""",
    slow=True,
)
