"""Replaces builtins that a comparison needs, for this process and whoever comes after it."""

from tests.attacks.case import attack

CASE = attack(
    """
import builtins

class Yes(float):
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = __truediv__ = lambda self, *other: Yes(0.0)
    __hash__ = float.__hash__

old_isinstance = isinstance
builtins.abs = builtins.max = builtins.min = builtins.float = lambda *_, **__: Yes(0.0)
builtins.isinstance = lambda a, b: True
builtins.all = builtins.any = lambda *_: True
builtins.repr = builtins.str = lambda *_: "right"

def what_is_left(factor, layers):
    return 42.0
"""
)
