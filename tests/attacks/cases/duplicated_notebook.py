"""All cells of the notebook are there three times."""

import copy

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Notebook, with_change


def thrice(made: Notebook) -> None:
    made["cells"] += copy.deepcopy(made["cells"]) + copy.deepcopy(made["cells"])


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: RIGHT[GROWTH]},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    build=with_change(thrice),
)
