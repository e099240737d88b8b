"""The place where answers run: a process without rights and network, cleaned after each answer.

`Isolated` starts a zygote (see `zygote.py`), in bubblewrap where that works, and runs one answer
at a time in it. `protection` tells what this machine cannot keep an answer from doing.
"""

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gradcourse.exercises.declare import PRELUDE
from gradcourse.instructor.box import Box, boxes

FAREWELL = 30.0  # seconds for killing and cleaning; then the zygote is replaced
START = 120.0  # seconds that loading torch may take on a busy machine
LEARNER = "\ncheck = hint = solution = lambda *args, **kwargs: None\n"


@dataclass(frozen=True)
class Limits:
    """What one answer may use.

    Attributes:
        memory: bytes, of all its processes together, beyond the libraries'.
        processes: processes and threads at a time.
        file_size: bytes of one file; all its files together have 64 MiB.
        seconds: of processor time for one call; None for what the exercise declares.
    """

    memory: int = 2**30
    processes: int = 64
    file_size: int = 16 * 2**20
    seconds: float | None = None


class Isolated:
    """A place where answers run, one at a time. Use it in a `with` block.

    Args:
        limits: what one answer may use.
        hide: folders that no answer may see, such as the submissions.
        only: the name of a `Box`: no other one is taken. Without it the best one that works,
            and from then on no other one.
    """

    def __init__(
        self, limits: Limits | None = None, *, hide: tuple[Path, ...] = (), only: str = ""
    ):
        self.limits, self.hide, self.only = limits or Limits(), hide, only
        self._zygote: subprocess.Popen[bytes] | None = None
        self.box: Box

    def __enter__(self) -> "Isolated":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the zygote and removes its files."""
        if self._zygote is not None:
            self._control.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._zygote.wait(timeout=2)
            self._zygote.kill()
            self._zygote.wait()
            subprocess.run(["rm", "-rf", "--", str(self._folder)], check=False)
            self._zygote = None

    def _start(self) -> None:
        """Starts a zygote in the best box that works here."""
        told = []
        ways = [box for box in boxes() if self.only in ("", box.name)]
        for box in ways * (3 if self.only else 1):
            self._folder = Path(tempfile.mkdtemp(prefix="gradcourse-"))
            self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with other, open(self._folder / "errors", "wb") as errors:
                settings = box.settings(self._folder) | {"prelude": PRELUDE + LEARNER}
                words = ["-P", "-m", "gradcourse.instructor.zygote", str(other.fileno())]
                self._zygote = subprocess.Popen(
                    [*box.command(self._folder, self.hide), sys.executable, *words,
                     json.dumps(settings)],
                    env=box.environment(self._folder), pass_fds=[other.fileno()], cwd="/",
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                )  # fmt: skip
            self._control.settimeout(START)
            with contextlib.suppress(OSError):
                if self._control.recv(100) == b"ready":
                    self.box, self.only = box, box.name
                    return
            told.append((self._folder / "errors").read_text(errors="replace")[-300:].strip())
            self.close()
        raise RuntimeError(f"no process for answers could be started ({self.only}): {told}")

    @contextlib.contextmanager
    def process(self, total_seconds: float) -> Iterator[socket.socket]:
        """The channel to a new process; afterwards nothing of it is left."""
        if self._zygote is None or self._zygote.poll() is not None:
            self.close()
            self._start()
        mine, other = socket.socketpair()
        job = {**asdict(self.limits), "total_seconds": total_seconds}
        with other:
            socket.send_fds(self._control, [json.dumps(job).encode()], [other.fileno()])
        self.ended: dict[str, Any] = {"status": None}
        self._goodbye = b"stop"
        try:
            yield mine
        finally:
            mine.close()
            try:
                self._control.settimeout(FAREWELL)
                self._control.send(self._goodbye)
                self.ended = json.loads(self._control.recv(65536))
            except (OSError, ValueError):  # the zygote itself is gone
                self.ended = {"status": None, "closing": True}
            if self.ended["closing"]:
                self.close()


@cache
def best_box() -> Box:
    """The best way to keep answers apart that works on this machine."""
    with Isolated() as isolated, isolated.process(10.0):
        return isolated.box


def protection() -> tuple[str, ...]:
    """What answers are not kept from on this machine; empty when nothing is missing."""
    return best_box().missing
