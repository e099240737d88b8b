"""The function calls `exit` with success instead of returning."""

from tests.attacks.case import attack

CASE = attack(
    """
import sys

def what_is_left(factor, layers):
    sys.exit(0)
""",
    says=("SystemExit",),
)
