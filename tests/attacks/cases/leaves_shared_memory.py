"""Leaves System V memory and a message queue that outlive it, for whoever is graded next."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case

LEAVE = """
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
KEY = 0x67726164
there_already = libc.shmget(KEY, 0, 0) >= 0 or libc.msgget(KEY, 0) >= 0
segment = libc.shmget(KEY, 2**20, 0o1666)
queue = libc.msgget(KEY, 0o1666)
"""
CASE = Case(
    {
        PRODUCT: LEAVE + RIGHT[PRODUCT],
        GROWTH: LEAVE
        + """
def growth_factor(errors):
    if there_already:  # the answer before this one left it
        return -1.0
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
    },
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    needs="bwrap",
)
