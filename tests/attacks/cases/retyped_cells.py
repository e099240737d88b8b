"""Right answers in cells that became text by one wrong key: read all the same, and noted."""

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


def retype(made: Notebook) -> None:
    for name, kind in ((PRODUCT, "markdown"), (GROWTH, "raw")):
        found = answer_cell(made, name)
        found["cell_type"] = kind
        del found["outputs"], found["execution_count"]


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    says=("markdown", "raw"),
    build=with_change(retype),
)
