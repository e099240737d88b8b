"""Where things are: the repository's address, the lessons, and what npm brought."""

import tomllib
from pathlib import Path
from urllib.parse import urlparse

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LIVE = ROOT / "build" / "live"
NPM = ROOT / ".venv" / "npm" / "node_modules"
SITE = ROOT / "build" / "site"
SLIDES = ROOT / "build" / "slides"


def lessons() -> list[Path]:
    """The lesson notebooks in their order."""
    return sorted((ROOT / "lessons").glob("[0-9][0-9]_*.ipynb"))


def repository() -> str:
    """The repository's address. It stands in pyproject.toml, and nowhere else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address: str = project["urls"]["Repository"]
    return address.rstrip("/")


def colab_address(name: str) -> str | None:
    """Where Colab opens the published copy of the notebook `name`."""
    path = path_on_github()
    if path is None:
        return None
    return f"https://colab.research.google.com/github{path}/blob/gh-pages/colab/{name}"


def binder_address(name: str) -> str | None:
    """Where Binder opens the notebook `name` of the repository."""
    path = path_on_github()
    if path is None:
        return None
    return f"https://mybinder.org/v2/gh{path}/HEAD?urlpath=lab/tree/lessons/{name}"


def path_on_github() -> str | None:
    """The path "/owner/name"; None where the repository is elsewhere, and has no such links."""
    parts = urlparse(repository())
    return parts.path if parts.hostname == "github.com" else None


def needs_npm() -> None:
    """Checks that KaTeX is there.

    Raises:
        FileNotFoundError: it is not, with what to do.
    """
    if not (NPM / "katex").is_dir():
        raise FileNotFoundError(f"KaTeX is not in {NPM}: run make .venv/site (it needs npm)")
