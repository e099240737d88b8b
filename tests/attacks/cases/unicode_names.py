"""A student, a folder and a file whose names need Unicode, once composed and once not."""

import unicodedata

from tests.attacks.case import FULL, RIGHT, Case, Place, notebook, write


def build(case: Case, place: Place) -> None:
    path = place.submissions / unicodedata.normalize("NFD", case.student)
    path.mkdir()
    write(
        notebook(case.answers), path / unicodedata.normalize("NFD", "Übung – 宿題 😀.ipynb"), place
    )


CASE = Case(RIGHT, FULL, student="zoë-李", name="Zoë Ångström 李", build=build)
