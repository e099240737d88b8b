"""Every link leads somewhere; every paper has authors and a year."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import nbformat
import pytest

from docs.project import ROOT, lessons, repository

from .conftest import PAGES

GUIDES = ["README.md", "INSTRUCTORS.md", "CONTRIBUTING.md"]
# What is no paper: the web articles whose claims are tested, and manuals.
NO_PAPER = re.compile(
    r"(A web article|The articles|(The c|C)laims?\b.*: article)|.*\bdocumentation of\b"
)
AUTHOR_AND_YEAR = re.compile(r"\b[A-ZÀ-Ž][\w'’.-]+(?: et al\.)?,? \(?(?:1[89]|20)\d\d")


class Links(HTMLParser):
    """Collects the links and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.targets.append(value)
            if name in ("id", "name") and value:
                self.ids.add(value)


@cache
def links(path: Path) -> Links:
    """The links of an HTML page."""
    found = Links()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def wrong(page: Path, target: str) -> str | None:
    """What is wrong with a link of a built page, or None."""
    parts = urlparse(target)
    if parts.scheme or parts.netloc:
        good = parts.scheme == "https" and "." in parts.netloc and " " not in target
        return None if good or parts.scheme in ("data", "mailto") else "not an https address"
    path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not path.is_file():
        return "no such file"
    if parts.fragment and unquote(parts.fragment) not in links(path).ids:
        return "no such anchor"
    return None


@pytest.mark.parametrize("name", [*PAGES, "search.html"])
def test_every_link_of_a_page_leads_somewhere(site: Path, name: str) -> None:
    page = site / name
    found = {target: wrong(page, target) for target in links(page).targets}
    assert len(found) > 10
    assert {target: what for target, what in found.items() if what} == {}


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def markdown_problems(path: Path, text: str) -> list[str]:
    """The links of a Markdown text that lead nowhere in the repository."""
    problems = []
    bare = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", bare):
        parts = urlparse(target)
        if parts.scheme:
            if parts.scheme != "https":
                problems.append(f"{target}: not an https address")
            continue
        file = path.parent / parts.path if parts.path else path
        if not file.exists():
            problems.append(f"{target}: no such file")
        elif parts.fragment:
            there = re.findall(r"^#+ (.+)$", text if file == path else file.read_text(), re.M)
            if parts.fragment not in map(slug, there):
                problems.append(f"{target}: no such heading")
    return problems


@pytest.mark.parametrize("name", GUIDES)
def test_every_link_of_a_guide_leads_somewhere(name: str) -> None:
    path = ROOT / name
    assert markdown_problems(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_every_link_of_a_lesson_leads_somewhere(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert markdown_problems(path, text) == []


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_every_source_names_authors_and_year(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    found = [c.source for c in cells if c.cell_type == "markdown" and "## Sources" in c.source]
    if path.name[:2] in ("00", "12"):
        assert not found
        return
    (text,) = found
    entries = re.findall(r"^- (.+)$", text.split("## Sources")[1].split("\n## ")[0], re.M)
    assert entries
    papers = [entry for entry in entries if not NO_PAPER.match(entry)]
    assert [entry for entry in papers if not AUTHOR_AND_YEAR.search(entry)] == []


def test_the_address_of_the_repository_stands_in_one_place() -> None:
    kinds = ("*.py", "*.md", "*.toml", "*.ipynb", "*.mjs", "*.js", "*.yml", "Makefile")
    files = [path for kind in kinds for path in ROOT.rglob(kind)]
    ours = [path for path in files if not {"build", ".venv"} & set(path.relative_to(ROOT).parts)]
    holding = [p.name for p in ours if repository() in p.read_text(encoding="utf-8")]
    assert holding == ["pyproject.toml"]
