"""An assignment: which exercises, how many points, until when, for whom."""

import difflib
import hashlib
import hmac
import importlib.util
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gradcourse.device import generator
from gradcourse.exercises import exercises
from gradcourse.exercises.declare import Exercise
from gradcourse.instructor.isolate import Limits
from gradcourse.instructor.settings import (
    Student,
    read_due,
    read_late,
    read_limits,
    read_roster,
    read_secret,
    read_title,
)

__all__ = ["Assignment", "Student", "available"]

KEYS = {"title", "due", "roster", "secret", "late", "variants", "private", "exercises", "limits"}


@dataclass(frozen=True)
class Assignment:
    """What an assignment's TOML file declares; `Assignment.read` says how it is written.

    Attributes:
        title: what students see.
        due: the deadline, with its time zone.
        secret: what seeds the fresh cases and the variants; never leaves the instructor.
        points: of each exercise, by its id, in the file's order.
        roster: the students, in the roster's order.
        late: "refuse", "accept", or the share of the points that each day begun costs.
        variants: every student gets numbers of their own, where an exercise offers that.
        private: folder of the instructor's own exercises, or None.
        limits: what one answer may use.
        folder: where the file lies.
    """

    title: str
    due: datetime
    secret: str = field(repr=False)
    points: Mapping[str, float]
    roster: tuple[Student, ...]
    late: str | float = "refuse"
    variants: bool = False
    private: Path | None = None
    limits: Limits = field(default_factory=Limits)
    folder: Path = Path()

    @staticmethod
    def read(path: Path | str, *, private: Path | str | None = None) -> "Assignment":
        """The assignment of a TOML file; paths in it are relative to its folder.

        Args:
            path: the file.
            private: folder of the instructor's own exercises, instead of the file's.

        Raises:
            ValueError: something is missing or wrong; the message says what to write.
        """
        path = Path(path)
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ValueError(f"there is no file {path}; give the assignment's TOML file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name} is not TOML: {error}") from None
        if strange := sorted(told.keys() - KEYS):
            close = difflib.get_close_matches(strange[0], KEYS, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; it may hold {sorted(KEYS)}"
            raise ValueError(f"{path.name}: there is no key {strange[0]!r}{hint}")
        folder = path.absolute().parent
        own = Path(private).absolute() if private else _inside(folder, told.get("private"))
        return Assignment(
            title=read_title(told),
            due=read_due(told.get("due")),
            secret=read_secret(folder, told.get("secret")),
            points=_points(told.get("exercises"), own),
            roster=read_roster(folder, told.get("roster")),
            late=read_late(told.get("late", "refuse")),
            variants=told.get("variants", False) is True,
            private=own,
            limits=read_limits(told.get("limits", {})),
            folder=folder,
        )

    def exercise(self, id: str, student: str | None = None) -> Exercise:
        """An exercise as this student has it: with numbers of their own, if there are such."""
        found = available(self.private)[id]
        if not self.variants or found.variant is None or student is None:
            return found
        return found.variant(generator(self.seed(student, id, "variant")))

    def seed(self, student: str, exercise: str, use: str = "fresh") -> int:
        """A number that follows from the secret, the student's id, the exercise and the use."""
        words = "\0".join([use, exercise, student]).encode("utf-8")
        digest = hmac.digest(self.secret.encode("utf-8"), words, hashlib.sha256)
        return int.from_bytes(digest[:8], "big") >> 1


def available(private: Path | None) -> dict[str, Exercise]:
    """The course's exercises, and those of a private folder, by id."""
    return exercises() | {e.id: e for e in _load(private)} if private else exercises()


def _load(folder: Path) -> Iterator[Exercise]:
    """The EXERCISES of each Python file in a folder."""
    if not folder.is_dir():
        raise ValueError(f"private: there is no folder {folder}")
    for path in sorted(folder.glob("*.py")):
        name = f"gradcourse_private_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
            try:
                spec.loader.exec_module(sys.modules[name])
            except BaseException:
                del sys.modules[name]
                raise
        for exercise in getattr(sys.modules[name], "EXERCISES", ()):
            if exercise.id in exercises():
                raise ValueError(f"{path.name}: the course has an exercise {exercise.id!r}; rename")
            yield exercise


def _inside(folder: Path, name: Any) -> Path | None:
    return None if name is None else folder / str(name)


def _points(told: Any, private: Path | None) -> dict[str, float]:
    known = available(private)
    if isinstance(told, list):
        told = {name: getattr(known.get(name), "points", 1) for name in told}
    if not isinstance(told, dict) or not told:
        raise ValueError(
            'exercises is missing; write [exercises], then lines such as "02-growth" = 2'
        )
    for name, points in told.items():
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.0)
            raise ValueError(f"there is no exercise {name!r}; did you mean {close[0]!r}?")
        if type(points) not in (int, float) or not 0 < points < 1e6:
            raise ValueError(f"{name!r}: points must be a number above 0, got {points!r}")
    return dict(told)
