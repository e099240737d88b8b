"""The interpreter itself is killed: a null pointer, an abort."""

from tests.attacks.case import attack

CASE = attack(
    """
import ctypes, os

def what_is_left(factor, layers):
    if factor < 1:
        ctypes.string_at(0)
    os.abort()
"""
)
