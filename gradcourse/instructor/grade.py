"""Grades a folder of submissions: answers run elsewhere, and an interruption loses nothing."""

import hashlib
import hmac
import json
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

import gradcourse.exercises
from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.collect import Submission, collect
from gradcourse.instructor.helper import Helper, Job
from gradcourse.instructor.isolate import best_box
from gradcourse.instructor.mark import Mark, given_up
from gradcourse.instructor.report import write

TRIES = 2  # of a submission over which a process died


def run(job: Job) -> list[dict[str, Any]]:
    """The marks of one submission, as plain data. Any executor may run it, in any thread."""
    told = job.assignment
    limits = [told.limits.seconds or told.exercise(name).seconds for name in told.points]
    seconds = 300 + sum(60 * limit for limit in limits)
    for _ in range(TRIES):
        try:
            return Helper.mine().run(job, seconds)
        except EOFError as error:
            why = str(error)
    return _by_hand(job, why)


def _by_hand(job: Job, why: str) -> list[dict[str, Any]]:
    told, sources = job.assignment, job.submission.sources
    blank = [Mark(name, 0.0, float(p), 0, 0, "by hand") for name, p in told.points.items()]
    return [asdict(given_up(m, sources.get(m.exercise, ""), why)) for m in blank]


def fingerprint(assignment: Assignment) -> str:
    """Changes with whatever marks depend on: points, secret, limits, exercises, this package."""
    digest = hashlib.sha256()
    told = [dict(assignment.points), assignment.variants, asdict(assignment.limits)]
    digest.update(json.dumps(told).encode())
    digest.update(hmac.digest(assignment.secret.encode(), b"fingerprint", "sha256"))
    folders = [Path(gradcourse.exercises.__file__).parent, Path(__file__).parent]
    for folder in [*folders, *([assignment.private] if assignment.private else [])]:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def counting(found: list[Submission], assignment: Assignment) -> dict[str, list[Submission]]:
    """The submissions of each student that may count: the newest in time, and the newest late.

    One that cannot be read counts only where there is no other.
    """
    count: dict[str, list[Submission]] = {}
    for student in assignment.roster:
        own = [s for s in found if s.student == student.id]
        own = [s for s in own if s.readable] or own
        in_time = [s for s in own if not s.days_late(assignment)][-1:]
        late = [s for s in own if s.days_late(assignment)][-1:]
        rules = {"refuse": in_time, "accept": own[-1:]}
        count[student.id] = rules.get(str(assignment.late), in_time + late)
    return count


def grade(
    submissions: Path | str,
    assignment: Assignment,
    out: Path | str,
    *,
    workers: int = 2,
    executor: Executor | None = None,
    progress: bool = True,
) -> dict[str, int]:
    """Grades the submissions below a folder and writes all results into `out`.

    What is graded already is not graded again, so an interrupted run goes on where it stopped.

    Args:
        submissions: see `collect`.
        assignment: what was asked.
        out: gets grades.csv, canvas.csv, moodle.csv, overview.html, feedback/ and manual.csv.
        workers: processes on this machine.
        executor: runs the jobs instead, such as that of a Dask client; it is not shut down.
        progress: whether to show a bar with the time left.

    Returns:
        How many submissions were found, graded now, known already, and left out.
    """
    out = Path(out)
    state = out / ".state"
    state.mkdir(parents=True, exist_ok=True)
    found, left_out = collect(submissions, assignment)
    count, stamp = counting(found, assignment), fingerprint(assignment)
    hide = (Path(submissions).absolute(), out.absolute(), assignment.folder)
    box = best_box().name  # the same for all of the class
    jobs = [Job(assignment, s, hide, box) for own in count.values() for s in own]
    new = [job for job in jobs if not _known(_path(state, job.submission, stamp))]
    quiet = None if progress else True
    with tqdm(
        total=len(jobs), initial=len(jobs) - len(new), unit="submission", disable=quiet
    ) as bar:
        for job, marks in _everything(new, workers, executor):
            _keep(_path(state, job.submission, stamp), marks)
            bar.update()
    write(assignment, found, count, left_out, out, lambda s: _marks(_path(state, s, stamp)))
    known = len(jobs) - len(new)
    return {"found": len(found), "graded": len(new), "known": known, "left out": len(left_out)}


def _path(state: Path, submission: Submission, stamp: str) -> Path:
    """Where a submission's marks are kept: elsewhere when anything that they depend on changes."""
    told = [stamp, submission.file, submission.sources, sorted(submission.names)]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    return state / f"{submission.student}.{digest[:20]}.json"


def _marks(path: Path) -> list[Mark]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return [Mark(**{**m, "feedback": tuple(m["feedback"])}) for m in told]


def _known(path: Path) -> bool:
    try:
        return bool(_marks(path))
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _keep(path: Path, marks: list[dict[str, Any]]) -> None:
    """Writes the marks whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="ascii") as file:
        json.dump(marks, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _everything(
    jobs: list[Job], workers: int, executor: Executor | None
) -> Iterator[tuple[Job, list[dict[str, Any]]]]:
    """Jobs with their marks, as they are done."""
    if executor is not None:
        yield from _round(jobs, executor, 64)
        return
    helpers: list[Helper] = []
    start = lambda: helpers.append(Helper.mine())  # noqa: E731
    with ThreadPoolExecutor(max(1, min(workers, len(jobs))), initializer=start) as pool:
        yield from _round(jobs, pool, 4 * workers)
    for helper in helpers:
        helper.close()


def _round(
    jobs: list[Job], pool: Executor, most: int
) -> Iterator[tuple[Job, list[dict[str, Any]]]]:
    """Hands out at most `most` jobs at a time; one that fails there is tried once more."""
    waiting, running = deque((job, TRIES) for job in jobs), dict[Future[Any], tuple[Job, int]]()
    while waiting or running:
        while waiting and len(running) < most:
            job, tries = waiting.popleft()
            running[pool.submit(run, job)] = (job, tries)
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            job, tries = running.pop(future)
            error = future.exception()
            if error is None:
                yield job, future.result()
            elif tries > 1:
                waiting.append((job, tries - 1))
            else:
                yield job, run(job)  # what a cluster cannot do, this machine does
