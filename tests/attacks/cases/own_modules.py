"""Brings modules named gradcourse, torch, numpy and sitecustomize: none of them may run."""

from tests.attacks.case import FULL, RIGHT, Case, Place, submit

NAMES = (
    "gradcourse/__init__.py",
    "gradcourse/exercises/__init__.py",
    "torch.py",
    "numpy/__init__.py",
    "sitecustomize.py",
    "usercustomize.py",
    "json.py",
    "conftest.py",
    "what_is_left.py",
    "site-packages.pth",
)


def build(case: Case, place: Place) -> None:
    path = submit(case, place).parent
    for name in NAMES:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(
            f"import os; open({str(place.canary)!r}, 'a').write('own module')\n"
        )


CASE = Case(RIGHT, FULL, build=build)
