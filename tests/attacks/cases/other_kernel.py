"""The notebook says that it is written in R, and one answer is; the others are Python."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Notebook, with_change


def other(made: Notebook) -> None:
    made["metadata"] = {
        "kernelspec": {"display_name": "R", "language": "R", "name": "ir"},
        "language_info": {"name": "R", "file_extension": ".r"},
    }


CASE = Case(
    {
        PRODUCT: "what_is_left <- function(factor, layers) {\n  factor^layers\n}",
        GROWTH: RIGHT[GROWTH],
    },
    {GROWTH: FULL[GROWTH]},
    says=(r"\bR\b",),
    build=with_change(other),
)
