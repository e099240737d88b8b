"""A notebook in format 3: worksheets, and `input` where `source` is today."""

import json

from tests.attacks.case import FULL, RIGHT, Case, Place, folder, notebook


def build(case: Case, place: Place) -> None:
    cells = []
    for each in notebook(case.answers)["cells"]:
        if each["cell_type"] == "code":
            code = {"cell_type": "code", "collapsed": False, "language": "python", "metadata": {}}
            cells.append(code | {"input": each["source"].splitlines(True), "outputs": []})
        else:
            cells.append({"cell_type": "markdown", "metadata": {}, "source": [each["source"]]})
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}
    made = old | {"worksheets": [{"cells": cells, "metadata": {}}]}
    (folder(case, place) / "hw.ipynb").write_text(json.dumps(made))


CASE = Case(RIGHT, FULL, build=build)
