"""One call of C code that holds the interpreter's lock and never ends."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    return sum(range(10**15))
""",
    says=("did not finish",),
    slow=True,
)
