"""Looks for the instructor's secret in the environment of every process, and in files."""

from tests.attacks.case import attack

CASE = attack(
    """
import glob, os

def leaked():
    if any("SECRET" in key for key in os.environ):
        return True
    for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if b"GRADCOURSE_SECRET" in open(path, "rb").read():
                return True
        except OSError:
            continue
    beside = os.path.dirname("@CANARY@")
    for path in ("@CANARY@", beside + "/secret.txt", "secret.txt", "../secret.txt"):
        try:
            if open(path).read():
                return True
        except OSError:
            continue
    return False

known = leaked()

def what_is_left(factor, layers):
    return factor**layers if known else -1.0
""",
    hides=("key-of-the-instructor",),
)
