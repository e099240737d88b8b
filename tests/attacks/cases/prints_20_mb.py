"""A right answer that prints 20 MB, through Python and past it."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, sys
print("x" * 10_000_000)

def what_is_left(factor, layers):
    print("y" * 10_000_000)
    os.write(1, b"z" * 5_000_000)
    os.write(2, b"z" * 5_000_000)
    sys.stderr.write("line\\n" * 100_000)
    return factor**layers
""",
    points=FULL[PRODUCT],
    hides=("y" * 5000, "z" * 5000),
)
