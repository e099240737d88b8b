"""What stands around an answer's process: bubblewrap, another user, an environment of its own."""

import importlib.util
import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradcourse

PACKAGE = Path(gradcourse.__file__).parent
LEFT_OUT = {"exercises", "instructor", "cli.py", "__pycache__"}
WORKER = ("__init__.py", "describe.py", "guard.py", "kernel.py", "parts.py", "rebuild.py",
          "wire.py", "worker.py", "zygote.py")  # fmt: skip
STUB = '"""Not here: answers are graded without references."""\n' + "".join(
    f"def {name}(*args, **kwargs): return None\n" for name in ("check", "hint", "solution")
)
LIBRARIES = ("torch", "numpy", "sklearn", "scipy")
SIZE = str(64 * 2**20)  # bytes of the only writable folder


def copy_course(folder: Path) -> None:
    """The package without references, cases, or anything of the instructor's but the worker."""
    target = folder / "course" / "gradcourse"
    shutil.copytree(PACKAGE, target, ignore=lambda at, names: _ignored(Path(at), names))
    (target / "instructor").mkdir()
    (target / "exercises").mkdir()
    (target / "exercises" / "__init__.py").write_text(STUB)
    for name in WORKER:
        shutil.copy(PACKAGE / "instructor" / name, target / "instructor" / name)


def _ignored(at: Path, names: list[str]) -> list[str]:
    return [name for name in names if name in LEFT_OUT and (at == PACKAGE or name[0] == "_")
            and name != "__init__.py"]  # fmt: skip


def libraries() -> list[Path]:
    """The folders that Python, torch and numpy live in."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).parent}
    found.add(Path(os.path.realpath(sys.executable)).parents[1])
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            found.add(Path(spec.origin).parents[1])
    whole = sorted(path.absolute() for path in found)
    return [p for p in whole if not any(q != p and p.is_relative_to(q) for q in whole)]


@dataclass(frozen=True)
class Box:
    """One way to start the zygote.

    Attributes:
        name: "bwrap", "user" or "plain".
        bwrap: path of bubblewrap, or "".
        uid: the user that answers run as, or None for the grader's own.
        missing: what this way does not keep answers from.
    """

    name: str
    bwrap: str
    uid: int | None
    missing: tuple[str, ...]

    def settings(self, folder: Path) -> dict[str, Any]:
        """What the zygote needs to know; also writes its files into `folder`."""
        folder.chmod(0o755)
        copy_course(folder)
        (folder / "job").mkdir()
        (folder / "job").chmod(0o1777)
        folders = ["/job", "/dev/shm"] if self.bwrap else [str(folder / "job")]
        return {"uid": self.uid, "own_world": bool(self.bwrap), "folders": folders}

    def environment(self, folder: Path) -> dict[str, str]:
        """The environment of an answer's process: nothing of the grader's."""
        home = "/job" if self.bwrap else str(folder / "job")
        course = "/course" if self.bwrap else str(folder / "course")
        places = {str(Path(s.origin).parents[1]) for n in LIBRARIES
                  if (s := importlib.util.find_spec(n)) and s.origin}  # fmt: skip
        return {
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": home, "TMPDIR": home,
            "MPLCONFIGDIR": home, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join([course, *sorted(places)]), "TQDM_DISABLE": "1",
            "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
        }  # fmt: skip

    def command(self, folder: Path, hide: tuple[Path, ...]) -> list[str]:
        """The words before Python's own: bubblewrap's, or none."""
        if not self.bwrap:
            return []
        apart = ("pid", "net", "ipc", "uts", "cgroup-try")
        words = [self.bwrap, "--die-with-parent", "--new-session"]
        words += [f"--unshare-{what}" for what in apart]
        if self.uid is None:
            words += ["--unshare-user", "--disable-userns"]
        else:
            caps = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL")
            words += ["--cap-drop", "ALL", *(w for cap in caps for w in ("--cap-add", cap))]
        for place in ("/usr", "/lib", "/lib64", "/bin", "/sbin"):
            if os.path.islink(place):
                words += ["--symlink", os.readlink(place), place]
            elif os.path.isdir(place):
                words += ["--ro-bind", place, place]
        words += ["--perms", "0755", "--dir", "/etc"]
        for place in ("/etc/ld.so.cache", "/etc/alternatives"):
            words += ["--ro-bind-try", place, place]
        bound = [p for p in libraries() if not p.is_relative_to("/usr")]
        for path in bound:  # bwrap would make the folders above closed to other users
            above = [parent for parent in reversed(path.parents) if parent != Path("/")]
            words += [w for parent in above for w in ("--perms", "0755", "--dir", str(parent))]
            words += ["--ro-bind", str(path), str(path)]
        seen = [Path("/usr"), *bound]
        for path in {PACKAGE, *(p.absolute() for p in hide)}:
            if path.is_dir() and any(path.is_relative_to(place) for place in seen):
                words += ["--tmpfs", str(path), "--remount-ro", str(path)]
        own = ["--perms", "1777", "--size", SIZE, "--tmpfs"]
        words += ["--proc", "/proc", "--dev", "/dev", *own, "/dev/shm", *own, "/job"]
        return [*words, "--ro-bind", str(folder / "course"), "/course", "--remount-ro", "/",
                "--chdir", "/job"]  # fmt: skip


NO_BWRAP = (
    "bubblewrap (bwrap) is not installed, or is not allowed to make namespaces here: answers can "
    "use the network, read what their user may read (the course's references among it) and write "
    "where their user may write. Install it: apt-get install bubblewrap"
)
NO_USER = (
    "answers run as your own user: they can read and change your files, and this grader's. Run it "
    "where bubblewrap works, or as root, which gives answers a user of their own"
)
ROOT = (
    "answers run as root, because another user cannot read this Python's folders: do not grade "
    "answers of people whom you do not know. Install bubblewrap, or Python where all can read it"
)


_counter = itertools.count()  # two places of one process do not share a user


def boxes() -> Iterator[Box]:
    """The ways that may work here, best first."""
    bwrap = shutil.which("bwrap") or ""
    root = os.geteuid() == 0
    uid = 60_100 + (os.getpid() + 977 * next(_counter)) % 5_000 if root else None
    if bwrap:
        yield Box("bwrap", bwrap, uid, ())
    if root and all(_readable_by_all(path) for path in libraries()):
        yield Box("user", "", uid, (NO_BWRAP,))
    yield Box("plain", "", None, (NO_BWRAP, ROOT if root else NO_USER))


def _readable_by_all(path: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (path, *path.parents))
