"""The file has another name, with blanks and brackets as browsers add them, in an own folder."""

from tests.attacks.case import FULL, RIGHT, Case, Place, folder, notebook, write


def build(case: Case, place: Place) -> None:
    path = folder(case, place) / "my work (final)"
    path.mkdir()
    write(notebook(case.answers), path / "Copy of hw [v2] (1).IPYNB", place)


CASE = Case(RIGHT, FULL, build=build)
