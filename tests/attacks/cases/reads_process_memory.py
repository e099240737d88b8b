"""Reads the process's own memory, byte by byte, for the text of a reference."""

from tests.attacks.case import attack

CASE = attack(
    """
import re

def found_in_memory():
    wanted = b"return factor" + b"*" * 2 + b"lay" + b"ers"
    done = 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            low, high = (int(n, 16) for n in line.split()[0].split("-"))
            if " rw" not in line or high - low > 2**28 or done > 2**28:
                continue
            try:
                memory.seek(low)
                if wanted in memory.read(high - low):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
            done += high - low
    return False

try:
    found = found_in_memory()
except OSError:
    found = False
power = "__pow__" if found else "__add__"

def what_is_left(factor, layers):
    return getattr(factor, power)(layers)
"""
)
