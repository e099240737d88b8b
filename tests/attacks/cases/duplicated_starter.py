"""A copy of the starter stands before one answer and after another; neither costs a point."""

from tests.attacks.case import (
    FULL,
    GROWTH,
    PRODUCT,
    RIGHT,
    Case,
    Notebook,
    answer_cell,
    notebook,
    with_change,
)


def copies(made: Notebook) -> None:
    fresh = notebook({})
    for name, offset in ((PRODUCT, 0), (GROWTH, 1)):
        place = made["cells"].index(answer_cell(made, name)) + offset
        made["cells"].insert(place, answer_cell(fresh, name))


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    build=with_change(copies),
)
