"""Writes one file of up to 600 MB; it is right only if that is refused."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def fill():
    for folder in (".", "/tmp", "/var/tmp", "/dev/shm"):
        path = os.path.join(folder, "@TOKEN@-disk")
        try:
            with open(path, "wb", 0) as file:
                for _ in range(600):
                    file.write(bytes(2**20))
            return True
        except OSError:
            pass
        finally:
            if os.path.exists(path):
                os.remove(path)
    return False

filled = fill()

def what_is_left(factor, layers):
    return -1.0 if filled else factor**layers
""",
    points=FULL[PRODUCT],
)
