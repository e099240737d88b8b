"""Searches all objects for declarations, cases, references, and uses what it finds."""

from tests.attacks.case import attack

CASE = attack(
    """
import gc, sys

KEYS = ("reference", "cases", "fresh", "judge", "tolerance", "wrong")

def declared():
    for thing in gc.get_objects():
        try:
            space = thing if type(thing) is dict else vars(thing)
            if all(key in space for key in KEYS):
                return space["reference"]
        except Exception:
            continue
    for thing in gc.get_objects():
        for part in gc.get_referents(thing):
            if type(part) is str and "factor" + "**" in part and "KEYS" not in part:
                return part
    return None

found = declared()
if found:
    exec(found)
else:
    def what_is_left(factor, layers):
        return -1.0
"""
)
