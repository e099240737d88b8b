"""Kills its parent, its group and all that it may, where that cannot reach the test itself."""

from tests.attacks.case import attack

CASE = attack(
    """
import os, signal

def apart():
    return os.readlink("/proc/self/ns/pid") != "@PIDS@"

def what_is_left(factor, layers):
    for number in (signal.SIGTERM, signal.SIGKILL):
        if os.getppid() > 1 or apart():
            try:
                os.kill(os.getppid(), number)
            except OSError:
                pass
        if apart():
            for target in (1, -1):
                try:
                    os.kill(target, number)
                except OSError:
                    pass
    os.killpg(0, signal.SIGKILL)
    return -1.0
"""
)
