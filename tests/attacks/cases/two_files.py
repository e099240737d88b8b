"""Two notebooks in time: the newer counts, the older is kept and noted."""

import os

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Place, folder, notebook, write


def build(case: Case, place: Place) -> None:
    for name, answers, time in (
        ("z-older.ipynb", {PRODUCT: RIGHT[PRODUCT]}, 1_000_000),
        ("a-newer.ipynb", {GROWTH: RIGHT[GROWTH]}, 2_000_000),
    ):
        path = folder(case, place) / name
        write(notebook(answers), path, place)
        os.utime(path, (time, time))


CASE = Case({}, {GROWTH: FULL[GROWTH]}, says=("older|newest|2 |two",), build=build)
