"""Replaces the worker by another program that writes what a worker might write."""

from tests.attacks.case import attack

CASE = attack(
    """
import os, sys

SCRIPT = '''
import os
for descriptor in range(1, 64):
    try:
        os.write(descriptor, b'{"ok": true, "points": 6, "value": 1.0}' + bytes([10]))
    except OSError:
        pass
'''

def what_is_left(factor, layers):
    for number in range(3, 64):
        try:
            os.set_inheritable(number, True)
        except OSError:
            pass
    os.execv(sys.executable, [sys.executable, "-c", SCRIPT])
"""
)
