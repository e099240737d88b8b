"""Installs tracers, profilers, audit and import hooks, and an excepthook, which all fail."""

from tests.attacks.case import FULL, PRODUCT, Share, attack

CASE = attack(
    """
import sys, threading

def broken(*_):
    raise RuntimeError("hook")

sys.excepthook = sys.unraisablehook = sys.displayhook = threading.excepthook = broken
watched = ("open", "import", "socket.connect")
sys.addaudithook(lambda event, args: broken() if event in watched else None)
sys.setprofile(lambda *_: None)

def what_is_left(factor, layers):
    sys.settrace(lambda *_: None)
    return factor**layers
""",
    points=Share(-1, FULL[PRODUCT] + 1),
)
