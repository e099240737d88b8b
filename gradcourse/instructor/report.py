"""Writes the results: tables for gradebooks, a page for each student, an overview of the class."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from gradcourse.instructor.assignment import Assignment, Student
from gradcourse.instructor.collect import Submission
from gradcourse.instructor.mark import Mark

MANUAL = "manual.csv"
MANUAL_COLUMNS = ("student", "exercise", "points", "comment")


@dataclass(frozen=True)
class Row:
    """What one student gets.

    Attributes:
        student: of the roster.
        counted: the submission that counts, or None.
        marks: of each exercise, after the late penalty and the manual scores.
        days: days late of that submission.
        others: files that were handed in and do not count.
        comments: of the instructor, by exercise.
    """

    student: Student
    counted: Submission | None
    marks: tuple[Mark, ...]
    days: int
    others: tuple[Submission, ...]
    comments: dict[str, str]

    @property
    def total(self) -> float:
        """Points in all."""
        return round(sum(m.points for m in self.marks), 2)


def write(
    assignment: Assignment,
    found: list[Submission],
    count: dict[str, list[Submission]],
    left_out: list[str],
    out: Path,
    marks_of: Callable[[Submission], list[Mark]],
) -> None:
    """Writes all results into `out`; `manual.csv` is made when missing, and else only read."""
    from gradcourse.instructor.pages import feedback, overview

    manual = read_manual(out / MANUAL, assignment)
    rows = []
    for student in assignment.roster:
        tried = [(s, marks_of(s)) for s in count[student.id]]
        own = [s for s in found if s.student == student.id]
        rows.append(_row(assignment, student, tried, own, manual))
    _table(out / "grades.csv", _grades(rows))
    _table(out / "canvas.csv", _canvas(assignment, rows))
    _table(out / "moodle.csv", _moodle(assignment, rows))
    (out / "feedback").mkdir(exist_ok=True)
    for row in rows:
        _text(out / "feedback" / f"{row.student.id}.html", feedback(assignment, row))
    _text(out / "overview.html", overview(assignment, rows, left_out))
    if not (out / MANUAL).exists():
        _table(out / MANUAL, [MANUAL_COLUMNS])


def read_manual(path: Path, assignment: Assignment) -> dict[tuple[str, str], tuple[float, str]]:
    """The instructor's own scores and comments, by student and exercise.

    Raises:
        ValueError: a row names nobody, no exercise, or no number.
    """
    if not path.exists():
        return {}
    known, found = {s.id for s in assignment.roster}, {}
    rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    for number, row in enumerate(rows, start=2):
        student, exercise = (row.get("student") or "").strip(), (row.get("exercise") or "").strip()
        if student not in known or exercise not in assignment.points:
            raise ValueError(f"{path.name}, line {number}: {student!r} or {exercise!r} is unknown")
        told = (row.get("points") or "").strip()
        try:
            points = float(told) if told else float("nan")
        except ValueError:
            raise ValueError(f"{path.name}, line {number}: {told!r} is no number") from None
        found[student, exercise] = (points, (row.get("comment") or "").strip())
    return found


def _row(
    assignment: Assignment,
    student: Student,
    tried: list[tuple[Submission, list[Mark]]],
    own: list[Submission],
    manual: dict[tuple[str, str], tuple[float, str]],
) -> Row:
    """The submission that gives most counts, after the penalty of each."""
    options = []
    for file, marks in tried:
        days = file.days_late(assignment)
        kept = 1.0 if assignment.late == "accept" else max(0.0, 1.0 - _per_day(assignment) * days)
        options.append((file, days, [replace(m, points=round(kept * m.points, 2)) for m in marks]))
    submission: Submission | None = None
    days = 0
    if options:
        submission, days, marks = max(options, key=lambda o: sum(m.points for m in o[2]))
    else:
        marks = [
            Mark(name, 0.0, float(p), 0, 0, "missing") for name, p in assignment.points.items()
        ]
    comments, scored = {}, []
    for m in marks:
        points, comment = manual.get((student.id, m.exercise), (float("nan"), ""))
        if points == points:
            m = replace(m, points=points, state="manual", look="")
        if comment:
            comments[m.exercise] = comment
        scored.append(m)
    others = tuple(s for s in own if s is not submission)
    return Row(student, submission, tuple(scored), days, others, comments)


def _per_day(assignment: Assignment) -> float:
    return assignment.late if isinstance(assignment.late, float) else 0.0


def safe(text: str) -> str:
    """A text as a spreadsheet's cell: on one line, and never a formula."""
    plain = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    plain = "".join(c for c in plain if c.isprintable())
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@") else plain


def _table(path: Path, rows: Iterable[Iterable[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([safe(cell) if isinstance(cell, str) else _number(cell) for cell in row])
    _text(path, text.getvalue())


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else ""


def _text(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", errors="replace")
    part.replace(path)


def _grades(rows: list[Row]) -> Iterable[Iterable[object]]:
    yield ("student", "name", "exercise", "points", "max", "state", "cases right", "cases",
           "mistake", "days late", "look", "file")  # fmt: skip
    for row in rows:
        who = (row.student.id, row.student.name)
        file = row.counted.file if row.counted else ""
        for m in row.marks:
            yield (*who, m.exercise, m.points, m.most, m.state, m.passed, m.cases, m.mistake,
                   row.days, m.look, file)  # fmt: skip
        most = sum(m.most for m in row.marks)
        yield (*who, "total", row.total, most, "", "", "", "", row.days, "", file)


def _canvas(assignment: Assignment, rows: list[Row]) -> Iterable[Iterable[object]]:
    """Columns of Canvas's gradebook import, and its row of possible points."""
    yield ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title)
    yield ("Points Possible", "", "", "", "", sum(assignment.points.values()))
    for row in rows:
        who = row.student
        yield (who.name, "", who.id, who.email or who.id, "", row.total)


def _moodle(assignment: Assignment, rows: list[Row]) -> Iterable[Iterable[object]]:
    """Columns that Moodle's gradebook import maps by itself."""
    yield ("ID number", "Full name", "Email address", assignment.title, "Feedback comments")
    for row in rows:
        told = "; ".join(f"{m.exercise}: {m.points:g}/{m.most:g}" for m in row.marks)
        yield (row.student.id, row.student.name, row.student.email, row.total, told)
