"""Counts its calls and keeps what it saw: one call must tell nothing about another's answer."""

from tests.attacks.case import attack

CASE = attack(
    """
import json, os

seen = []

def what_is_left(factor, layers):
    seen.append([factor, layers])
    for path in ("calls.json", "/tmp/@TOKEN@-calls", os.path.expanduser("~/@TOKEN@-calls")):
        try:
            with open(path, "a") as file:
                file.write(json.dumps(seen))
        except OSError:
            pass
    print(seen)
    return 0.25 if len(seen) == 1 else -1.0
"""
)
