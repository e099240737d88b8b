"""Types, errors and modules whose names are markup."""

from tests.attacks.case import GROWTH, PRODUCT, VALUE, Case

CASE = Case(
    {
        PRODUCT: """
Error = type("<script>alert(2)</script>", (Exception,), {})

def what_is_left(factor, layers):
    raise Error("<b>x</b>")
""",
        GROWTH: """
growth_factor = lambda errors: type("<img src=x onerror=alert(2)>", (), {})()
""",
        VALUE: "overflow_layer = type('</td><script>alert(2)</script>', (), {})",
    },
    hides=("<script>alert(2)", "<img src=x", "<b>x</b>"),
)
