"""Right answers that warn, print and write to stderr: noise costs nothing."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, Case

CASE = Case(
    {
        PRODUCT: """
import sys, warnings
warnings.warn("this is deprecated")
print("loading", file=sys.stderr)

def what_is_left(factor, layers):
    np.log(np.zeros(1))
    warnings.warn("numbers may be small", stacklevel=2)
    print("working", file=sys.stderr)
    return factor**layers
""",
        GROWTH: """
import logging
logging.basicConfig(level=logging.DEBUG)

def growth_factor(errors):
    logging.error("not an error")
    torch._C._log_api_usage_once("x")
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
    },
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
)
