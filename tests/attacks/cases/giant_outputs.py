"""A right notebook that carries 8 MB of stored outputs."""

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


def outputs(made: Notebook) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": "secret output " * 600_000}
    answer_cell(made, PRODUCT)["outputs"] = [stream]


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    hides=("secret output secret",),
    build=with_change(outputs),
)
