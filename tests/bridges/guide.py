"""Reads INSTRUCTORS.md: what its readers are told to write and to run is what the tests run."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "INSTRUCTORS.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def block(first: str) -> str:
    """The fenced block whose first line is `first`."""
    found = [text for _, text in FENCE.findall(GUIDE.read_text()) if text.startswith(first + "\n")]
    assert len(found) == 1, f"INSTRUCTORS.md has {len(found)} blocks that begin with {first!r}"
    return str(found[0])


def commands() -> list[str]:
    """The shell lines of all blocks without a language."""
    blocks = [text for language, text in FENCE.findall(GUIDE.read_text()) if not language]
    return [line for text in blocks for line in text.splitlines()]
