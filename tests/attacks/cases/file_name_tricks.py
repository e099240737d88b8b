"""Files whose names hold line breaks, markup, a leading dash, dots, and 200 letters."""

from tests.attacks.case import FULL, PRODUCT, RIGHT, Case, Place, folder, notebook, submit, write


def build(case: Case, place: Place) -> None:
    submitted = submit(case, place)
    for name in ("-rf.ipynb", "..  ..ipynb", "a\nb.ipynb", "<script>alert(3)<", "$(reboot).ipynb"):
        write(notebook({}), folder(case, place) / name, place)
    write(notebook({}), folder(case, place) / ("n" * 200 + ".ipynb"), place)
    (folder(case, place) / "caf\udce9.ipynb").write_text("{}")
    import os

    for path in folder(case, place).iterdir():
        if path != submitted:
            os.utime(path, (1_000_000, 1_000_000))


CASE = Case(
    {PRODUCT: RIGHT[PRODUCT]},
    {PRODUCT: FULL[PRODUCT]},
    hides=("<script>alert(3)",),
    build=build,
)
