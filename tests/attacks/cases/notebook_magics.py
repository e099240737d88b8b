"""Lines that only notebooks know (`%magic`, `!shell`, `name?`) around a right answer."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, Case

CASE = Case(
    {
        PRODUCT: """
%matplotlib inline
!touch @CANARY@.touched /tmp/@TOKEN@
def what_is_left(factor, layers):
    return factor**layers
%timeit what_is_left(0.5, 3)
what_is_left?
files = !ls
""",
        GROWTH: """
%%time
def growth_factor(errors):
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
    },
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
)
