"""Calls the function that the grader lent it again and again, without end."""

from tests.attacks.case import CHECK, FULL, PRODUCT, RIGHT, Case

CASE = Case(
    {
        CHECK: """
def accepts(f, gradient, x):
    while True:
        try:
            f(x)
        except BaseException:
            pass
""",
        PRODUCT: RIGHT[PRODUCT],
    },
    {PRODUCT: FULL[PRODUCT]},
    says=("did not finish",),
    slow=True,
)
