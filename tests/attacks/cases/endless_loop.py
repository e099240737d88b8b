"""A loop without end."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    size = 1.0
    while layers > 0:
        size *= factor
""",
    says=("did not finish",),
    slow=True,
)
