"""The answer cell is there twice under one id: the copy is noted, the points are earned once."""

import copy

from tests.attacks.case import (
    FULL,
    GROWTH,
    PRODUCT,
    RIGHT,
    Case,
    Notebook,
    answer_cell,
    with_change,
)


def twice(made: Notebook) -> None:
    original = answer_cell(made, PRODUCT)
    made["cells"].insert(made["cells"].index(original), copy.deepcopy(original))


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    says=("twice|2 cells|two cells|more than once|duplicate|copies|2 times",),
    build=with_change(twice),
)
