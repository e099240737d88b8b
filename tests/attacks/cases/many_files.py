"""Fills memory with up to 1,500 files of 1 MB; it is right only if that is refused."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, shutil

def fill():
    for folder in (".", "/tmp", "/var/tmp", "/dev/shm"):
        path = os.path.join(folder, "@TOKEN@-many")
        try:
            os.makedirs(path)
            for number in range(1500):
                with open(os.path.join(path, str(number)), "wb", 0) as file:
                    file.write(bytes(2**20))
            return True
        except OSError:
            pass
        finally:
            shutil.rmtree(path, ignore_errors=True)
    return False

filled = fill()

def what_is_left(factor, layers):
    return -1.0 if filled else factor**layers
""",
    points=FULL[PRODUCT],
    needs="bwrap",
)
