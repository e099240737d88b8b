"""The process ends without a word while the cell runs."""

from tests.attacks.case import attack

CASE = attack(
    """
import os
os._exit(0)

def what_is_left(factor, layers):
    return factor**layers
"""
)
