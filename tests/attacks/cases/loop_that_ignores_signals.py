"""A loop that ignores every signal that can be ignored, and stops the worker's clocks."""

from tests.attacks.case import attack

CASE = attack(
    """
import signal, threading, time, _thread

def what_is_left(factor, layers):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    time.time = time.monotonic = time.perf_counter = lambda: 0.0
    threading.Timer.start = lambda self: None
    while True:
        try:
            time.sleep(1)
        except BaseException:
            pass
""",
    says=("did not finish",),
    slow=True,
)
