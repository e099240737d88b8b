"""Leaves a key in the kernel's keyring of its user, for whoever is graded next."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case

LEAVE = """
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
ADD_KEY, REQUEST_KEY, USER_KEYRING = 248, 249, -4
there_already = libc.syscall(REQUEST_KEY, b"user", b"gradcourse", None, 0) >= 0
key = libc.syscall(ADD_KEY, b"user", b"gradcourse", b"seen", 4, USER_KEYRING)
"""
CASE = Case(
    {
        PRODUCT: LEAVE + RIGHT[PRODUCT],
        GROWTH: LEAVE
        + """
def growth_factor(errors):
    if there_already:
        return -1.0
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
    },
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
)
