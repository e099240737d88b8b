"""Isolation where something is missing: no bubblewrap, no root, or neither."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradcourse.instructor import box

NOBODY = 65534
SITE = Path(str(importlib.util.find_spec("torch").origin)).parents[1]  # type: ignore[union-attr]
SCRIPT = """
import json, os, sys, time
import gradcourse
from gradcourse.exercises import exercises
from gradcourse.instructor import box
from gradcourse.instructor.isolate import Answer, Isolated, Limits
from gradcourse.instructor.mark import mark

if sys.argv[1] != "bwrap":
    box.shutil.which = lambda name: None
growth, long = exercises()["02-growth"], str(600 + os.getpid())
fresh = [growth.fresh(gradcourse.generator(7))]
answers = {
    "right": "",
    "wrong": "",
    "loop": '''
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
''',
    "orphan": f'''
import os
if os.fork() == 0:
    os.setsid()
    os.execv("/bin/sleep", ["sleep", "{long}"])
''',
    "kills": '''
import os, signal
os.kill(os.getppid(), signal.SIGKILL)
''',
    "files": '''
for number in range(200):
    with open(f"{number}.bin", "wb") as file:
        file.write(bytes(15 * 2**20))
''',
    "right again": "",
}
if sys.argv[1] == "bwrap" or os.geteuid() == 0:  # else it would stay on this machine
    leave = '''
import ctypes
found = ctypes.CDLL(None).shmget(0x67726165, 0, 0)
ctypes.CDLL(None).shmget(0x67726165, 4096, 0o1600)
if found >= 0:
    raise MemoryError("an answer before this one left something")
'''
    answers |= {"leaves": leave, "looks": leave}
told = {}
with Isolated(Limits(seconds=1.0)) as place:
    for name, source in answers.items():
        begin = time.monotonic()
        source += growth.wrong[0].source if name == "wrong" else growth.reference
        found = mark(place, growth, source, fresh)
        told[name] = [found.state, found.points, " ".join(found.feedback)]
        told[name].append(time.monotonic() - begin)
    words = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words.append(open(f"/proc/{pid}/cmdline").read())
        except OSError:
            pass
    told["left"] = sum(line == f"sleep\\0{long}\\0" for line in words)
    who = f"import os\\nseen = [os.getuid(), os.access({gradcourse.__file__!r}, os.R_OK)]"
    with Answer(place, who, "seen", 1) as answer:
        told["who"] = answer.call(()).value
    told["box"], told["missing"] = place.box.name, place.box.missing
print(json.dumps(told))
"""
LOOP = "is there a loop without end?"


def _python_for_all() -> str:
    """A Python that every user may run, with the folders that torch and the course are in."""
    same = shutil.which("python3", path="/usr/bin:/usr/local/bin") or ""
    for path in filter(None, (sys.executable, same)):
        words = [path, "-c", "import sys; print(*sys.version_info[:2], sys.base_prefix)"]
        *version, base = subprocess.check_output(words, text=True).split()
        folders = [Path(base), Path(os.path.realpath(path)), SITE, box.PACKAGE]
        fits = version == [str(n) for n in sys.version_info[:2]]
        if fits and all(box._readable_by_all(folder) for folder in folders):
            return path
    pytest.skip("no Python here that another user may run with this torch")


def run_as(user: int | None, way: str) -> dict[str, Any]:
    """What came of the answers for a grader of this user."""
    python = sys.executable if user is None else _python_for_all()
    places = os.pathsep.join([str(box.PACKAGE.parent), str(SITE)])
    found = subprocess.run(
        [python, "-P", "-B", "-c", SCRIPT, way], capture_output=True, text=True, cwd="/",
        timeout=240, check=False,
        user=user, group=user, extra_groups=None if user is None else [],
        env={**os.environ, "PYTHONPATH": places, "HOME": "/nonexistent", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-2000:]
    told: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return told


def require_fair(told: dict[str, Any]) -> None:
    """Right, wrong and hostile answers got what they must get, and nothing stays."""
    assert told["right"][:2] == ["right", 2.0], told["right"]
    assert told["wrong"][:2] == ["wrong", 0.0]
    assert told["loop"][1] == 0.0
    assert LOOP in told["loop"][2]
    assert told["loop"][3] < 30
    assert told["orphan"][:2] == ["right", 2.0], told["orphan"]
    assert told["left"] == 0
    assert told["files"][1] == 0.0
    assert "more than 64 MiB" in told["files"][2] or "No space left" in told["files"][2]
    for name in {"leaves", "looks"} & told.keys():
        assert told[name][:2] == ["right", 2.0], told[name]
    assert told["right again"][:2] == ["right", 2.0], told


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
def test_a_normal_user_with_bubblewrap() -> None:
    told = run_as(NOBODY if os.geteuid() == 0 else None, "bwrap")
    if told["box"] != "bwrap":
        pytest.skip("a normal user may not make namespaces here")
    require_fair(told)
    assert told["missing"] == []
    assert told["who"][1] is False


def test_a_normal_user_without_bubblewrap() -> None:
    told = run_as(NOBODY if os.geteuid() == 0 else None, "without")
    require_fair(told)
    assert told["box"] == "plain"
    assert told["missing"] == [box.NO_BWRAP, box.NO_USER]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give answers another user")
def test_root_without_bubblewrap_gives_answers_another_user() -> None:
    told = run_as(0, "without")
    require_fair(told)
    assert told["box"] == "user"
    assert told["missing"] == [box.NO_BWRAP]
    assert 60_000 < told["who"][0] < 66_000
    assert told["kills"][:2] == ["wrong", 0.0]
    assert "PermissionError" in told["kills"][2]


@pytest.mark.parametrize(
    ("root", "readable", "names", "missing"),
    [
        (True, True, ["user", "plain"], (box.NO_BWRAP,)),
        (True, False, ["plain"], (box.NO_BWRAP, box.ROOT)),
        (False, True, ["plain"], (box.NO_BWRAP, box.NO_USER)),
    ],
)
def test_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, root: bool, readable: bool, names: list[str],
    missing: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(box, "_readable_by_all", lambda path: readable)
    found = list(box.boxes())
    assert [way.name for way in found] == names
    assert found[0].missing == missing
