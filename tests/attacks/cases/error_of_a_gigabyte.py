"""Raises an error whose text is huge, and one that is an endless chain."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    error = ValueError("long" * 10_000_000)
    error.__cause__ = error
    error.add_note("note" * 1_000_000)
    raise error
""",
    says=("ValueError",),
    hides=("long" * 1000,),
)
