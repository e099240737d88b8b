"""A coarse table of 200 entries, and the nearest entry for an answer."""

from tests.attacks.case import PRODUCT, Case

TABLE = [
    (round(0.5 + 0.1 * f, 1), 3 * n, (0.5 + 0.1 * f) ** (3 * n))
    for f in range(11)
    for n in range(1, 20)
]
CASE = Case(
    {
        PRODUCT: f"""
TABLE = {TABLE!r}

def what_is_left(factor, layers):
    near = min(TABLE, key=lambda row: abs(row[0] - factor) + abs(row[1] - layers) / 60)
    return near[2]
"""
    },
)
