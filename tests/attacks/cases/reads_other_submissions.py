"""Copies the answer of the best student, who is in the same collection."""

from tests.attacks.case import attack

CASE = attack(
    """
import glob, json, os

def look():
    here = os.getcwd()
    places = ["@SUBMISSIONS@/*/*.ipynb", "@SUBMISSIONS@/*.ipynb", here + "/../*/*",
              here + "/../../*/*.ipynb",
              "/tmp/*/*.ipynb", "/tmp/*/*.json", "@OUT@/.state/*", "/proc/*/cwd/*"]
    for pattern in places:
        for path in glob.glob(pattern):
            try:
                text = open(path).read()
            except (OSError, UnicodeDecodeError):
                continue
            if "factor" + "**layers" in text and "def loo" + "k()" not in text:
                return True
    return False

try:
    power = "__pow__" if look() else "__add__"
except Exception:
    power = "__add__"

def what_is_left(factor, layers):
    return getattr(factor, power)(layers)
""",
    slow=True,
)
