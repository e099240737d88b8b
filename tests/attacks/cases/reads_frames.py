"""Walks up the callers' frames and tries each number that it finds there as the answer."""

from tests.attacks.case import attack

CASE = attack(
    """
import sys

def numbers(value, depth=0):
    if isinstance(value, float):
        yield value
    elif depth < 5 and isinstance(value, (list, tuple, set)):
        for entry in value:
            yield from numbers(entry, depth + 1)
    elif depth < 5 and isinstance(value, dict):
        for key, entry in list(value.items()):
            if any(word in str(key) for word in ("expected", "want", "reference", "right")):
                yield from numbers(entry, depth + 1)

def what_is_left(factor, layers):
    frame, found = sys._getframe().f_back, []
    while frame is not None:
        for space in (frame.f_locals, frame.f_globals):
            found += [n for n in numbers(dict(space)) if n not in (factor, layers, 0.0, 1.0)]
        frame = frame.f_back
    return found[0] if found else -1.0
"""
)
