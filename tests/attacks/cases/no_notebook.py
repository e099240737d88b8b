"""A PDF, an empty file and a list, all named as notebooks; none of them can be read."""

from tests.attacks.case import Case, Place, folder


def build(case: Case, place: Place) -> None:
    (folder(case, place) / "hw.ipynb").write_bytes(b"%PDF-1.7\n\xff\xfe\x00\x01")
    (folder(case, place) / "empty.ipynb").write_bytes(b"")
    (folder(case, place) / "list.ipynb").write_text("[1, 2]")


CASE = Case({}, build=build)
