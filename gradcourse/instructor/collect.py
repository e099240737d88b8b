"""Finds submissions and reads the source of their answer cells. Nothing in them is executed."""

import csv
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gradcourse.instructor.assignment import Assignment, Student
from gradcourse.instructor.notebook import Notebook, read_notebook

LARGEST = 100 * 2**20  # bytes of a notebook


@dataclass(frozen=True)
class Submission:
    """One notebook that a student handed in.

    Attributes:
        student: the id in the roster.
        file: its path below the submissions' folder.
        time: when it was handed in.
        sources: of the answer cells, by the exercises' ids; those that were found.
        notes: what was odd about it.
        names: defined anywhere in the notebook, also outside of the answer cells.
        readable: whether the file holds a notebook.
    """

    student: str
    file: str
    time: datetime
    sources: dict[str, str]
    notes: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    readable: bool = True

    def days_late(self, assignment: Assignment) -> int:
        """Days begun after the deadline; 0 if it was met."""
        seconds = (self.time - assignment.due).total_seconds()
        return 0 if seconds <= 0 else int(seconds // 86_400) + 1


def collect(folder: Path | str, assignment: Assignment) -> tuple[list[Submission], list[str]]:
    """The submissions below a folder, oldest first, and what was left out and why.

    The first part of a path says whose it is: `<id>/…/any.ipynb`, `<id>.ipynb`,
    `<id>_anything.ipynb`, or the student's name as Moodle and Canvas write it. The time is the
    file's, unless the folder's own `times.csv` (file,time) says otherwise.

    Raises:
        ValueError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; give the one that holds the submissions")
    times, left_out = _times(folder, assignment), list[str]()
    found: list[Submission] = []
    for path in _files(folder, left_out):
        name = path.relative_to(folder).as_posix()
        students = whose(path.relative_to(folder), assignment.roster)
        if len(students) != 1:
            who = "nobody in the roster" if not students else "more than one student"
            left_out.append(f"{_printable(name)}: its name fits {who}")
            continue
        time = times.get(name) or datetime.fromtimestamp(
            path.stat().st_mtime, assignment.due.tzinfo
        )
        found.append(_read(path, _printable(name), students[0], time, assignment))
    return sorted(found, key=lambda s: (s.time, s.file)), left_out


def _files(folder: Path, left_out: list[str]) -> Iterator[Path]:
    """The notebooks below a folder: no links, no hidden ones, nothing but plain files."""
    for root, folders, files in os.walk(folder):
        for name in sorted(folders):
            if os.path.islink(os.path.join(root, name)):
                left_out.append(f"{_printable(name)}: a link; links are not followed")
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(files):
            path = Path(root, name)
            if name.casefold().endswith(".ipynb") and name[0] != ".":
                told = path.lstat()
                shown = _printable(path.relative_to(folder).as_posix())
                if stat.S_ISLNK(told.st_mode):
                    left_out.append(f"{shown}: a link; links are not followed")
                elif not stat.S_ISREG(told.st_mode):
                    left_out.append(f"{shown}: not a plain file")
                else:
                    yield path


def _printable(name: str) -> str:
    """A file's name as a text that can be written anywhere."""
    return "".join(c if c.isprintable() else "?" for c in name)


def _plain(name: str) -> str:
    """Letters and digits only, without case and accents' forms."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c.isalnum())


def whose(path: Path, roster: tuple[Student, ...]) -> list[Student]:
    """The students that the first part of a path may mean."""
    first = path.parts[0]
    stem = unicodedata.normalize("NFKC", first).casefold().removesuffix(".ipynb")
    exact = [s for s in roster if s.id.casefold() == stem]
    if exact:
        return exact
    begun = [s for s in roster if re.match(re.escape(s.id.casefold()) + r"(_|[^\w@+])", stem)]
    if begun:
        longest = max(len(s.id) for s in begun)
        return [s for s in begun if len(s.id) == longest]
    head = stem.split("_")[0]  # Moodle: "Ada Lovelace_17_assignsubmission_file_"
    return [s for s in roster if _plain(head) in _spellings(s.name)]


def _spellings(name: str) -> set[str]:
    """Ada Lovelace: adalovelace, and Canvas's lovelaceada."""
    words = name.replace(",", " ").split()
    return {_plain(name), _plain(words[-1] + "".join(words[:-1]))} if words else set()


def _times(folder: Path, assignment: Assignment) -> dict[str, datetime]:
    table = folder / "times.csv"
    if not table.is_file() or table.is_symlink():
        return {}
    found = {}
    for row in csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()):
        try:
            time = datetime.fromisoformat(row["time"].strip())
        except (KeyError, ValueError, AttributeError):
            raise ValueError(f"{table}: {row!r} is not file,time with a time such as "
                             "2026-12-04T18:00:00+01:00") from None  # fmt: skip
        found[row["file"]] = time if time.tzinfo else time.replace(tzinfo=assignment.due.tzinfo)
    return found


def _read(
    path: Path, name: str, student: Student, time: datetime, assignment: Assignment
) -> Submission:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has {path.stat().st_size >> 20} MiB")
        notebook = read_notebook(path.read_bytes())
    except (ValueError, OSError, RecursionError, MemoryError) as error:
        note = f"the notebook cannot be read: {str(error)[:200] or type(error).__name__}"
        return Submission(student.id, name, time, {}, (note,), readable=False)
    sources, notes = _answers(notebook, student, assignment)
    return Submission(student.id, name, time, sources, (*notebook.notes, *notes), notebook.names())


def _answers(
    notebook: Notebook, student: Student, assignment: Assignment
) -> tuple[dict[str, str], list[str]]:
    wanted = [assignment.exercise(name, student.id) for name in assignment.points]
    sources, notes = {}, []
    for exercise in wanted:
        alone = sum(other.answer == exercise.answer for other in wanted) == 1
        source, told = notebook.answer(exercise, by_name=alone)
        notes += [f"{exercise.id}: {note}" for note in told]
        if source is not None:
            sources[exercise.id] = source
    return sources, notes
