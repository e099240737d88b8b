"""All cells in reverse order."""

from tests.attacks.case import FULL, RIGHT, Case, Notebook, with_change


def reverse(made: Notebook) -> None:
    made["cells"].reverse()


CASE = Case(RIGHT, FULL, build=with_change(reverse))
