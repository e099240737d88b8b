"""The process ends without a word while the function is called."""

from tests.attacks.case import attack

CASE = attack(
    """
import os

def what_is_left(factor, layers):
    os._exit(0)
"""
)
