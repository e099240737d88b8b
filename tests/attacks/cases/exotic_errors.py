"""Raises what no handler expects: an error whose text, type name and attributes fail."""

from tests.attacks.case import attack

CASE = attack(
    """
class Awful(BaseException):
    def __str__(self):
        raise SystemExit("no text")
    __repr__ = __str__

    @property
    def __traceback__(self):
        raise KeyboardInterrupt

    @property
    def __class__(self):
        raise GeneratorExit

Awful.__name__ = "x" * 100_000

def what_is_left(factor, layers):
    raise Awful() from Awful()
"""
)
