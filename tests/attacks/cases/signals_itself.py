"""Sets alarms and timers of its own; a right answer that is quick is not hurt by them."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import signal

def what_is_left(factor, layers):
    signal.alarm(20)
    signal.setitimer(signal.ITIMER_PROF, 20)
    signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
    return factor**layers
""",
    points=FULL[PRODUCT],
)
