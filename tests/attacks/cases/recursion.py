"""Recursion without end, in Python and past Python's own guard."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, VALUE, Case

CASE = Case(
    {
        PRODUCT: """
def what_is_left(factor, layers):
    return factor * what_is_left(factor, layers - 1)
""",
        GROWTH: """
import sys
sys.setrecursionlimit(10**9)

class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")

def growth_factor(errors):
    return repr(Deep().a)
""",
        VALUE: RIGHT[VALUE],
    },
    {VALUE: FULL[VALUE]},
    says=("RecursionError",),
)
