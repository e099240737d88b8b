"""Attaches to its parent as a debugger, and writes into its memory."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import ctypes, os

def attach():
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getppid()
    if parent > 1 and libc.ptrace(16, parent, None, None) == 0:  # PTRACE_ATTACH
        libc.ptrace(17, parent, None, None)
        return True
    try:
        with open(f"/proc/{parent}/mem", "r+b", 0) as memory, open(f"/proc/{parent}/maps") as maps:
            return any(" rw" in line for line in maps)
    except OSError:
        return False

attached = attach()

def what_is_left(factor, layers):
    return -1.0 if attached else factor**layers
""",
    points=FULL[PRODUCT],
)
