"""A notebook in a format that does not exist yet, with unknown kinds of cells."""

from tests.attacks.case import FULL, RIGHT, Case, Notebook, with_change


def future(made: Notebook) -> None:
    made["nbformat"], made["nbformat_minor"], made["new"] = 9, 7, {"a": [1]}
    made["cells"].insert(0, {"cell_type": "video", "id": "v", "metadata": {}, "source": 3})
    made["cells"].insert(0, {"cell_type": "code"})


CASE = Case(RIGHT, FULL, build=with_change(future))
