"""What is worked out ahead of a slider: the right values, in pauses, and never an old result."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import pytest

from gradcourse import ahead, depth_slider, scale_slider
from gradcourse.ahead import KEEP, PAUSE, Results, onwards


class Count:
    """Computes 10 · depth, and notes for which depths it was asked."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, depth: Any) -> Any:
        self.calls.append(depth)
        if depth == 13:
            raise ZeroDivisionError("no thirteen")
        return [10 * depth]


@pytest.fixture
def count() -> Count:
    return Count()


@pytest.fixture
def results(count: Count) -> Results:
    return Results(count, threading.RLock())


def pause(*acts: Callable[[], Any]) -> None:
    """Acts in a running loop, as a page's messages come in, and then a pause."""

    async def together() -> None:
        for act in acts:
            act()
        await asyncio.sleep(4 * PAUSE)

    asyncio.run(together())


# ---------------------------------------------------------------------------- which values


CONTROLS = {
    "depth": depth_slider(5, max=20),
    "scale": scale_slider(1.0),
    "kind": widgets.Dropdown(options=["relu", "tanh"]),
}
HERE = {"depth": 5, "scale": 1.4, "kind": "relu"}


@pytest.mark.parametrize(
    ("before", "next"),
    [
        ({"depth": 4}, {"depth": 6}),
        ({"depth": 6}, {"depth": 4}),
        ({"depth": 17}, {"depth": 4}),
        ({"scale": 1.35}, {"scale": 1.45}),
        ({"scale": 1.45}, {"scale": 1.35}),
        ({"kind": "tanh"}, {}),
        ({"depth": 4, "scale": 1.0}, {}),
        ({}, {}),
    ],
)
def test_the_next_values_are_one_step_on(before: dict[str, Any], next: dict[str, Any]) -> None:
    found = onwards(CONTROLS, {**HERE, **before}, HERE)
    assert found == {**HERE, **next}
    assert type(found["depth"]) is int


@pytest.mark.parametrize(
    ("name", "old", "end"), [("depth", 2, 1), ("depth", 19, 20), ("scale", 3.95, 4.0)]
)
def test_behind_the_end_there_is_nothing(name: str, old: float, end: float) -> None:
    now = {**HERE, name: end}
    assert onwards(CONTROLS, {**HERE, name: old}, now) == now


def test_a_step_is_the_number_that_the_page_will_send() -> None:
    slider = CONTROLS["scale"]
    for steps in range(1, 70):
        here, before = ahead.short(0.3 + 0.05 * steps), ahead.short(0.3 + 0.05 * (steps - 1))
        after = onwards(CONTROLS, {**HERE, "scale": before}, {**HERE, "scale": here})
        sent = ahead.on_grid(slider, 0.3 + 0.05 * (steps + 1))
        assert after["scale"] == ahead.short(sent)


# ---------------------------------------------------------------------------- which results


def test_a_result_is_computed_once(results: Results, count: Count) -> None:
    assert results(depth=3) is results(depth=3)
    assert count.calls == [3]


def test_after_forget_it_is_computed_anew(results: Results, count: Count) -> None:
    results(depth=3)
    results.forget()
    results(depth=3)
    assert count.calls == [3, 3]


def test_a_cell_that_ran_makes_it_anew(
    results: Results, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cell in (7, 7, 8):
        monkeypatch.setattr(ahead, "_cells_run", lambda cell=cell: cell)
        results(depth=3)
    assert count.calls == [3, 3]


def test_few_are_kept(results: Results, count: Count) -> None:
    for depth in [*range(100, 100 + KEEP + 1), 100 + KEEP, 100]:
        results(depth=depth)
    assert count.calls == [*range(100, 100 + KEEP + 1), 100]


def test_a_value_that_cannot_be_a_key_is_computed_each_time(count: Count) -> None:
    results = Results(lambda depth: count(tuple(depth)), threading.RLock())
    assert results(depth=[1]) == results(depth=[1])
    assert count.calls == [(1,), (1,)]


# ---------------------------------------------------------------------------- in a pause


def test_a_pause_is_used(results: Results, count: Count) -> None:
    pause(lambda: results(depth=3), lambda: results.ahead(depth=4))
    assert count.calls == [3, 4]
    assert results(depth=4) == [40]
    assert count.calls == [3, 4]


def test_only_the_last_wish_is_worked_out(results: Results, count: Count) -> None:
    results(depth=3)
    pause(lambda: results.ahead(depth=4), lambda: results.ahead(depth=5))
    assert count.calls == [3, 5]


def test_without_a_loop_nothing_happens(results: Results, count: Count) -> None:
    results(depth=3)
    results.ahead(depth=4)
    assert count.calls == [3]


def test_what_is_slow_is_not_worked_out(
    results: Results, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "QUICK", 0.0)
    pause(lambda: results(depth=3), lambda: results.ahead(depth=4))
    assert count.calls == [3]


def test_an_error_waits_until_it_is_asked_for(results: Results, count: Count) -> None:
    pause(lambda: results(depth=12), lambda: results.ahead(depth=13))
    assert count.calls == [12, 13]
    with pytest.raises(ZeroDivisionError):
        results(depth=13)
