"""A notebook with the marks of a merge conflict, which is no JSON."""

from tests.attacks.case import RIGHT, Case, Place, submit


def build(case: Case, place: Place) -> None:
    path = submit(case, place)
    text = path.read_text()
    path.write_text(f"<<<<<<< HEAD\n{text}\n=======\n{text}\n>>>>>>> mine\n")


CASE = Case(RIGHT, says=("JSON|cannot be read|not a notebook|unreadable|broken",), build=build)
