"""One answer cell is gone, and so is everything around another one that is right."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Notebook, with_change


def delete(made: Notebook) -> None:
    gone = {f"answer-{PRODUCT}", f"exercise-{GROWTH}", f"check-{GROWTH}", "text-01"}
    made["cells"] = [c for c in made["cells"] if c["id"] not in gone]


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT], GROWTH: RIGHT[GROWTH]},
    {GROWTH: FULL[GROWTH]},
    says=("no cell|missing|deleted|not found|is gone|no answer cell",),
    build=with_change(delete),
)
