"""A right notebook, and after it an upload that was cut off: the newest that can be read counts."""

import os

from tests.attacks.case import FULL, PRODUCT, RIGHT, Case, Place, submit


def build(case: Case, place: Place) -> None:
    path = submit(case, place)
    os.utime(path, (1_000_000, 1_000_000))
    path.with_name("hw (1).ipynb").write_bytes(path.read_bytes()[:-300])


CASE = Case({PRODUCT: RIGHT[PRODUCT]}, {PRODUCT: FULL[PRODUCT]}, build=build)
