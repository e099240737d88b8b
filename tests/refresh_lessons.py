"""Executes lessons and stores their outputs, normalised: `python tests/refresh_lessons.py [NN …]`.

Run twice, the second run changes nothing.
"""

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

LESSONS = Path(__file__).parent.parent / "lessons"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LIVE = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> Any:
    """The notebook, executed in order in a fresh kernel.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True)
    client.execute(cwd=str(path.parent))
    return notebook


def normalise(notebook: Any) -> Any:
    """The notebook with metadata, timings and live widgets taken out; text and pictures stay."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(LIVE, None)
    return notebook


def main(numbers: list[str]) -> None:
    """Refreshes the lessons whose names start with one of `numbers`; all if there are none."""
    for path in sorted(LESSONS.glob("*.ipynb")):
        if not numbers or path.name.startswith(tuple(numbers)):
            notebook = normalise(execute(path))
            nbformat.write(notebook, path)
            print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
