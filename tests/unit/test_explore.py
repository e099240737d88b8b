"""`Explorer`: moving a control changes artists, picture and sentence, and nothing else."""

import threading
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from PIL import Image

from gradcourse import Explorer, depth_slider, scale_slider


class Lines:
    """A picture of the line y = scale · x up to `depth`, that counts what it computes."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def compute(self, **values: Any) -> np.ndarray[Any, Any]:
        self.calls.append(values)
        if values["depth"] == 13:
            raise ZeroDivisionError("no <thirteen> here")
        result: np.ndarray[Any, Any] = values["scale"] * np.arange(values["depth"] + 1)
        return result

    def setup(self, figure: Figure) -> dict[str, Artist]:
        ax = figure.subplots()
        ax.set(xlim=(0, 20), ylim=(0, 80))
        return {"line": ax.plot([], [], linewidth=5)[0]}

    def draw(self, artists: Any, result: Any, **values: Any) -> None:
        artists["line"].set_data(range(len(result)), result)

    def describe(self, result: Any, **values: Any) -> str:
        return f'{values["kind"]}: depth {values["depth"]} & scale {values["scale"]:g} < "∞"'

    def explorer(self) -> Explorer:
        controls = {
            "depth": depth_slider(5, max=20),
            "scale": scale_slider(1.0),
            "kind": widgets.Dropdown(options=["<relu>", "tanh"], description="activation"),
        }
        return Explorer(
            controls, compute=self.compute, setup=self.setup, draw=self.draw,
            describe=self.describe, width=4, height=3,
        )  # fmt: skip


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def explorer(lines: Lines) -> Explorer:
    return lines.explorer()


def shown(explorer: Explorer) -> dict[str, Any]:
    """What the page below the controls is told: artists and sentence, or an error."""
    found: dict[str, Any] = explorer.widget.children[-1].shown
    return found


def drawn(explorer: Explorer) -> list[list[float]]:
    """The numbers of the line that the page draws."""
    line = shown(explorer)["artists"]["line"]
    return [line["x"], line["y"]]


def said(explorer: Explorer) -> str:
    """The sentence that the page shows and reads aloud."""
    found: str = shown(explorer)["sentence"]
    return found


def expected(explorer: Explorer) -> str:
    """The sentence for where the controls stand."""
    return Lines().describe(None, **explorer.values)


def line(explorer: Explorer) -> list[list[float]]:
    artist: Any = explorer.artists["line"]
    return [list(values) for values in artist.get_data()]


# ---------------------------------------------------------------------------- moving


def test_starts_with_a_picture_of_its_defaults(explorer: Explorer, lines: Lines) -> None:
    assert lines.calls == [{"depth": 5, "scale": 1.0, "kind": "<relu>"}]
    assert line(explorer) == [[0, 1, 2, 3, 4, 5]] * 2
    assert repr(explorer) == explorer.sentence == '<relu>: depth 5 & scale 1 < "∞"'
    frame = explorer.widget.children[-1].frame
    assert (frame["width"], frame["height"]) == (384, 288)
    assert drawn(explorer) == line(explorer)


@pytest.mark.parametrize(("name", "value"), [("depth", 9), ("scale", 3.5), ("kind", "tanh")])
def test_moving_a_control_changes_artist_picture_and_sentence(
    explorer: Explorer, name: str, value: Any
) -> None:
    before = drawn(explorer)
    explorer.controls[name].value = value
    depth, scale = explorer.values["depth"], explorer.values["scale"]
    assert explorer.values[name] == value
    assert line(explorer) == [list(range(depth + 1)), [scale * i for i in range(depth + 1)]]
    assert drawn(explorer) == line(explorer)
    assert (name == "kind") == (drawn(explorer) == before)
    assert said(explorer) == explorer.sentence == expected(explorer)


def test_a_value_that_the_page_has_rounded_is_the_value_that_was_meant(
    explorer: Explorer, lines: Lines
) -> None:
    explorer.controls["scale"].value = 0.3 + 22 * 0.05  # how the page counts its steps
    assert explorer.controls["scale"].value != 1.4
    assert lines.calls[-1]["scale"] == explorer.values["scale"] == 1.4


def test_python_moves_a_slider_only_to_where_the_page_would_put_it(explorer: Explorer) -> None:
    explorer.set(scale=1.4)
    assert explorer.controls["scale"].value == 1.4000000000000001  # as noUiSlider counts
    assert explorer.widget.children[1].children[0].value == 1.4  # the number box
    explorer.widget.children[1].children[0].value = 2.15
    assert explorer.values["scale"] == 2.15
    assert explorer.widget.children[1].children[0].value == 2.15
    assert explorer.set(scale=1.43).endswith("(scale 1.43 was moved to 1.45.)")


def test_what_the_picture_shows_already_is_not_computed_again(
    explorer: Explorer, lines: Lines
) -> None:
    explorer.set(scale=1.4)
    before = len(lines.calls)
    explorer.controls["scale"].value = 1.4
    assert len(lines.calls) == before


def test_a_move_is_one_message(explorer: Explorer) -> None:
    sent: list[set[str]] = []
    explorer.widget.children[-1].comm.send = lambda data, **_: sent.append(set(data["state"]))
    explorer.controls["depth"].value = 9
    assert sent == [{"shown"}]


# ---------------------------------------------------------------------------- set and reset


def test_set_moves_several_controls_and_computes_once(explorer: Explorer, lines: Lines) -> None:
    sentence = explorer.set(depth=7, scale=2.0, kind="tanh")
    assert sentence == explorer.sentence == 'tanh: depth 7 & scale 2 < "∞"'
    assert lines.calls[1:] == [{"depth": 7, "scale": 2.0, "kind": "tanh"}]
    assert said(explorer) == sentence


def test_set_computes_anew(explorer: Explorer, lines: Lines) -> None:
    explorer.set(depth=7)
    explorer.set(depth=7)
    assert [call["depth"] for call in lines.calls] == [5, 7, 7]


@pytest.mark.parametrize(
    ("values", "note"),
    [({"depth": 50}, "(depth 50 was moved to 20.)"), ({"depth": -3}, "(depth -3 was moved to 1.)"),
     ({"scale": 9.0}, "(scale 9.0 was moved to 4.0.)"), ({"depth": 20}, "")],
)  # fmt: skip
def test_a_value_outside_the_range_is_moved_and_reported(
    explorer: Explorer, values: dict[str, Any], note: str
) -> None:
    assert explorer.set(**values) == f"{expected(explorer)} {note}".strip()


def test_an_unknown_control_is_answered_with_those_that_exist(explorer: Explorer) -> None:
    with pytest.raises(ValueError, match="the controls are depth, scale, kind; got 'width'"):
        explorer.set(width=3)


def test_a_menu_refuses_what_it_does_not_offer(explorer: Explorer) -> None:
    with pytest.raises(ValueError, match="kind cannot be 'relo'; choose from: <relu>, tanh"):
        explorer.set(kind="relo")


def test_a_slider_refuses_what_is_no_number(explorer: Explorer) -> None:
    with pytest.raises(ValueError, match="depth cannot be 'deep'; choose from: a number"):
        explorer.set(depth="deep")


@pytest.mark.parametrize("wrong", [{"width": 3}, {"kind": "relo"}])
def test_after_a_refusal_picture_and_controls_still_agree(
    explorer: Explorer, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"got 'width'|choose from"):
        explorer.set(depth=9, **wrong)
    assert explorer.sentence == said(explorer) == expected(explorer)
    explorer.controls["depth"].value = 3
    assert said(explorer) == expected(explorer)


def test_reset_goes_back_to_the_start(explorer: Explorer) -> None:
    start = explorer.sentence
    explorer.set(depth=9, scale=3.0, kind="tanh")
    assert explorer.reset() == start
    assert explorer.values == {"depth": 5, "scale": 1.0, "kind": "<relu>"}


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "move",
    [lambda e: e.set(depth=13), lambda e: setattr(e.controls["depth"], "value", 13)],
    ids=["set", "slider"],
)
def test_an_error_is_shown_and_raised_and_the_next_value_recovers(
    explorer: Explorer, move: Callable[[Explorer], Any]
) -> None:
    with pytest.raises(ZeroDivisionError, match="no <thirteen> here"):
        move(explorer)
    told = shown(explorer)
    assert told["error"] == "no <thirteen> here"
    assert "ZeroDivisionError" in told["details"]
    assert "artists" not in told
    explorer.controls["depth"].value = 6
    assert "error" not in shown(explorer)
    assert said(explorer) == explorer.sentence == expected(explorer)


# ---------------------------------------------------------------------------- surroundings


def test_global_random_state_stays_put(lines: Lines) -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    explorer = lines.explorer()
    explorer.set(depth=9)
    explorer._repr_mimebundle_()
    assert torch.equal(torch.get_rng_state(), torch_before)
    for a, b in zip(np.random.get_state(), numpy_before, strict=True):  # noqa: NPY002
        assert np.array_equal(a, b)


def test_two_threads_that_move_controls_take_turns_and_end_consistent() -> None:
    inside, most = 0, 0

    class Slow(Lines):
        def compute(self, **values: Any) -> np.ndarray[Any, Any]:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            time.sleep(0.002)
            result = super().compute(**values)
            inside -= 1
            return result

    explorer = Slow().explorer()

    def drag(name: str, values: list[float]) -> None:
        for value in values:
            explorer.controls[name].value = value

    threads = [
        threading.Thread(target=drag, args=("depth", [*range(14, 21), 11])),
        threading.Thread(target=drag, args=("scale", [1.5, 2.0, 2.5, 3.0, 3.5, 0.5, 2.0])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert most == 1
    assert (explorer.values["depth"], explorer.values["scale"]) == (11, 2.0)
    assert said(explorer) == explorer.sentence == expected(explorer)
    reference = Lines().explorer()
    reference.set(depth=11, scale=2.0)
    assert shown(explorer) == shown(reference)


def test_a_notebook_gets_widget_picture_and_sentence(explorer: Explorer) -> None:
    explorer.set(depth=12)
    bundle, metadata = explorer._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.widget.model_id
    assert bundle["text/plain"] == explorer.sentence == expected(explorer)
    assert metadata["image/png"] == {"width": 384, "height": 288}
    stored = Image.open(BytesIO(bundle["image/png"])).convert("RGB")
    assert stored.size == (576, 432)
    pixels = np.asarray(stored)
    assert (pixels[..., 2] > pixels[..., 0] + 60).mean() > 0.005  # the blue line is in it
    assert len(bundle["image/png"]) < 60_000


@pytest.mark.parametrize(("name", "row", "value"), [("depth", 0, 8), ("scale", 1, 2.5)])
def test_each_slider_has_a_labelled_number_box_that_holds_the_same_value(
    explorer: Explorer, name: str, row: int, value: Any
) -> None:
    box, slider = explorer.widget.children[row].children
    assert slider is explorer.controls[name]
    assert box.description in {"depth L", "weight scale σ_w"}
    assert (box.min, box.max, box.step) == (slider.min, slider.max, slider.step)
    box.value = value
    assert slider.value == value
    assert said(explorer) == expected(explorer)
    slider.value = slider.min
    assert box.value == slider.min
    assert said(explorer) == expected(explorer)


def test_other_controls_keep_their_label(explorer: Explorer) -> None:
    assert explorer.widget.children[2] is explorer.controls["kind"]
    assert explorer.controls["kind"].description == "activation"


def test_sliders_have_the_ranges_asked_for() -> None:
    depth, scale = depth_slider(7, max=30, label="T"), scale_slider(0.9, min=0.5, max=2.0)
    assert (depth.value, depth.min, depth.max, depth.description) == (7, 1, 30, "T")
    assert (scale.value, scale.min, scale.max) == (0.9, 0.5, 2.0)
    assert scale.step == 0.05
