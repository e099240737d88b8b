"""Writes to the gradebook, to its state and to the instructor's files."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import glob, os

def spoil():
    targets = ["@CANARY@", "@OUT@/grades.csv", "@OUT@/manual.csv", "@OUT@/feedback/perfect.html",
               "/tmp/@TOKEN@", "/var/tmp/@TOKEN@", "/dev/shm/@TOKEN@",
               os.path.expanduser("~/@TOKEN@"),
               os.path.join(os.path.dirname(gr.__file__), "@TOKEN@"),
               os.path.join(os.path.dirname(np.__file__), "@TOKEN@"),
               *glob.glob("@OUT@/.state/*"), *glob.glob("@SUBMISSIONS@/*/*.ipynb")]
    for path in targets:
        try:
            with open(path, "a") as file:
                file.write("0,spoiled,100")
        except OSError:
            pass
    for path in ("@OUT@", "@SUBMISSIONS@"):
        try:
            os.rename(path, path + "-@TOKEN@")
        except OSError:
            pass

spoil()

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)
