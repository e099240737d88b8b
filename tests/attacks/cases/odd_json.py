"""JSON that is no notebook where the reader expects one: wrong types on every level."""

import json
from typing import Any

from tests.attacks.case import FULL, GROWTH, PRODUCT, RIGHT, Case, Place, cell, folder


def build(case: Case, place: Place) -> None:
    cells: list[Any] = [
        None,
        3,
        "cell",
        [],
        {},
        {"cell_type": None, "source": None, "id": 3},
        {"cell_type": "code", "id": ["x"], "source": {"a": 1}, "metadata": None},
        {"cell_type": "code", "id": f"answer-{PRODUCT}", "source": 7},
        {"cell_type": "code", "id": f"answer-{PRODUCT}", "source": [1, None, {"a": []}]},
        cell(RIGHT[GROWTH], f"answer-{GROWTH}"),
    ]
    made = {"cells": cells, "metadata": None, "nbformat": "four", "nbformat_minor": [5]}
    (folder(case, place) / "hw.ipynb").write_text(json.dumps(made))


CASE = Case({}, {GROWTH: FULL[GROWTH]}, build=build)
