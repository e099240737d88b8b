"""Reads the cells of a notebook that may be broken, old, or edited by hand."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gradcourse.exercises.declare import Exercise

LONGEST = 200_000  # characters of an answer
LINES = 20_000  # of a cell, that are searched for definitions
DEFINED = re.compile(
    r"(?:async[ ]+def|def|class)[ ]+(\w+)|(\w+(?:[ ]*,[ ]*\w+)*)[ ]*(?::[^=]*)?=(?!=)"
    r"|(?:from[ ]+[\w.]+[ ]+)?import[ ]+([\w ,.]+)"
)


@dataclass(frozen=True)
class Cell:
    """One cell: its id, what the assignment noted about it, its type and its source."""

    id: str
    tag: str
    type: str
    source: str

    @cached_property
    def defines(self) -> frozenset[str]:
        """Names that it defines or imports at its top level, found without executing it."""
        lines = [line[:500] for line in self.source[:LONGEST].split("\n", LINES)[:LINES]]
        found = (match for line in lines if (match := DEFINED.match(line)))
        words = (word for match in found for word in match.groups() if word)
        return frozenset(part.split(".")[0] for word in words for part in re.split(r"[ ,]+", word))


@dataclass(frozen=True)
class Notebook:
    """The cells of a notebook, and what was odd about it."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()

    def names(self) -> frozenset[str]:
        """All names that its code cells define."""
        return frozenset().union(*(cell.defines for cell in self.cells if cell.type == "code"))

    def answer(self, exercise: Exercise, *, by_name: bool) -> tuple[str | None, list[str]]:
        """The source of an exercise's answer cell, or None, and notes.

        By the cell's id; then by the place before the exercise's check; then, if `by_name`, by
        the name that it defines. Of several cells the last that was worked on counts.
        """
        key, notes = f"answer-{exercise.id}", []
        own = [cell for cell in self.cells if key in (cell.id, cell.tag)]
        found = _worked_on(own, exercise)
        if len(own) > 1:
            notes.append(f"its cell stands there {len(own)} times; the last one worked on counted")
        if not found:
            place = self._place(exercise, own)
            if _worked_on(place, exercise):
                joined = "\n".join(cell.source for cell in place)
                found = [Cell("", "", "code", joined)]
            elif by_name:
                found = _worked_on(self._named(exercise), exercise)
            if found:
                notes.append("found by what it defines: its cell was not there or not worked on")
        found = found or own
        if not found:
            return None, [*notes, "no answer cell was found"]
        cell = found[-1]
        if cell.type != "code":
            notes.append(f"its cell is of type {cell.type}; it was read as code")
        if len(cell.source) > LONGEST:
            return None, [*notes, f"its cell has more than {LONGEST} characters"]
        return cell.source, notes

    def _foreign(self, cell: Cell) -> bool:
        """True for an answer cell; what belongs to another exercise does not count here."""
        return cell.id.startswith("answer-") or cell.tag.startswith("answer-")

    def _place(self, exercise: Exercise, own: list[Cell]) -> list[Cell]:
        """The code cells from the check before, or the heading, to this exercise's check."""
        since: list[Cell] = []
        for cell in self.cells:
            if f'check("{exercise.id}")' in cell.source.replace("'", '"').replace(" ", ""):
                return [*since, cell] if exercise.answer in cell.defines else since
            if "check(" in cell.source or cell.id.startswith("exercise-"):
                since = []
            elif cell.type == "code" and (cell in own or not self._foreign(cell)):
                since.append(cell)
        return []

    def _named(self, exercise: Exercise) -> list[Cell]:
        return [c for c in self.cells if exercise.answer in c.defines and not self._foreign(c)]


def _worked_on(cells: list[Cell], exercise: Exercise) -> list[Cell]:
    """Those that define the answer and differ from the starter."""
    starter = exercise.starter.split()
    return [c for c in cells if exercise.answer in c.defines and c.source.split() != starter]


def read_notebook(content: bytes) -> Notebook:
    """The notebook that some bytes hold, in any version of the format.

    Raises:
        ValueError: they hold none.
        RecursionError: containers inside containers without end.
    """
    try:
        told = json.loads(content.decode("utf-8-sig", errors="replace"))
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error.msg}, line {error.lineno})") from None
    if not isinstance(told, dict):
        raise ValueError("it holds no notebook")
    sheets = told.get("worksheets")
    cells = told.get("cells")
    if isinstance(sheets, list):  # before format 4
        cells = [c for s in sheets if isinstance(s, dict) for c in s.get("cells") or []]
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    notes = []
    if told.get("nbformat") != 4:
        notes.append(f"the notebook is in the old format {str(told.get('nbformat'))[:10]}")
    kernel = _part(_part(told, "metadata"), "kernelspec")
    language = str(kernel.get("language") or kernel.get("name") or "python")[:30]
    if "python" not in language.casefold():
        notes.append(f"the notebook was made for {language}; its answers were read as Python")
    return Notebook(tuple(_cell(c) for c in cells if isinstance(c, dict)), tuple(notes))


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _cell(told: dict[str, Any]) -> Cell:
    source = told.get("source", told.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    tag = _part(told, "metadata").get("gradcourse")
    return Cell(
        str(told.get("id", ""))[:100],
        str(tag or "")[:100],
        str(told.get("cell_type", ""))[:20],
        source.replace("\r\n", "\n") if isinstance(source, str) else "",
    )
