"""The upload was cut off in the middle: nothing can be read, and the page says so."""

from tests.attacks.case import RIGHT, Case, Place, submit


def build(case: Case, place: Place) -> None:
    path = submit(case, place)
    path.write_bytes(path.read_bytes()[:-400])


CASE = Case(RIGHT, says=("JSON|cannot be read|not a notebook|unreadable|broken",), build=build)
