"""What the zygote asks of Linux: limits, who runs below whom, and what outlives a process."""

import ctypes
import os
import platform
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 36, 38
KEYCTL = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
JOIN_SESSION_KEYRING, KEYCTL_CLEAR = 1, 7
USER_KEYRING, USER_SESSION_KEYRING = -4, -5
IPC_RMID = 0
MOST_FILES = 4000  # that an answer may leave; more are not counted


def control(option: int, value: int) -> None:
    """Sets a property of this process (prctl)."""
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def own_keys() -> None:
    """Gives this process a session keyring of its own: it sees no keys of who started it."""
    if KEYCTL is not None:
        ctypes.CDLL(None).syscall(KEYCTL, JOIN_SESSION_KEYRING, None)


def forget_keys() -> None:
    """Empties the keyrings of this process's user."""
    for ring in (USER_KEYRING, USER_SESSION_KEYRING) if KEYCTL is not None else ():
        ctypes.CDLL(None).syscall(KEYCTL, KEYCTL_CLEAR, ring)


def shared(uid: int | None = None) -> list[tuple[str, int]]:
    """System V memory, queues and semaphores: kind and id; of one user, or of all."""
    found = []
    for kind, column in (("shm", "shmid"), ("msg", "msqid"), ("sem", "semid")):
        try:
            head, *rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        except (OSError, ValueError):
            continue
        for row in rows:
            told = dict(zip(head.split(), row.split(), strict=False))
            if uid is None or int(told["uid"]) == uid:
                found.append((kind, int(told[column])))
    return found


def remove(things: list[tuple[str, int]]) -> None:
    """Removes System V memory, queues and semaphores, as far as this user may."""
    libc = ctypes.CDLL(None)
    for kind, number in things:
        if kind == "sem":
            libc.semctl(number, 0, IPC_RMID)
        else:
            (libc.shmctl if kind == "shm" else libc.msgctl)(number, IPC_RMID, None)


def pages(pid: int | str) -> int:
    """Resident pages of a process; 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def descendants(root: int) -> list[int]:
    """Ids of the processes below `root`, found in /proc."""
    parent = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text(errors="replace")
                parent[int(entry)] = int(stat.rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
    found, below = [], [root]
    while below:
        below = [pid for pid, above in parent.items() if above in below]
        found += below
    return found


def set_limits(job: dict[str, Any]) -> None:
    """Limits this process and what it starts."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: now + job["memory"],
        resource.RLIMIT_FSIZE: job["file_size"],
        resource.RLIMIT_NPROC: job["processes"],
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_CPU: int(job["total_seconds"]) + 1,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def stored(folder: Path) -> int:
    """Bytes on disk of the files below a folder: of the first `MOST_FILES`, no links followed."""
    return sum(size for _, size in zip(range(MOST_FILES), _sizes(folder), strict=False))


def _sizes(folder: Path) -> Iterator[int]:
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    yield 512 * entry.stat(follow_symlinks=False).st_blocks
        except OSError:  # it went meanwhile, is closed, or its name is too long
            continue
