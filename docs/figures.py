"""Stored pictures as HTML: what they show is said in words, and they leave room before they load.

`explorer_html` is the one place that decides how an explorer looks on a page. Where its lesson
has tables (`docs/live`), the element has `data-live`, and the page's `live.js` takes it over.
"""

import base64
import struct
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docs.live.build import SOURCES

RETINA = 1.5  # stored pixels to a pixel of the page
NOTE = "Move it in JupyterLab"


@dataclass(frozen=True)
class Picture:
    """A stored PNG that has been written to `src`, in stored pixels."""

    src: str
    width: int
    height: int

    def tag(self, alt: str) -> str:
        """The `<img>`, with its size so that nothing jumps, loaded when it comes near."""
        width, height = round(self.width / RETINA), round(self.height / RETINA)
        size = f'width="{width}" height="{height}" loading="lazy" decoding="async"'
        return f'<img src="{escape(self.src)}" alt="{escape(alt)}" {size}>'


def write_picture(png: str, path: Path, src: str) -> Picture:
    """Writes the base64 text `png` to `path`; pages will find it at `src`.

    Raises:
        ValueError: it is no PNG.
    """
    data = base64.b64decode(png)
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path.name} would be no PNG")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    width, height = struct.unpack(">II", data[16:24])
    return Picture(src, width, height)


def figure_html(picture: Picture, text: str) -> str:
    """A chart. Its text, "Figure: finding; finding", is the alternative.

    A picture of a text keeps the text itself below, folded.
    """
    lines = text.strip().splitlines()
    if text.startswith("Figure:") or len(lines) == 1:
        alt, below = " ".join(text.removeprefix("Figure:").split()), ""
    else:
        alt = lines[0]
        below = (
            f"<details><summary>The picture as text</summary><pre>{escape(text)}</pre></details>"
        )
    return f'<figure class="gc-figure">{picture.tag(alt)}{below}</figure>'


def explorer_html(
    lesson: str,
    cell: str,
    picture: Picture,
    sentence: str,
    root: str,
    how: str | None = "run_anywhere.html",
) -> str:
    """An explorer: its stored picture and the sentence that goes with it.

    Args:
        root: the way from the page to the site's root, "" or "../".
        how: the page that tells how to run it, if there is one.
    """
    live = " data-live" if lesson in SOURCES and cell == "explorer" else ""
    note = f'<p class="gc-note"><a href="{root}{how}">{NOTE}</a></p>' if how else ""
    return (
        f'<div class="gc-explorer" data-lesson="{lesson}" data-cell="{escape(cell)}"{live}>'
        f'<figure class="gc-figure">{picture.tag(sentence)}'
        f"<figcaption>{escape(sentence)}</figcaption></figure>"
        f"{note}</div>"
    )
