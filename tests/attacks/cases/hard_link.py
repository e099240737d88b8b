"""Links to system files, devices and nowhere, a pipe and a folder, all named as notebooks."""

import os

from tests.attacks.case import FULL, PRODUCT, RIGHT, Case, Place, folder, submit


def build(case: Case, place: Place) -> None:
    submit(case, place)
    path = folder(case, place)
    (path / "a.ipynb").symlink_to("/etc/passwd")
    (path / "b.ipynb").symlink_to("/dev/zero")
    (path / "c.ipynb").symlink_to("nowhere")
    (path / "d.ipynb").symlink_to("d.ipynb")
    (path / "up").symlink_to("..", target_is_directory=True)
    os.mkfifo(path / "e.ipynb")
    (path / "f.ipynb").mkdir()


CASE = Case({PRODUCT: RIGHT[PRODUCT]}, {PRODUCT: FULL[PRODUCT]}, hides=("root:x:0",), build=build)
