"""The whole folder is a symbolic link to another student's."""

from tests.attacks.case import RIGHT, Case, Place


def build(case: Case, place: Place) -> None:
    (place.submissions / case.student).symlink_to("perfect", target_is_directory=True)


CASE = Case(RIGHT, reports=("symlinked_folder.*link",), build=build)
