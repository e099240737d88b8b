"""Numbers that formatting and comparing stumble over: huge integers, complex, dates, fractions."""

from tests.attacks.case import FULL, GROWTH, NET, PRODUCT, RIGHT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
def what_is_left(factor, layers):
    return 10 ** (400 if factor < 1 else 9_000)
""",
        GROWTH: """
def growth_factor(errors):
    odd = (1j, np.datetime64("2026-01-01"), np.array([None]), np.timedelta64("NaT"), b"2.0",
           np.array("2.0"), {1, 2}, range(10**15), np.ma.masked, memoryview(b"ab"),
           np.longdouble(5))
    return odd[len(errors) % len(odd)]
""",
        VALUE: "overflow_layer = 10**5000",
        WORDS: "illnesses = ['\\x00\\x1b[31m\\u202e', '\\ud800', '\\uffff']",
        NET: RIGHT[NET],
    },
    {NET: FULL[NET]},
)
