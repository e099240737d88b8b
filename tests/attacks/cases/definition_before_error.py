"""The definition is right; the cell fails after it. What was defined counts."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
def what_is_left(factor, layers):
    return factor**layers

print(what_is_left(0.5, 3))
print(result_that_does_not_exist)
""",
    points=FULL[PRODUCT],
    says=("NameError",),
)
