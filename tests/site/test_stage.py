"""What the build makes of a notebook, without building."""

import json
from pathlib import Path

import nbformat
import pytest

from docs import project, stage
from docs.blocks import CODE_LINES, parts, shown_lines, text_blocks
from docs.ext.page import add
from docs.figures import Picture, explorer_html, figure_html, write_picture
from docs.notebook import for_colab, is_explorer, read

PICTURE = Picture("../_images/a.png", 1080, 540)
LESSON = project.lessons()[2]


def test_a_chart_says_its_finding_and_keeps_its_room() -> None:
    html = figure_html(PICTURE, "Figure: One explodes,\n<two> vanish")
    assert 'alt="One explodes, &lt;two&gt; vanish"' in html
    assert 'width="720" height="360" loading="lazy"' in html
    assert "<pre>" not in html


def test_a_picture_of_a_text_keeps_the_text() -> None:
    html = figure_html(PICTURE, "Ward: 0 of 12\np01\np02")
    assert 'alt="Ward: 0 of 12"' in html
    assert "<pre>Ward: 0 of 12\np01\np02</pre>" in html


def test_an_explorer_is_alive_where_its_lesson_was_measured() -> None:
    html = explorer_html("02", "explorer", PICTURE, "It explodes.", root="../")
    assert html.startswith(
        '<div class="gc-explorer" data-lesson="02" data-cell="explorer" data-live>'
    )
    assert 'alt="It explodes."' in html
    assert "<figcaption>It explodes.</figcaption>" in html
    assert "JupyterLab" in html
    for lesson, cell in (("05", "explorer"), ("02", "other")):
        assert "data-live" not in explorer_html(lesson, cell, PICTURE, "It explodes.", root="../")


def test_only_a_png_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no PNG"):
        write_picture("AAAA", tmp_path / "a.png", "a.png")


def test_the_copy_for_colab_has_one_more_cell_and_the_same_setup() -> None:
    lesson = read(LESSON)
    copied = for_colab(lesson)
    nbformat.validate(copied)
    assert copied.cells[1:] == lesson.cells
    assert f"git+{project.repository()}" in copied.cells[0].source
    assert "find_spec" in copied.cells[0].source


def test_every_lesson_has_a_copy_for_colab(site: Path) -> None:
    names = {path.name for path in project.lessons()}
    assert {path.name for path in (site / "colab").iterdir()} == names
    made = json.loads((site / "colab" / LESSON.name).read_text(encoding="utf-8"))
    assert made["cells"][0]["id"] == "install"


def test_links_to_run_a_lesson_lead_to_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    links = stage.launch_links("02_deep_nets")
    path = project.repository().removeprefix("https://github.com")
    assert f"/github{path}/blob/gh-pages/colab/02_deep_nets.ipynb" in links
    assert f"/gh{path}/HEAD?urlpath=lab/tree/lessons/02_deep_nets.ipynb" in links
    monkeypatch.setattr(project, "repository", lambda: "https://git.example.org/a/b")
    assert "colab.research" not in stage.launch_links("02_deep_nets")


def test_guides_link_to_pages_and_to_the_repository() -> None:
    text = stage.with_site_links("[a](README.md) [b](INSTRUCTORS.md#nbgrader) [c](LICENSE)")
    assert "[a](index.md) [b](instructors.md#nbgrader)" in text
    assert f"[c]({project.repository()}/blob/HEAD/LICENSE)" in text


def test_every_picture_of_a_lesson_is_on_its_page_with_an_alternative(site: Path) -> None:
    for path in project.lessons():
        html = (site / "lessons" / f"{path.stem}.html").read_text(encoding="utf-8")
        cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
        stored = [o for cell in cells for o in cell.outputs if "image/png" in o.get("data", {})]
        assert html.count("<img ") == html.count('loading="lazy"') == len(stored)
        assert 'alt=""' not in html
        assert html.count('<div class="gc-explorer"') == sum(map(is_explorer, cells))


def test_a_readme_section_that_is_gone_is_an_error() -> None:
    with pytest.raises(ValueError, match="no section"):
        stage.readme_section("Gone")


def test_long_code_is_broken_and_nothing_is_lost() -> None:
    code = "\n".join(f"line {i}" if i % 9 else "" for i in range(1, 60))
    made = parts(code)
    assert all(shown_lines(part) <= CODE_LINES for part in made)
    assert "".join(made).replace("\n", "") == code.replace("\n", "")


def test_a_heading_begins_a_slide_and_a_folded_answer_too() -> None:
    text = "## One\n\nA\n\n1. a\n2. b\n\n<details><summary>Found</summary>\n\nB\n</details>"
    found = list(text_blocks(text))
    assert [block.heading for block in found] == [2, 0, 0, 0, 3, 0]
    assert '<ol start="2">' in found[3].html


@pytest.mark.parametrize("live", [True, False])
def test_a_page_loads_the_explorers_script_only_with_a_live_explorer(live: bool) -> None:
    loaded: list[str] = []

    class App:
        def add_js_file(self, name: str, **_: str) -> None:
            loaded.append(name)

    context = {"body": '<div class="gc-explorer" data-live>' if live else "<div>"}
    add(App(), "lessons/02", "page.html", context, None)
    assert loaded == (["live/live.js"] if live else [])
