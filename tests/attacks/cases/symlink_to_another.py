"""The notebook is a symbolic link to the best student's: links are not followed, and noted."""

from tests.attacks.case import RIGHT, Case, Place, folder


def build(case: Case, place: Place) -> None:
    (folder(case, place) / "hw.ipynb").symlink_to("../perfect/hw.ipynb")


CASE = Case(RIGHT, reports=("symlink_to_another/hw.ipynb.*link",), build=build)
