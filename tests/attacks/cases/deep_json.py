"""JSON nested 200,000 deep, which ends a reader that recurses."""

from tests.attacks.case import RIGHT, Case, Place, folder


def build(case: Case, place: Place) -> None:
    text = '{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}"
    (folder(case, place) / "hw.ipynb").write_text(text)


CASE = Case(
    RIGHT, says=("cannot be read|not a notebook|JSON|unreadable|nested|broken",), build=build
)
