"""The cell never reaches its definition."""

from tests.attacks.case import attack

CASE = attack(
    """
while True:
    pass

def what_is_left(factor, layers):
    return factor**layers
""",
    says=("did not finish",),
    slow=True,
)
