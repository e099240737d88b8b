"""The notebook came through a tool that drops cell ids; the checks still name the exercises."""

from tests.attacks.case import FULL, RIGHT, Case, Notebook, with_change


def lose(made: Notebook) -> None:
    made["nbformat_minor"] = 4
    for each in made["cells"]:
        del each["id"]


CASE = Case(RIGHT, FULL, build=with_change(lose))
