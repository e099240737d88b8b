"""A sparse file of 3 GB named as a notebook: it is refused by its size."""

from tests.attacks.case import Case, Place, folder


def build(case: Case, place: Place) -> None:
    with open(folder(case, place) / "hw.ipynb", "wb") as file:
        file.truncate(3 * 2**30)


CASE = Case({}, says=("large|size|MB|MiB|GB|GiB|big",), build=build)
