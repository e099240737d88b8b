"""Cells on which a careless regular expression takes hours: thousands of commas, of empty lines."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Notebook, cell, with_change

BOMBS = ("a,\n" * 60_000, "\n" * 190_000 + "a", "from\n" * 40_000, "a " * 90_000, "check(" * 30_000)


def bombs(made: Notebook) -> None:
    made["cells"] += [cell(source) for source in BOMBS]


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT] + "\n" * 190_000, GROWTH: RIGHT[GROWTH] + "\n#" + "? " * 90_000},
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
    build=with_change(bombs),
    slow=True,
)
