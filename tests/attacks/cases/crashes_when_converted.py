"""Objects that end the process, hang or raise while they are turned into plain values."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
import os

class Exits(float):
    def __float__(self):
        os._exit(0)
    __array__ = __index__ = __iter__ = __len__ = __repr__ = __float__

def what_is_left(factor, layers):
    return Exits(0.1)
""",
        GROWTH: """
class Hangs:
    def __array__(self, *_, **__):
        while True:
            pass
    __float__ = __repr__ = __len__ = __iter__ = __array__

def growth_factor(errors):
    return Hangs()
""",
        VALUE: RIGHT[VALUE],
        WORDS: """
class Raises(str):
    def __str__(self):
        raise KeyboardInterrupt
    __repr__ = __len__ = __iter__ = encode = strip = __str__

illnesses = [Raises("a")] * 3
""",
    },
    {VALUE: FULL[VALUE]},
    slow=True,
)
