"""The notebook came through a tool that gives cells new ids, and copied the old ones elsewhere."""

from tests.attacks.case import FULL, RIGHT, Case, Notebook, cell, with_change


def change(made: Notebook) -> None:
    for number, each in enumerate(made["cells"]):
        each["id"] = f"a{number:07x}"
    made["cells"].insert(0, cell("print('nothing')", "answer-99-unknown"))


CASE = Case(RIGHT, FULL, build=with_change(change))
