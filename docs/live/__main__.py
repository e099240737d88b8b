"""Builds the live explorers: python -m docs.live FOLDER."""

import sys
from pathlib import Path

from docs.live.build import build

if len(sys.argv) != 2:
    sys.exit(str(__doc__))
build(Path(sys.argv[1]))
