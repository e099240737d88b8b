"""A process that marks submissions for the grader: if a network makes it fall, only it falls.

    python -m gradcourse.instructor.helper

reads jobs from its input and writes marks to its output. Both ends are the instructor's.
"""

import contextlib
import os
import pickle
import resource
import struct
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.collect import Submission

ROOM = 6 * 2**30  # bytes that judging networks may need, beyond the libraries


@dataclass(frozen=True)
class Job:
    """One submission to mark, wherever that is."""

    assignment: Assignment
    submission: Submission
    hide: tuple[Path, ...] = ()
    box: str = ""  # the name of the `Box` that answers run in, and no other


def _write(pipe: IO[bytes], value: Any) -> None:
    body = pickle.dumps(value)
    pipe.write(struct.pack("<Q", len(body)) + body)
    pipe.flush()


def _read(pipe: IO[bytes]) -> Any:
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    (size,) = struct.unpack("<Q", head)
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return pickle.loads(body)  # from the grader's own process, never from an answer's


class Helper:
    """A helper process of one thread; a new one is started when the last one died."""

    _own = threading.local()

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gradcourse.instructor.helper"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
        )  # fmt: skip

    @classmethod
    def mine(cls) -> "Helper":
        """The helper of the thread that asks."""
        found: Helper | None = getattr(cls._own, "helper", None)
        if found is None or found.process.poll() is not None:
            found = cls._own.helper = cls()
        return found

    def run(self, job: Job, seconds: float) -> list[dict[str, Any]]:
        """The marks of a submission.

        Raises:
            EOFError: the process died over it, or needed more than `seconds`.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        alarm = threading.Timer(seconds, self.process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            _write(self.process.stdin, job)
            told: list[dict[str, Any]] = _read(self.process.stdout)
            return told
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.close()
            raise EOFError("the process that marked it died, or took too long") from error
        finally:
            alarm.cancel()

    def close(self) -> None:
        """Ends the process, and with it its place for answers."""
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.process.kill()
        self.process.wait()


def main() -> None:
    """Marks what comes, one submission after the other."""
    import torch

    from gradcourse.instructor.isolate import Isolated
    from gradcourse.instructor.mark import mark_all

    jobs, marks = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a print goes elsewhere
    torch.set_num_threads(1)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, hard))
    places: dict[Any, Isolated] = {}
    with contextlib.ExitStack() as stack:
        while True:
            try:
                job = _read(jobs)
            except EOFError:
                return
            limits = job.assignment.limits
            if (wanted := (limits, job.hide, job.box)) not in places:
                stack.close()
                place = Isolated(limits, hide=job.hide, only=job.box)
                places = {wanted: stack.enter_context(place)}
            (place,) = places.values()
            _write(marks, [asdict(m) for m in mark_all(place, job.assignment, job.submission)])


if __name__ == "__main__":
    main()
