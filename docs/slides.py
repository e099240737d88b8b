"""A talk of each lesson, from its own cells: python -m docs.slides [folder].

A heading begins a slide; what does not fit goes on to the next, under the same title; a picture
takes a slide, with a few lines of text at most. The setup cell, starters and checks of exercises
are left out.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from math import ceil
from pathlib import Path
from string import Template
from typing import Any

from pygments.formatters import HtmlFormatter

from docs.blocks import Block, code_blocks, text_blocks
from docs.figures import explorer_html, figure_html, write_picture
from docs.live.build import built
from docs.mathematics import copy_styles
from docs.notebook import is_explorer, picture_of, read, title
from docs.project import DOCS, NPM, SLIDES, lessons, needs_npm

ROOMY, ROOMY_LINE = 0.68, 80  # up to this part of the room, and this length of line: larger letters
ROOM = 575  # pixels below a title of one line
FEW_LINES = 125  # pixels of text that may stand above a picture
LEFT_OUT = re.compile(r"setup|answer-|check-")
PAGE = Template((DOCS / "templates" / "slides.html").read_text(encoding="utf-8"))


def blocks(stem: str, notebook: Any, out: Path) -> Iterator[Block]:
    """All blocks of a lesson in order; its pictures are written to `out`."""
    for cell in notebook.cells:
        if LEFT_OUT.match(cell.id):
            continue
        if cell.cell_type == "markdown":
            yield from text_blocks(cell.source)
            continue
        yield from code_blocks(cell)
        for output in cell.outputs:
            found = picture_of(output)
            if found:
                name = f"pictures/{stem}-{cell.id}.png"
                picture = write_picture(found[0], out / name, name)
                if is_explorer(cell):
                    html = explorer_html(stem[:2], cell.id, picture, found[1], root="", how=None)
                else:
                    html = figure_html(picture, found[1])
                yield Block(html, alone=True)


def sections(found: Iterator[Block]) -> Iterator[str]:
    """The slides: blocks packed under their titles as long as there is room."""
    heading, level, used = "", 1, 0
    slide: list[Block] = []

    def made() -> str:
        name = "h1" if level == 1 else "h2"
        html = "".join(block.html for block in slide)
        short = max((block.longest for block in slide), default=0) <= ROOMY_LINE
        kind = ' class="roomy"' if short and used <= ROOMY * room(heading, level) else ""
        if len(slide) > 1 and slide[-1].alone:
            kind = ' class="shared"'
        return f"<section{kind}><{name}>{heading}</{name}>\n{html}</section>"

    for block in found:
        most = FEW_LINES if block.alone else room(heading, level) - block.height
        full = slide and used > most
        if (block.heading and (slide or heading)) or full:
            yield made()
            slide, used = [], 0
        if block.heading:
            heading, level = block.html, block.heading
        else:
            slide.append(block)
            used += ROOM if block.alone else block.height  # nothing comes below a picture
    yield made()


def room(heading: str, level: int) -> int:
    """Pixels below a title."""
    lines = ceil(len(heading) / (40 if level == 1 else 58))
    return ROOM - 41 * (lines - 1) - (85 * lines if level == 1 else 0)


def write_lesson(path: Path, out: Path) -> None:
    """Writes the slides of one lesson."""
    notebook = read(path)
    body = "\n".join(sections(blocks(path.stem, notebook, out)))
    live = '<script type="module" src="_static/live/live.js"></script>'
    page = PAGE.substitute(
        title=escape(title(notebook)),
        number=path.stem[:2],
        sections=body,
        explorers=live if " data-live>" in body else "",
    )
    (out / f"{path.stem}.html").write_text(page, encoding="utf-8")


def write_index(out: Path) -> None:
    """Writes the list of talks."""
    rows = "".join(
        f'<li><a href="{path.stem}.html">{path.stem[:2]} {escape(title(read(path)))}</a></li>'
        for path in lessons()
    )
    text = (DOCS / "templates" / "talks.html").read_text(encoding="utf-8")
    (out / "index.html").write_text(Template(text).substitute(rows=rows), encoding="utf-8")


def copy_static(out: Path) -> None:
    """Puts reveal.js, KaTeX's styles, ours, and the explorers' data where there are any."""
    static = out / "_static"
    copy_styles(static / "katex")
    for name in ("reveal.js", "reveal.css"):
        shutil.copy(NPM / "reveal.js" / "dist" / name, static)
    colours = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    css = (DOCS / "static" / "slides.css").read_text(encoding="utf-8")
    (static / "slides.css").write_text(f"{colours}\n{css}", encoding="utf-8")
    shutil.copytree(built(), static / "live")


def main(out: Path = SLIDES) -> None:
    """Writes all slides into `out`."""
    needs_npm()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    copy_static(out)
    for path in lessons():
        write_lesson(path, out)
    write_index(out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
