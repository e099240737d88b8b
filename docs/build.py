"""Builds the site: python -m docs.build [folder]."""

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from docs.project import DOCS, SITE, needs_npm
from docs.stage import stage


def build(out: Path = SITE) -> int:
    """Stages the sources beside `out` and writes the site into it; 0 when all went well."""
    needs_npm()
    sources = out.with_name(f"{out.name}-sources")
    stage(sources)
    shutil.rmtree(out, ignore_errors=True)
    options = ["-b", "html", "-W", "--keep-going", "-q", "-c", str(DOCS)]
    code: int = build_main([*options, "-d", str(sources / "doctrees"), str(sources), str(out)])
    shutil.rmtree(out / ".doctrees", ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(build(*map(Path, sys.argv[1:])))
