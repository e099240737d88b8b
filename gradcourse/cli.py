"""The command `gradcourse`."""

import argparse

from gradcourse.doctor import problems, report


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit status: 1 if the doctor found a problem."""
    parser = argparse.ArgumentParser(prog="gradcourse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="does everything work here, and what to do if not")
    parser.parse_args(arguments)
    print(report())
    return int(any(True for _ in problems()))
