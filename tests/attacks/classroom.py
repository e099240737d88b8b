"""Builds a class of all submissions, grades it with the command, and reads what came out."""

import csv
import ctypes
import hashlib
import importlib
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.attacks import cases
from tests.attacks.case import FULL, Case, Place, submit

SECRET = "key-of-the-instructor-0123456789abcdef"
PR_SET_CHILD_SUBREAPER = 36
LIMITS = {"seconds": 1, "memory_mib": 768}
LEFT_BEHIND = ("/tmp", "/var/tmp", "/dev/shm", str(Path.home()), str(Path.cwd()))


def all_cases() -> dict[str, Case]:
    """The cases by name; each with the student that it belongs to."""
    found = {}
    for module in pkgutil.iter_modules(cases.__path__):
        case: Case = importlib.import_module(f"{cases.__name__}.{module.name}").CASE
        student = case.student or module.name
        found[module.name] = replace(case, student=student, name=case.name or student.title())
    return found


@dataclass(frozen=True)
class Graded:
    """What the command left.

    Attributes:
        place: where the class lies.
        status, told: its exit status and what it printed.
        seconds: how long it took.
        survivors: processes that were still there when it had ended.
        reached: connections to the test's own server.
        before, after: digests of the instructor's and the students' files.
    """

    place: Place
    status: int
    told: str
    seconds: float
    survivors: tuple[str, ...]
    reached: int
    before: dict[str, str]
    after: dict[str, str]

    def lines(self, name: str = "grades.csv") -> list[str]:
        """The lines of a table."""
        return (self.place.out / name).read_text(encoding="utf-8").splitlines()

    def points(self) -> dict[str, dict[str, float]]:
        """Points by student and exercise."""
        found: dict[str, dict[str, float]] = {}
        with (self.place.out / "grades.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["student"], {})[row["exercise"]] = float(row["points"])
        return found

    def page(self, student: str) -> str:
        """A student's feedback."""
        return (self.place.out / "feedback" / f"{student}.html").read_text(encoding="utf-8")

    def overview(self) -> str:
        """The class's page."""
        return (self.place.out / "overview.html").read_text(encoding="utf-8")


class Server:
    """Listens on loopback, over TCP and an abstract socket, and counts who comes."""

    def __init__(self) -> None:
        self.reached = 0
        self.sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self.sockets[0].getsockname()[1]
        self.sockets.append(socket.socket(socket.AF_UNIX))
        self.sockets[1].bind(f"\0gradcourse-{self.port}")
        self.sockets[1].listen()
        for each in self.sockets:
            threading.Thread(target=self._serve, args=(each,), daemon=True).start()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.reached += 1
            connection.close()

    def close(self) -> None:
        for each in self.sockets:
            each.close()


def make_place(port: int) -> Place:
    """An empty class; only its folder for temporary files is open to other users."""
    root = Path(tempfile.mkdtemp(prefix="attacks-", dir="/tmp"))
    root.chmod(0o711)
    for name in ("submissions", "grades", "private"):
        (root / name).mkdir(mode=0o700)
    (root / "tmp").mkdir(mode=0o755)
    canary = root / "private" / "canary.txt"
    canary.write_text("alive")
    token = f"token{root.name.removeprefix('attacks-')}"
    pids = os.readlink("/proc/self/ns/pid")
    return Place(root, root / "submissions", root / "grades", canary, token, port, pids)


def write_class(place: Place, enrolled: Iterable[Case]) -> None:
    """Writes roster, secret, assignment and all submissions."""
    private, chosen = place.root / "private", list(enrolled)
    (private / "secret.txt").write_text(SECRET)
    with (private / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "name"])
        table.writerows((case.student, case.name) for case in chosen if case.enrolled)
    points = [f'"{name}" = {worth}' for name, worth in FULL.items()]
    limits = [f"{name} = {value}" for name, value in LIMITS.items()]
    head = ['title = "Homework"', "due = 2090-01-01T12:00:00+00:00", 'roster = "roster.csv"']
    head += ['secret = "secret.txt"', "[exercises]", *points, "[limits]", *limits]
    (private / "hw.toml").write_text("\n".join(head) + "\n")
    for case in chosen:
        (case.build or submit)(case, place)


def digests(place: Place) -> dict[str, str]:
    """A digest of each file that belongs to the instructor or to a student."""
    found = {}
    for folder in (place.root / "private", place.submissions):
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(place.root))
            if path.is_symlink():
                found[name] = os.readlink(path)
            elif path.is_file() and path.stat().st_size < 2**28:
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                found[name] = str(path.lstat().st_mode)
    return found


def grade(place: Place, server: Server | None = None, workers: int = 2) -> Graded:
    """Grades the class with the command, and catches every process that outlives it."""
    before = digests(place)
    code = "import sys; from gradcourse.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", code, "grade", str(place.submissions), "-o", str(place.out)]
    words += ["--assignment", str(place.root / "private" / "hw.toml"), "--workers", str(workers)]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.monotonic()
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            cwd=place.root,
            env={**os.environ, "TMPDIR": str(place.root / "tmp"), "TQDM_DISABLE": "1"},
            timeout=540,
        )
        seconds = time.monotonic() - started
        time.sleep(0.2)
        survivors = tuple(below(os.getpid()))
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    reached = server.reached if server else 0
    told = done.stdout + done.stderr
    return Graded(place, done.returncode, told, seconds, survivors, reached, before, digests(place))


def below(root: int) -> list[str]:
    """Command lines of the living processes below `root`."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            if stat[0] != "Z":
                parents[int(entry.name)] = int(stat[1])
                names[int(entry.name)] = words.decode(errors="replace")[:200]
    found, level = [], [root]
    while level:
        level = [pid for pid, parent in parents.items() if parent in level]
        found += [f"{pid}: {names[pid]}" for pid in level]
    return found


def strays(place: Place) -> list[str]:
    """Files that carry the attacks' token, wherever an attack may have left them."""
    import gradcourse

    found = [str(path) for path in (place.root / "tmp").iterdir()]
    for folder in (*LEFT_BEHIND, str(Path(gradcourse.__file__).parent)):
        found += [str(path) for path in Path(folder).glob(f"*{place.token}*")]
    return found + [str(p) for p in place.root.iterdir() if place.token in p.name]
