"""What the bridges need beyond the course: skipped with a reason where it is missing."""

import os
import shutil

import pytest

from . import hub

NEEDED = {
    "dask": ("dask", "pip install -e '.[dask]'"),
    "nbgrader": ("nbgrader", "pip install -e '.[nbgrader]'"),
    "hub": ("jupyterhub", "pip install -e '.[hub]'"),
    "proxy": ("configurable-http-proxy", "npm install --global configurable-http-proxy"),
}


def needs(*names: str) -> None:
    """Skips the test where a program is missing; in CI it fails instead."""
    for name in names:
        program, how = NEEDED[name]
        if shutil.which(program, path=hub.path()) is None:
            text = f"{program} is not installed, so this did not run: {how}, or make bridges"
            if os.environ.get("CI") == "true":
                pytest.fail(text)
            pytest.skip(text)
