"""Leaves a chain of 2,000 folders in each other, and folders that nobody may enter."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os

here = os.getcwd()
try:
    for _ in range(2000):
        os.mkdir("d")
        os.chdir("d")
except OSError:
    pass
os.chdir(here)
try:
    os.makedirs("closed/inner")
    os.chmod("closed", 0)
except OSError:
    pass

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
    slow=True,
)
