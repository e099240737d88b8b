"""The command `gradcourse`."""

import argparse
import contextlib
import sys
from typing import Any

from gradcourse.doctor import problems, report


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit status: 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="gradcourse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="does everything work here, and what to do if not")
    assign = commands.add_parser("assign", help="write the students' notebooks of an assignment")
    assign.add_argument("assignment", help="the assignment's TOML file")
    assign.add_argument("-o", "--out", required=True, help="folder for the notebooks")
    assign.add_argument(
        "--nbgrader", action="store_true", help="write a source folder for nbgrader"
    )
    grade = commands.add_parser("grade", help="grade a folder of submissions")
    grade.add_argument("submissions", help="folder of the submissions")
    grade.add_argument("--assignment", required=True, help="the assignment's TOML file")
    grade.add_argument("-o", "--out", required=True, help="folder for grades and feedback")
    grade.add_argument("--workers", type=int, default=2, help="processes on this machine (2)")
    grade.add_argument(
        "--dask", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786"
    )
    for command in (assign, grade):
        command.add_argument("--private", metavar="DIR", help="folder of exercises of your own")
    told = parser.parse_args(arguments)
    if told.command == "doctor":
        print(report())
        return int(any(True for _ in problems()))
    try:
        return {"assign": _assign, "grade": _grade}[told.command](told)
    except (ImportError, ValueError, OSError) as error:
        print(f"gradcourse {told.command}: {error}", file=sys.stderr)
        return 2


def _assign(told: Any) -> int:
    from gradcourse.instructor.assignment import Assignment
    from gradcourse.instructor.release import assign

    found = Assignment.read(told.assignment, private=told.private)
    paths = assign(found, told.out, nbgrader=told.nbgrader)
    print(f"{len(paths)} notebook{'s' * (len(paths) != 1)} in {told.out}")
    return 0


def _executor(address: str | None) -> contextlib.AbstractContextManager[Any]:
    """A Dask cluster's executor, or nothing."""
    if address is None:
        return contextlib.nullcontext()
    from gradcourse.instructor.dask import executor

    return executor(address)


def _grade(told: Any) -> int:
    from gradcourse.instructor.assignment import Assignment
    from gradcourse.instructor.grade import grade
    from gradcourse.instructor.isolate import protection

    found = Assignment.read(told.assignment, private=told.private)
    for line in protection():
        print(f"Protection is missing: {line}", file=sys.stderr)
    with _executor(told.dask) as pool:
        done = grade(told.submissions, found, told.out, workers=told.workers, executor=pool)
    print(", ".join(f"{number} {what}" for what, number in done.items()) + f"; see {told.out}")
    return 0
