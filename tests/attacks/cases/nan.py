"""Gives NaN, infinity and negative zero."""

from tests.attacks.case import GROWTH, PRODUCT, VALUE, Case

CASE = Case(
    {
        PRODUCT: "def what_is_left(factor, layers):\n    return math.nan",
        GROWTH: "def growth_factor(errors):\n    return np.array(-np.inf)",
        VALUE: "overflow_layer = float('nan')",
    },
    says=("not finite",),
)
