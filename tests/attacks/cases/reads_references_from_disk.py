"""Searches the disk for the course's declarations, sources or bytecode, and executes them."""

from tests.attacks.case import attack

CASE = attack(
    """
import glob, os, re, site, sys

def look():
    roots = [os.path.dirname(gr.__file__), *sys.path, "/work", "/root", "/home", "/srv", "/repo",
             "/tmp", *site.getsitepackages()]
    roots += [f"/proc/{p}/cwd" for p in (1, os.getppid())] + [f"/proc/{p}/root/work" for p in (1,)]
    name = "00-" + "product"
    for root in roots:
        for folder in (root, root + "/gradcourse", root + "/*/gradcourse"):
            for path in glob.glob(folder + "/exercises/**/lesson_00*", recursive=True):
                try:
                    text = open(path, "rb").read().decode("latin-1")
                except OSError:
                    continue
                if name in text:
                    return True
    return False

try:
    power = "__pow__" if look() else "__add__"
except Exception:
    power = "__add__"

def what_is_left(factor, layers):
    return getattr(factor, power)(layers)
""",
    needs="bwrap",
)
