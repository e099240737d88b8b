"""Sphinx's settings for the course site. `python -m docs.build` runs it on the staged sources."""

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from docs.project import repository

project = "gradcourse"
html_title = "gradcourse"
copyright = "the gradcourse authors. Code: MIT, texts and figures: CC BY 4.0"  # noqa: A001
language = "en"

extensions = ["myst_nb", "docs.ext.katex", "docs.ext.page"]
exclude_patterns = ["extra"]
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the result"
nb_render_image_options = {"loading": "lazy"}
myst_enable_extensions = ["dollarmath", "attrs_block"]
myst_heading_anchors = 3

html_theme = "furo"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["katex/katex.min.css", "gc.css"]
html_js_files = [("gc.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_domain_indices = False
html_theme_options = {
    "source_repository": "",
    "top_of_page_buttons": [],
    "light_css_variables": {"font-stack": "system-ui, sans-serif"},
}
html_context = {"repository": repository()}


def setup(app: Sphinx) -> None:
    """Copies what was staged beside the pages, and shows CSV as it is."""
    app.add_lexer("csv", TextLexer)
    app.config.html_extra_path = [str(app.srcdir / "extra")]
