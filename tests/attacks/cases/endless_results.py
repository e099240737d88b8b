"""Returns iterators, generators and functions, and objects that are slow or endless to print."""

from tests.attacks.case import GROWTH, PRODUCT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
import itertools

def what_is_left(factor, layers):
    return itertools.count() if factor < 1 else lambda: factor**layers
""",
        GROWTH: """
class Slow:
    def __repr__(self):
        import time
        time.sleep(60)
    __str__ = __repr__

def growth_factor(errors):
    return Slow()
""",
        VALUE: """
class Long:
    def __repr__(self):
        return "long " * 20_000_000

overflow_layer = Long()
""",
        WORDS: """
class Endless(list):
    def __iter__(self):
        while True:
            yield "exploding"

illnesses = Endless(["exploding"] * 3)
""",
    },
    hides=("long " * 500,),
    slow=True,
)
