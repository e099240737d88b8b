"""In the roster, and handed nothing in."""

from tests.attacks.case import Case, Place


def build(case: Case, place: Place) -> None:
    pass


CASE = Case({}, build=build)
