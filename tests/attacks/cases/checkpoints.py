"""Hidden checkpoints and a system's hidden files lie beside the notebook, and are newer."""

import os

from tests.attacks.case import FULL, RIGHT, Case, Place, folder, notebook, submit, write


def build(case: Case, place: Place) -> None:
    submitted = submit(case, place)
    hidden = folder(case, place) / ".ipynb_checkpoints"
    hidden.mkdir()
    write(notebook({}), hidden / "hw-checkpoint.ipynb", place)
    (folder(case, place) / "._hw.ipynb").write_bytes(b"\x00\x05\x16\x07")
    (folder(case, place) / ".DS_Store").write_bytes(b"\x00")
    for path in (hidden / "hw-checkpoint.ipynb", folder(case, place) / "._hw.ipynb"):
        os.utime(path, (submitted.stat().st_mtime + 60,) * 2)


CASE = Case(RIGHT, FULL, build=build)
