"""Calls a server on loopback, over TCP and over an abstract socket. None may be reached."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import socket

reached = []
for family, address in (
    (socket.AF_INET, ("127.0.0.1", @PORT@)), (socket.AF_UNIX, chr(0) + "gradcourse-@PORT@")
):
    try:
        with socket.socket(family) as client:
            client.settimeout(0.5)
            client.connect(address)
            reached.append(address)
    except OSError:
        pass

def what_is_left(factor, layers):
    return -1.0 if reached else factor**layers
""",
    points=FULL[PRODUCT],
    needs="bwrap",
)
