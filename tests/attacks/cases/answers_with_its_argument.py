"""Turns the argument into zeros and returns that very array, hoping to be compared with itself."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case

CASE = Case(
    {
        PRODUCT: RIGHT[PRODUCT],
        GROWTH: """
def growth_factor(errors):
    errors.resize((1,), refcheck=False)
    errors[0] = 0.0
    return errors
""",
    },
    {PRODUCT: FULL[PRODUCT]},
)
