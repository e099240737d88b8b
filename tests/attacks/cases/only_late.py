"""The only notebook came after the deadline: it earns nothing, and the page says why."""

import os

from tests.attacks.case import RIGHT, Case, Place, submit
from tests.attacks.cases.late_file import LATE


def build(case: Case, place: Place) -> None:
    path = submit(case, place)
    os.utime(path, (LATE, LATE))


CASE = Case(RIGHT, says=("late|after the deadline|deadline",), build=build)
