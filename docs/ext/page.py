"""What each page gets besides its text: a description, and the explorers' script if it has data."""

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# Names, punctuation and spaces have the colour of the box: half of a page's elements, for nothing.
PLAIN = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>|<span></span>')
LONGEST = 155  # characters that search engines show


def description(doctree: nodes.document | None) -> str:
    """One line on what the page is about: its first goals, or its first paragraph."""
    if doctree is None:
        return "Search the course on exploding and vanishing gradients."
    lists = [item.astext() for item in doctree.findall(nodes.list_item)]
    first = next((p.astext() for p in doctree.findall(nodes.paragraph)), "")
    text = " ".join((" ".join([first, *lists]) if first.endswith("able to") else first).split())
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def add(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Adds to a page's context before it is written."""
    meta = f'<meta name="description" content="{escape(description(doctree))}">'
    context["metatags"] = context.get("metatags", "") + meta
    context["body"] = PLAIN.sub(r"\1", context.get("body", ""))
    tree = context.get("furo_navigation_tree", "")  # its captions are headings of no level
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
    if " data-live>" in context.get("body", ""):
        app.add_js_file("live/live.js", type="module")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", add, priority=900)  # after Furo
    return {"parallel_read_safe": True, "parallel_write_safe": True}
