"""One answer cell was split in two: a helper, then the function that uses it."""

from tests.attacks.case import (
    FULL,
    GROWTH,
    PRODUCT,
    RIGHT,
    Case,
    Notebook,
    answer_cell,
    cell,
    with_change,
)


def split(made: Notebook) -> None:
    place = made["cells"].index(answer_cell(made, PRODUCT)) + 1
    rest = "def what_is_left(factor, layers):\n    return power(factor, layers)"
    made["cells"].insert(place, cell(rest, "4e5f6a7b"))


CASE = Case(
    {PRODUCT: "def power(a, b):\n    return a**b", GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    build=with_change(split),
)
