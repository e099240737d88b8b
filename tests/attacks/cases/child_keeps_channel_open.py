"""A child holds every descriptor open, so that whoever reads to the end waits for it."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, subprocess, time

def what_is_left(factor, layers):
    subprocess.Popen(["sleep", "40"], close_fds=False)
    if os.fork() == 0:
        time.sleep(40)
        os._exit(0)
    return factor**layers
""",
    points=FULL[PRODUCT],
)
