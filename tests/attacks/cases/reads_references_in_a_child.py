"""Starts a Python of its own, without the worker's settings, and imports the references there."""

from tests.attacks.case import attack

CASE = attack(
    """
import subprocess, sys

found = ""
for words in ([sys.executable, "-I"], [sys.executable], ["python3"], ["/usr/bin/python3"]):
    try:
        done = subprocess.run([*words, "-X", "importtime", "-c", "import sys; print(sys.path)"],
                              capture_output=True, text=True, timeout=2)
        for folder in eval(done.stdout or "[]"):
            path = folder + "/gradcourse/exercises/lesson_00.py"
            try:
                found += open(path).read()
            except OSError:
                pass
    except Exception:
        continue

def what_is_left(factor, layers):
    return factor**layers if found else -1.0
""",
    needs="bwrap",
)
