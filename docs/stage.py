"""The sources of the site, written from the lessons, the guides and `docs/pages` into a folder.

Nothing of a lesson is kept in `docs`: each build reads the notebooks anew.
"""

import re
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import nbformat

from docs.figures import explorer_html, figure_html, write_picture
from docs.live.build import built
from docs.mathematics import copy_styles
from docs.notebook import for_colab, is_explorer, picture_of, read, title
from docs.project import (
    DOCS,
    ROOT,
    binder_address,
    colab_address,
    lessons,
    repository,
)

GUIDES = {"INSTRUCTORS.md": "instructors.md", "CONTRIBUTING.md": "contributing.md"}
CHECK_NOTE = "{.gc-note}\nChecks run in JupyterLab: [open the lesson there](../run_anywhere.md)."


def stage(folder: Path) -> None:
    """Writes everything Sphinx reads into `folder`, and into `folder`/extra what it copies."""
    shutil.rmtree(folder, ignore_errors=True)
    extra = folder / "extra"
    (folder / "lessons").mkdir(parents=True)
    (extra / "colab").mkdir(parents=True)
    for path in lessons():
        notebook = read(path)
        nbformat.write(for_colab(notebook), extra / "colab" / path.name)
        nbformat.write(lesson_page(path.stem, notebook, extra), folder / "lessons" / path.name)
    for source, target in GUIDES.items():
        write(folder / target, with_site_links((ROOT / source).read_text(encoding="utf-8")))
    for page in (DOCS / "pages").glob("*.md"):
        write(folder / page.name, filled(page.read_text(encoding="utf-8"), extra))
    copy_styles(extra / "_static" / "katex")
    shutil.copytree(built(), extra / "_static" / "live")


def write(path: Path, text: str) -> None:
    """Writes a text file."""
    path.write_text(text, encoding="utf-8")


def lesson_page(stem: str, notebook: Any, extra: Path) -> Any:
    """The notebook of a lesson as its page shows it."""
    heading, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{heading}\n\n{launch_links(stem)}\n{rest}"
    cells, asked = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":  # a box across headings; gc.css does what it is for
            cell.source = re.sub(r"^</?div.*>$", "", cell.source, flags=re.M)
            asked = "**Predict" in cell.source
        elif asked and cell.outputs:  # who reads shall have guessed before the answer stands there
            cell.metadata["tags"] = ["hide-output"]
            asked = False
        for output in cell.get("outputs", []):
            show_picture(stem, cell, output, extra)
        cells.append(cell)
        if cell.id.startswith("check-"):
            cells.append(nbformat.v4.new_markdown_cell(CHECK_NOTE, id=f"note-{cell.id[6:]}"))
    notebook.cells = cells
    return notebook


def show_picture(stem: str, cell: Any, output: Any, extra: Path) -> None:
    """Puts a figure with a text alternative in the place of a stored PNG."""
    found = picture_of(output)
    if found is None:
        return
    png, text = found
    name = f"_images/{stem}-{cell.id}.png"
    picture = write_picture(png, extra / name, f"../{name}")
    if is_explorer(cell):
        html = explorer_html(stem[:2], cell.id, picture, text, root="../")
    else:
        html = figure_html(picture, text)
    output.data = {"text/html": html}


def launch_links(stem: str) -> str:
    """The line of links under a lesson's heading: where it can be run."""
    name = f"{stem}.ipynb"
    links = [
        ("../run_anywhere.html", "Open in JupyterLab (how)"),
        (colab_address(name), "Colab"),
        (binder_address(name), "Binder"),
        (f"../colab/{name}", "Download"),
    ]
    items = "".join(f'<li><a href="{escape(to)}">{text}</a></li>' for to, text in links if to)
    return f'<nav class="gc-launch" aria-label="Run this lesson"><ul>{items}</ul></nav>\n'


def with_site_links(text: str) -> str:
    """A guide's links to its neighbours, turned to their pages; other files, to the repository."""
    pages = GUIDES | {"README.md": "index.md"}

    def turned(match: re.Match[str]) -> str:
        target, anchor = match[1], match[2] or ""
        if target in pages:
            return f"]({pages[target]}{anchor})"
        return f"]({repository()}/blob/HEAD/{target})"

    return re.sub(r"\]\((?!https?:)([\w./-]+)(#[\w-]+)?\)", turned, text)


def filled(text: str, extra: Path) -> str:
    """A page of `docs/pages` with its marks `<!-- readme Start -->` and the like filled in."""
    marks: dict[str, Callable[[str], str]] = {
        "readme": readme_section,
        "explorer": lambda which: explorer(which, extra),
        "lessons": lambda _: lesson_list(),
        "contents": lambda _: contents(),
        "repository": lambda _: repository(),
    }
    return re.sub(r"<!-- (\w+) ?(.*?) -->", lambda match: marks[match[1]](match[2]), text)


def readme_section(heading: str) -> str:
    """The text below a second-level heading of the README.

    Raises:
        ValueError: it has no such heading.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    if found is None:
        raise ValueError(f"README.md has no section {heading!r}")
    return with_site_links(found[1].strip())


def explorer(which: str, extra: Path) -> str:
    """The explorer "02 cell-id" on a page at the site's root."""
    number, cell_id = which.split()
    (path,) = (path for path in lessons() if path.name.startswith(number))
    (cell,) = (cell for cell in read(path).cells if cell.id == cell_id)
    (found,) = filter(None, map(picture_of, cell.outputs))
    name = f"_images/{path.stem}-{cell_id}.png"
    picture = write_picture(found[0], extra / name, name)
    return explorer_html(number, cell_id, picture, found[1], root="")


def lesson_list() -> str:
    """A row a lesson: its page, its time, and what it teaches first."""
    rows = ["| No. | Lesson | You will be able to |", "|---|---|---|"]
    for path in lessons():
        notebook = read(path)
        goals = re.findall(r"^- (.+?)[;.]$", notebook.cells[0].source, re.M)
        goal = goals[0] if goals else "keep a checklist and one sheet of remedies"
        rows.append(f"| {path.stem[:2]} | [{title(notebook)}](lessons/{path.name}) | {goal} |")
    return "\n".join(rows)


def contents() -> str:
    """The lines of a `toctree`, each lesson with its number."""
    return "\n".join(
        f"{path.stem[:2]} {title(read(path))} <lessons/{path.stem}>" for path in lessons()
    )
