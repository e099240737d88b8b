"""A child of a child in a session of its own outlives the answer and would change the grades."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os, signal, time

def haunt():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for _ in range(60):
        time.sleep(0.5)
        for path in ("@CANARY@", "@OUT@/grades.csv"):
            try:
                open(path, "a").write("haunted")
            except OSError:
                pass
    os._exit(0)

haunt()

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)
