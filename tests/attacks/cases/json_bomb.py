"""Finds the channel and sends a message of many tiny containers: 60 MB that unfold to gigabytes."""

from tests.attacks.case import attack

CASE = attack(
    """
import json, os, socket, struct

def what_is_left(factor, layers):
    tree = b'{"tree": {"list": [' + b"{}," * 18_000_000 + b'{}]}, "sizes": []}'
    message = struct.pack("<I", len(tree)) + tree
    message = struct.pack("<Q", len(message)) + message
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, message[:1])
        except OSError:
            continue
        left = memoryview(message)[1:]
        while len(left):
            try:
                left = left[os.write(descriptor, left) :]
            except OSError:
                break
    os._exit(0)
""",
    slow=True,
)
