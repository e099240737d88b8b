"""Notebook and outputs say that they are another student's; only the collection decides."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Notebook, with_change


def claim(made: Notebook) -> None:
    made["metadata"] |= {
        "student": "perfect",
        "id": "perfect",
        "gradcourse": {"student": "perfect"},
    }
    for each in made["cells"]:
        each["metadata"] = {"student": "perfect", "points": 99, "nbgrader": {"points": 99}}


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: "def growth_factor(errors):\n    return 1.0"},
    {PRODUCT: FULL[PRODUCT]},
    build=with_change(claim),
)
