"""Sends ready answers for all cases down the channel before it is called once."""

from tests.attacks.case import attack

CASE = attack(
    """
import gc, json, os, socket, struct

def forge(value):
    head = json.dumps({"tree": value, "sizes": []}).encode()
    body = struct.pack("<I", len(head)) + head
    return struct.pack("<Q", len(body)) + body

FORMS = (0.25, {"dict": [["value", 0.25], ["problem", ""]]}, {"tuple": [True, 0.25]},
         {"dict": [["verdict", None], ["points", 6], ["ok", True], ["value", 0.25]]})
for form in FORMS:
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, forge(form) * 10)
        except OSError:
            pass

def what_is_left(factor, layers):
    return 0.25
"""
)
