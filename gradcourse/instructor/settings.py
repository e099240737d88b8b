"""The settings of an assignment's TOML file, one by one; errors say what to write."""

import csv
import io
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gradcourse.instructor.isolate import Limits

SECRET = "GRADCOURSE_SECRET"
SHORTEST = 16  # characters of a secret


@dataclass(frozen=True)
class Student:
    """One row of the roster."""

    id: str
    name: str
    email: str = ""


def read_title(told: dict[str, Any]) -> str:
    title = told.get("title")
    if not isinstance(title, str) or not title.strip():
        raise ValueError('title is missing; write title = "Homework 1"')
    return " ".join(title.split())


def read_due(due: Any) -> datetime:
    example = "write due = 2026-12-04T23:59:00+01:00, without quotes"
    if not isinstance(due, datetime):
        raise ValueError(f"due must be a date with a time, got {due!r}; {example}")
    if due.tzinfo is None:
        raise ValueError(f"due = {due.isoformat()} has no time zone; {example}")
    return due


def read_secret(folder: Path, name: Any) -> str:
    how = (
        f'write secret = "secret.txt", a file of {SHORTEST} characters or more that only you can '
        f"read, or set {SECRET}; make one with: python -c 'import secrets; "
        "print(secrets.token_hex())' > secret.txt"
    )
    if isinstance(name, str):
        try:
            secret = (folder / name).read_text(encoding="utf-8").strip()
        except OSError:
            raise ValueError(f"there is no secret in {folder / name}; {how}") from None
    else:
        secret = os.environ.get(SECRET, "").strip()
    if len(secret) < SHORTEST:
        raise ValueError(f"the secret has {len(secret)} characters; {how}")
    return secret


def read_late(told: Any) -> str | float:
    share = told.get("per_day") if isinstance(told, dict) else None
    if isinstance(share, (int, float)) and 0 < share <= 1:
        return float(share)
    if told in ("refuse", "accept"):
        return str(told)
    raise ValueError(
        f'late must be "refuse", "accept" or {{per_day = 0.1}}, a share of the points; got {told!r}'
    )


def read_limits(told: Any) -> Limits:
    units = {"memory_mib": ("memory", 2**20), "processes": ("processes", 1),
             "file_mib": ("file_size", 2**20), "seconds": ("seconds", 1)}  # fmt: skip
    if not isinstance(told, dict) or told.keys() - units.keys():
        raise ValueError(f"[limits] may hold {', '.join(units)}; got {told!r}")
    for name, value in told.items():
        if type(value) not in (int, float) or not value > 0:
            raise ValueError(f"[limits] {name} must be a number above 0, got {value!r}")
    return Limits(
        **{field: told[name] * unit for name, (field, unit) in units.items() if name in told}
    )


def read_roster(folder: Path, name: Any) -> tuple[Student, ...]:
    how = 'write roster = "roster.csv", a file with the columns id,name,email'
    if not isinstance(name, str):
        raise ValueError(f"roster is missing; {how}")
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except OSError:
        raise ValueError(f"there is no roster in {folder / name}; {how}") from None
    rows = [{str(k).strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
            for row in csv.DictReader(io.StringIO(text, newline=""))]  # fmt: skip
    if not rows or not {"id", "name"} <= rows[0].keys():
        raise ValueError(f"{name} has no students, or no columns id and name; {how}")
    students: dict[str, Student] = {}
    for number, row in enumerate(rows, start=2):
        key = row["id"]
        if not re.fullmatch(r"\w[\w@.+-]{0,63}", key):
            raise ValueError(
                f"{name}, line {number}: the id {key!r} must be letters, digits and . _ @ + - "
                "only, a letter or digit first"
            )
        if key.casefold() in students:
            raise ValueError(f"{name}, line {number}: the id {key!r} stands there twice")
        students[key.casefold()] = Student(key, row["name"], row.get("email", ""))
    return tuple(students.values())
