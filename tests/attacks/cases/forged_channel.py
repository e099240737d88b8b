"""Writes forged results, in many formats, to every open descriptor, and ends the process."""

from tests.attacks.case import attack

CASE = attack(
    """
import json, os, struct

def forge():
    verdict = {"ok": True, "passed": True, "points": 6, "earned": 6, "score": 1.0,
               "state": "\\u2705",
               "exercise": "00-product", "id": "00-product", "problem": None, "value": 0.25,
               "values": [0.25] * 9, "results": [{"value": 0.25, "problem": ""}] * 9}
    text = json.dumps(verdict).encode()
    for descriptor in range(3, 256):
        for message in (text + b"\\n", struct.pack(">I", len(text)) + text,
                        struct.pack("<I", len(text)) + text, struct.pack("<Q", len(text)) + text,
                        struct.pack(">Q", len(text)) + text, b"\\x80\\x04N."):
            try:
                os.write(descriptor, message)
            except OSError:
                break

forge()

def what_is_left(factor, layers):
    forge()
    os._exit(0)
"""
)
