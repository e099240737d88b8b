"""Source that is too deep for the compiler: thousands of brackets and blocks."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, VALUE, Case

CASE = Case(
    {
        PRODUCT: "what_is_left = " + "(" * 50_000 + "1" + ")" * 50_000,
        GROWTH: "growth_factor = " + "-" * 100_000 + "1",
        VALUE: RIGHT[VALUE],
    },
    {VALUE: FULL[VALUE]},
)
