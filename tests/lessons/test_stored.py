"""What a stored lesson must look like; nbval would pass a cleared one unchecked."""

import ast
import base64
import re
from pathlib import Path
from typing import Any

import nbformat

from gradcourse.exercises import exercises
from tests.refresh_lessons import KERNEL, LIVE

SETUP = """
import math
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
import gradcourse as gr
from gradcourse.exercises import check, hint, solution
device = gr.ready()
""".strip()
PAGES = {"12_what_you_can_do_now"}  # no lessons: without exercises


def controls(cells: list[Any]) -> set[str]:
    """Names of the controls of every `Explorer` that the cells make."""
    tree = ast.parse("\n".join(cell.source for cell in cells))
    dicts: dict[str, list[ast.Dict]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    dicts.setdefault(target.id, []).append(node.value)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "gr.Explorer":
            given = node.args[0]
            all_given = dicts[given.id] if isinstance(given, ast.Name) else [given]
            for each in all_given:
                assert isinstance(each, ast.Dict), "the controls of an Explorer must be a dict"
                found |= {ast.literal_eval(key) for key in each.keys if key is not None}
    return found


def test_there_are_lessons(path: Path) -> None:
    assert re.fullmatch(r"\d\d_[a-z_]+\.ipynb", path.name)


def test_every_cell_is_executed_in_order(code: list[Any]) -> None:
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_no_cell_wrote_to_stderr_or_raised(code: list[Any]) -> None:
    bad = [cell.id for cell in code for out in cell.outputs if out.get("name") == "stderr"]
    bad += [cell.id for cell in code for out in cell.outputs if out.output_type == "error"]
    assert not bad


def test_no_forbidden_tools(code: list[Any]) -> None:
    for cell in code:
        assert not re.search(r"pyplot|\binteract\b|widgets\.Output|%matplotlib", cell.source)
        assert not cell.source.rstrip().endswith(";"), f"{cell.id} silences its output"


def test_cells_are_short(code: list[Any]) -> None:
    assert max(len(cell.source.splitlines()) for cell in code) <= 25


def test_metadata_is_kernelspec_and_known_tags_only(lesson: Any) -> None:
    assert lesson.metadata == {"kernelspec": KERNEL}
    for cell in lesson.cells:
        assert set(cell.metadata) <= {"tags"}
        assert set(cell.metadata.get("tags", [])) <= {"nbval-ignore-output"}


def test_an_uncompared_cell_says_why_in_the_text_before(lesson: Any) -> None:
    for before, cell in zip(lesson.cells, lesson.cells[1:], strict=False):
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            assert before.cell_type == "markdown"
            assert "do not compare" in before.source


def test_the_setup_cell_is_the_same_everywhere(code: list[Any]) -> None:
    assert code[0].source == SETUP


def test_cell_ids_are_unique(lesson: Any) -> None:
    ids = [cell.id for cell in lesson.cells]
    assert len(ids) == len(set(ids))


def test_files_are_small(path: Path, code: list[Any]) -> None:
    assert path.stat().st_size <= 600 * 1024
    for cell in code:
        for output in cell.outputs:
            picture = output.get("data", {}).get("image/png", "")
            assert len(base64.b64decode(picture)) <= 60 * 1024, cell.id


def test_an_explorer_keeps_a_picture_and_a_sentence(code: list[Any]) -> None:
    shown = [cell for cell in code if re.search(r"^explorer$", cell.source, re.MULTILINE)]
    assert bool(shown) == bool(controls(code))
    for cell in shown:
        (output,) = cell.outputs
        assert set(output.data) == {"image/png", "text/plain"}
        assert output.data["text/plain"].endswith(".")
        assert LIVE not in output.data


def test_every_control_is_moved_and_put_back(code: list[Any]) -> None:
    source = "\n".join(cell.source for cell in code)
    for name in controls(code):
        moves = re.findall(rf"""\.set\(.*\b{name}=|\{{[^}}]*["']{name}["']:(?! gr\.)""", source)
        assert moves, f"no cell moves {name!r}"
    assert not controls(code) or "explorer.reset()" in source


def test_starters_are_the_declared_ones_and_are_checked(path: Path, code: list[Any]) -> None:
    cells = {cell.id: cell for cell in code}
    declared = [e for e in exercises().values() if e.lesson == int(path.name[:2])]
    assert bool(declared) != (path.stem in PAGES)
    for exercise in declared:
        assert cells[f"answer-{exercise.id}"].source == exercise.starter.strip("\n")
        check = cells[f"check-{exercise.id}"]
        assert check.source == f'check("{exercise.id}")'
        assert check.outputs[0].data["text/plain"] == f"⬜ {exercise.id}: not attempted yet."


def test_links_between_lessons_lead_somewhere(path: Path, lesson: Any) -> None:
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#:]+\.ipynb)\)", cell.source):
                assert (path.parent / target).exists(), target


def test_the_notebook_is_valid(lesson: Any) -> None:
    nbformat.validate(lesson)
