"""The starter still stands; the answer is in a new cell below it."""

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


def add(made: Notebook) -> None:
    place = made["cells"].index(answer_cell(made, PRODUCT)) + 1
    made["cells"].insert(place, cell(RIGHT[PRODUCT], "0a1b2c3d"))


CASE = Case(
    {GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    build=with_change(add),
)
