"""Formulas, typeset when the site is built: HTML for the eye, MathML for screen readers."""

import atexit
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from docs.project import DOCS, NPM, needs_npm


@cache
def worker() -> subprocess.Popen[str]:
    """The one node process that runs KaTeX; it ends with this one."""
    needs_npm()
    process = subprocess.Popen(
        ["node", str(DOCS / "katex.mjs"), str(NPM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    atexit.register(process.kill)
    return process


@cache
def render(tex: str, display: bool = False) -> str:
    """The HTML of a formula.

    Raises:
        ValueError: KaTeX does not understand it.
    """
    process = worker()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
    process.stdin.flush()
    answer: dict[str, str] = json.loads(process.stdout.readline())
    if "error" in answer:
        raise ValueError(f"{answer['error']} in {tex!r}")
    return answer["html"]


def copy_styles(folder: Path) -> None:
    """Puts KaTeX's stylesheet and fonts, as WOFF2 only, into `folder`."""
    source = NPM / "katex" / "dist"
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy(font, folder / "fonts")
    css = (source / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r',url\([^)]+\.(?:woff|ttf)\) format\("\w+"\)', "", css)
    (folder / "katex.min.css").write_text(css, encoding="utf-8")
