"""What a lesson's cells are: explorers, exercises, the sources; and the copy for Colab."""

import copy
import re
from pathlib import Path
from typing import Any

import nbformat

from docs.project import repository

# A learner on Colab has no course installed. The setup cell stays as it is, so this one is added.
INSTALL = """\
# Only on Colab: installs the course where it is missing. It takes about a minute.
import importlib.util

if importlib.util.find_spec("gradcourse") is None:
    %pip install --quiet git+{repository}"""


def read(path: Path) -> Any:
    """The notebook at `path`."""
    return nbformat.read(path, as_version=4)


def title(notebook: Any) -> str:
    """The heading of its first cell."""
    first: str = notebook.cells[0].source.splitlines()[0]
    return first.removeprefix("# ")


def is_explorer(cell: Any) -> bool:
    """Does the cell show an explorer?"""
    return cell.cell_type == "code" and bool(re.search(r"^explorer$", cell.source, re.MULTILINE))


def picture_of(output: Any) -> tuple[str, str] | None:
    """The base64 PNG of an output and its text, or None."""
    data = output.get("data", {})
    return (data["image/png"], data["text/plain"]) if "image/png" in data else None


def for_colab(notebook: Any) -> Any:
    """A copy with one cell before the others, which installs the course where it is missing."""
    made = copy.deepcopy(notebook)
    cell = nbformat.v4.new_code_cell(INSTALL.format(repository=repository()), id="install")
    made.cells.insert(0, cell)
    return made
