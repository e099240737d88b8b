"""Returns one plausible number whatever it is asked."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, Case

CASE = Case(
    {
        PRODUCT: "def what_is_left(factor, layers):\n    return 0.0",
        GROWTH: "def growth_factor(errors):\n    return 1.0",
    },
    says=("expected|not right|gave",),
    hides=(str(FULL),),
)
