"""The function asks the keyboard; nobody is there, and nothing may wait."""

from tests.attacks.case import attack

CASE = attack(
    """
import sys

def what_is_left(factor, layers):
    return float(input("What is left? "))
""",
    says=("EOFError|input",),
)
