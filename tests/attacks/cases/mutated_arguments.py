"""Changes its argument in place: also in a notebook that is not right."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case

CASE = Case(
    {
        PRODUCT: RIGHT[PRODUCT],
        GROWTH: """
def growth_factor(errors):
    growth = (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
    errors[:] = 7.0
    return growth
""",
    },
    {PRODUCT: FULL[PRODUCT]},
    says=("changed its argument",),
)
