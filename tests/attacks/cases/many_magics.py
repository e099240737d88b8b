"""More magics than IPython's own transformer takes, and some among 5,000 lines of code."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Share

CASE = Case(
    {
        PRODUCT: "!ls\n" * 700 + RIGHT[PRODUCT].strip("\n"),
        GROWTH: ("x = 1  # padding\n" * 100 + "%time\n") * 50 + RIGHT[GROWTH].strip("\n"),
    },
    {PRODUCT: Share(-1, FULL[PRODUCT] + 1), GROWTH: FULL[GROWTH]},
    slow=True,
)
