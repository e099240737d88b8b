"""A lesson's cells as blocks for slides, each with the height that it will need.

Heights are estimates in pixels of a slide of 1280 × 720, on the large side; a test in a browser
checks that no slide overflows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from docs.mathematics import render

LINE, CODE_LINE, GAP = 36, 25, 18  # heights of a line of text, of code, and between two blocks
TEXT_WIDTH, CODE_WIDTH = 78, 95  # characters
LONG_FORMULA = 140  # characters of TeX
CODE_LINES = 21  # more lines go to another slide


@dataclass(frozen=True)
class Block:
    """A piece of a slide. A `heading` begins a new slide with that title."""

    html: str
    height: int = 0
    heading: int = 0
    alone: bool = False  # a picture, which takes the whole slide
    longest: int = 0  # characters of its longest line of code


def python(code: str) -> str:
    """Code in colours, without a box."""
    html = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return str(html).rstrip("\n")


def colours(code: str, language: str, _: str) -> str:
    """What markdown-it shows of a fenced block."""
    return python(code) if language == "python" else escape(code)


def markdown() -> MarkdownIt:
    """A parser of the lessons' Markdown that typesets formulas."""
    parser = MarkdownIt("commonmark", {"highlight": colours}).enable("table")
    return parser.use(
        dollarmath_plugin,
        renderer=lambda tex, options: render(tex.strip(), options["display_mode"]),
    )


PARSER = markdown()


def text_blocks(source: str) -> Iterator[Block]:
    """The blocks of a Markdown cell. A folded answer comes on a slide of its own."""
    source = re.sub(r"\((\w+)\.ipynb", r"(\1.html", source)
    source = re.sub(r"<details><summary>(.+?)</summary>", r"### \1", source)
    source = re.sub(r"</details>|<div [^>]*>|</div>", "", source)
    tokens = PARSER.parse(source)
    for group in groups(tokens):
        yield from group_blocks(group)


def groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each top-level element."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []


def html_of(tokens: list[Token]) -> str:
    """The HTML of some tokens."""
    return str(PARSER.renderer.render(tokens, PARSER.options, {}))


def words(tokens: list[Token]) -> str:
    """The text as it will be read, formulas shortened to about what they take."""
    text = " ".join(token.content for token in tokens if token.type == "inline")
    return re.sub(r"\\[a-z]+|[{}*`$^]", "", re.sub(r"\]\([^)]*\)", "", text))


def group_blocks(group: list[Token]) -> Iterator[Block]:
    """The blocks of one element; lists and tables can be broken between items and rows."""
    first = group[0]
    if first.type == "heading_open":
        yield Block(html_of(group[1:2]), heading=int(first.tag[1]))
    elif first.type in ("bullet_list_open", "ordered_list_open"):
        yield from list_blocks(group)
    elif first.type == "table_open":
        yield from table_blocks(group)
    elif first.type in ("fence", "code_block"):
        for part in parts(first.content.rstrip("\n")):
            yield code_block(part, colours(part, first.info, ""))
    elif first.type == "math_block":
        tall = 1 + first.content.count("\\\\") + first.content.count("frac") // 2
        kind = "formula long" if len(first.content) > LONG_FORMULA else "formula"
        html = f'<div class="{kind}">{html_of(group)}</div>'
        yield Block(html, 80 + 45 * min(tall, 4) + GAP)
    elif first.type != "html_block" or first.content.strip():
        yield Block(html_of(group), text_height(words(group), TEXT_WIDTH) + GAP)


def text_height(text: str, width: int) -> int:
    """How high a text is in lines of `width` characters."""
    return LINE * max(1, ceil(len(text) / width))


def list_blocks(group: list[Token]) -> Iterator[Block]:
    """A block an item, numbered on."""
    kind, number = group[0].tag, int(group[0].attrGet("start") or 1)
    for item in groups(group[1:-1]):
        start = f' start="{number}"' if kind == "ol" else ""
        code = sum(code_height(token.content) for token in item if token.type == "fence")
        height = text_height(words(item), TEXT_WIDTH - 4) + 10 + code
        yield Block(f"<{kind}{start}>{html_of(item)}</{kind}>", height)
        number += 1


def table_blocks(group: list[Token]) -> Iterator[Block]:
    """A table, in pieces with the same head where it is long."""
    sections = list(groups(group[1:-1]))
    head, rows = html_of(sections[0]), list(groups(sections[1][1:-1]))
    columns = max(1, sum(token.type == "th_open" for token in sections[0]))
    share = TEXT_WIDTH * 1.2 / columns
    heights = []
    for row in rows:
        cells = [words([token]) for token in row if token.type == "inline"]
        widest = max((len(cell) for cell in cells), default=1)
        total = sum(map(len, cells)) / (TEXT_WIDTH * 0.9)
        heights.append(16 + 30 * ceil(max(total, min(widest / share, total * 1.45))))
    piece: list[str] = []
    height = 70
    for row, needed in zip(rows, heights, strict=True):
        if piece and height + needed > 520:
            yield Block(f"<table>{head}<tbody>{''.join(piece)}</tbody></table>", height)
            piece, height = [], 70
        piece.append(html_of(row))
        height += needed
    yield Block(f"<table>{head}<tbody>{''.join(piece)}</tbody></table>", height)


def parts(code: str) -> list[str]:
    """Code in parts that fit a slide, broken at an empty line where there is one."""
    lines = code.splitlines()
    if shown_lines(code) <= CODE_LINES:
        return [code]
    middle = len(lines) // 2
    empty = [i for i, line in enumerate(lines) if not line.strip() and 0 < i < len(lines) - 1]
    cut = min(empty, key=lambda i: abs(i - middle), default=middle)
    rest = "\n".join(lines[cut:]).strip("\n")
    return [*parts("\n".join(lines[:cut])), *parts(rest)]


def shown_lines(code: str) -> int:
    """How many lines code takes when long ones are wrapped."""
    return sum(max(1, ceil(len(line) / CODE_WIDTH)) for line in code.splitlines()) or 1


def code_height(code: str) -> int:
    """How high a box with code is."""
    return CODE_LINE * shown_lines(code) + 24 + GAP


def code_block(code: str, html: str, kind: str = "code") -> Block:
    """A box with code or with what it printed."""
    box = f'<pre class="{kind} highlight"><code>{html}</code></pre>'
    return Block(box, code_height(code), longest=max(map(len, code.splitlines()), default=0))


def code_blocks(cell: Any) -> Iterator[Block]:
    """A code cell and the text that it printed; pictures are the caller's."""
    for part in parts(cell.source):
        yield code_block(part, python(part))
    for output in cell.outputs:
        data = output.get("data", {})
        text = output.get("text") or ("" if "image/png" in data else data.get("text/plain", ""))
        if text.strip():
            for part in parts(text.rstrip()):
                yield code_block(part, escape(part), "output")
