"""JupyterHub with the guide's configuration: two students, their lessons, what they hand in.

As root the students are real Unix users, in a mount namespace where they exist; elsewhere
JupyterHub's simple spawner stands for them. Only passwords and ports differ from the guide.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .classroom import answered, gradcourse, read_notebook, reference, write_assignment, wrong
from .conftest import needs
from .guide import block
from .hub import ROOT, Student, can_add_users, running

POINTS = {"02-growth": 2.0}
USERS = {"ada": 17001, "ben": 17002}
LOOK = """
import os, gradcourse, pathlib
inbox = pathlib.Path("~/submit").expanduser().resolve().parent
print(os.getuid(), [os.access(inbox / name, os.R_OK) for name in ("ada", "ben")])
"""


@pytest.fixture(scope="module")
def course() -> Iterator[Path]:
    """What the guide's commands put on the server; hw.toml beside it."""
    needs("hub", "proxy")
    with tempfile.TemporaryDirectory(prefix="gradcourse-hub-") as name:
        Path(name).chmod(0o755)  # pytest's own folders are closed to other users
        yield set_up(Path(name))


def set_up(folder: Path) -> Path:
    write_assignment(folder, list(USERS), POINTS)
    course = folder / "course"
    gradcourse("assign", "hw.toml", "-o", str(course / "release"), folder=folder)
    shutil.copytree(ROOT / "lessons", course / "lessons")
    (course / "inbox").mkdir(mode=0o751)
    return course


@pytest.fixture(scope="module")
def students(course: Path) -> Iterator[list[Student]]:
    folder = course.parent
    config = folder / "jupyterhub_config.py"
    config.write_text(block("# jupyterhub_config.py"))
    with running(folder, course, config, USERS) as address, ThreadPoolExecutor() as pool:
        yield list(pool.map(lambda name: Student(address, name, folder), USERS))


def test_lessons_are_there_and_open(students: list[Student]) -> None:
    for student in students:
        found = student.get("api/contents/lessons").json()["content"]
        assert {file["name"] for file in found} >= {"00_start_here.ipynb", "02_deep_nets.ipynb"}
        page = student.get("lab/tree/lessons/00_start_here.ipynb")
        assert page.ok
        assert "JupyterLab" in page.text


def test_a_kernel_runs_as_its_student(students: list[Student]) -> None:
    with ThreadPoolExecutor() as pool:
        seen = list(pool.map(lambda s: s.run("lessons/00_start_here.ipynb", LOOK), students))
    if can_add_users():
        assert seen == [f"{USERS['ada']} [True, False]\n", f"{USERS['ben']} [False, True]\n"]
    else:
        assert all("[True, True]" in text for text in seen)


def test_nobody_enters_the_server_of_another(students: list[Student]) -> None:
    ada, ben = students
    assert ada.get("api/contents/", user="ben").status_code in (403, 404)
    assert ben.get("api/contents/", user="ada").status_code in (403, 404)


def test_what_they_save_is_graded(students: list[Student], course: Path) -> None:
    notebook = read_notebook(course / "release")
    for student, answer in zip(students, (reference, wrong), strict=True):
        content = answered(notebook, {"02-growth": answer("02-growth")})
        saved = {"type": "notebook", "format": "json", "content": content}
        student.send("PUT", "api/contents/submit/hw.ipynb", saved)
    folder = course.parent
    shutil.copytree(course / "inbox", folder / "submissions", symlinks=True)
    out = str(folder / "grades")
    gradcourse("grade", "submissions", "--assignment", "hw.toml", "-o", out, folder=folder)
    with (folder / "grades/grades.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if "02-growth" in row.values()]
    assert [row["student"] for row in rows] == ["ada", "ben"]
    assert float(rows[0]["points"]) == 2.0
    assert float(rows[1]["points"]) < 2.0
