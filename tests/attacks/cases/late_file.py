"""A wrong answer in time and a perfect one after the deadline: the one in time counts."""

import os

from tests.attacks.case import FULL, PRODUCT, RIGHT, Case, Place, folder, notebook, write

LATE = 4_000_000_000  # in the year 2096, after the deadline


def build(case: Case, place: Place) -> None:
    write(notebook({PRODUCT: RIGHT[PRODUCT]}), folder(case, place) / "hw.ipynb", place)
    write(notebook(RIGHT), folder(case, place) / "hw-late.ipynb", place)
    os.utime(folder(case, place) / "hw-late.ipynb", (LATE, LATE))


CASE = Case({}, {PRODUCT: FULL[PRODUCT]}, says=("late|after the deadline",), build=build)
