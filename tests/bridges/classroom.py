"""A small class: a roster, an assignment, and notebooks that students hand in."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from gradcourse.cli import main
from gradcourse.exercises import exercises

BIN = Path(sys.executable).parent  # where this Python's programs are
ENVIRONMENT = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "TQDM_DISABLE": "1"}

ASSIGNMENT = """title = "Homework 1"
due = 2099-11-27T18:00:00+01:00
roster = "roster.csv"
secret = "secret.txt"

[exercises]
"""


def reference(id: str) -> str:
    return exercises()[id].reference


def wrong(id: str) -> str:
    return exercises()[id].wrong[0].source


def write_assignment(folder: Path, students: list[str], points: dict[str, float]) -> Path:
    """hw.toml with its roster and secret."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{name},{name.title()},{name}@example.org\n" for name in students]
    (folder / "roster.csv").write_text("id,name,email\n" + "".join(rows))
    (folder / "secret.txt").write_text("only-for-this-test-0123456789\n")
    lines = [f'"{name}" = {worth}\n' for name, worth in points.items()]
    path = folder / "hw.toml"
    path.write_text(ASSIGNMENT + "".join(lines))
    return path


def answered(notebook: dict[str, Any], answers: dict[str, str]) -> dict[str, Any]:
    """The notebook with these answers in their cells; the others stay as they are."""
    sources = {f"answer-{name}": source.strip() for name, source in answers.items()}
    cells = [
        {**cell, "source": sources[cell["id"]]} if cell["id"] in sources else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells}


def read_notebook(folder: Path) -> dict[str, Any]:
    """The only notebook in a release folder."""
    (path,) = folder.glob("*.ipynb")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def hand_in(path: Path, notebook: dict[str, Any], answers: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(answered(notebook, answers)), encoding="utf-8")


def gradcourse(*words: str, folder: Path) -> None:
    """Runs the command `gradcourse` in this process, which has torch loaded."""
    places = ("hw.toml", "submissions")
    assert main([str(folder / word) if word in places else word for word in words]) == 0


def run(*words: str, folder: Path) -> str:
    """What a program of this Python prints; fails with its messages if it fails."""
    done = subprocess.run(
        words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stderr[-3000:]}"
    return done.stdout
