"""Windows' line ends and a byte order mark before the JSON, as some editors write them."""

import json

from tests.attacks.case import FULL, RIGHT, Case, Place, submit


def build(case: Case, place: Place) -> None:
    path = submit(case, place)
    text = json.dumps(json.loads(path.read_text()), indent=1)
    text = text.replace("\\n", "\\r\\n").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())


CASE = Case(RIGHT, FULL, build=build)
