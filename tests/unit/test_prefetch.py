"""What is prefetched for a slider: the right values, in pauses, and never an old result."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from IPython.core.interactiveshell import InteractiveShell

from gradcourse import Explorer, depth_slider, prefetch, scale_slider
from gradcourse.prefetch import KEEP, PAUSE, Cache, next_step


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
def cache(count: Count) -> Cache:
    return Cache(count, threading.RLock())


def pause(*acts: Callable[[], Any]) -> None:
    """Acts in a running loop, as a page's messages come in, and then a pause."""

    unseen: list[Any] = []

    async def together() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: unseen.append(told))
        for act in acts:
            act()
        await asyncio.sleep(4 * PAUSE)

    asyncio.run(together())
    assert unseen == []


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
        ({"depth": 17}, {}),
        ({"scale": 1.5}, {}),
        ({"scale": 1.35}, {"scale": 1.45}),
        ({"scale": 1.45}, {"scale": 1.35}),
        ({"kind": "tanh"}, {}),
        ({"depth": 4, "scale": 1.0}, {}),
        ({}, {}),
    ],
)
def test_the_next_values_are_one_step_on(before: dict[str, Any], next: dict[str, Any]) -> None:
    found = next_step(CONTROLS, {**HERE, **before}, HERE)
    assert found == {**HERE, **next}
    assert type(found["depth"]) is int


@pytest.mark.parametrize(
    ("name", "old", "end"), [("depth", 2, 1), ("depth", 19, 20), ("scale", 3.95, 4.0)]
)
def test_behind_the_end_there_is_nothing(name: str, old: float, end: float) -> None:
    now = {**HERE, name: end}
    assert next_step(CONTROLS, {**HERE, name: old}, now) == now


def test_a_step_is_the_number_that_the_page_will_send() -> None:
    slider = CONTROLS["scale"]
    for steps in range(1, 70):
        here, before = prefetch.short(0.3 + 0.05 * steps), prefetch.short(0.3 + 0.05 * (steps - 1))
        after = next_step(CONTROLS, {**HERE, "scale": before}, {**HERE, "scale": here})
        slider.value = 0.3 + 0.05 * (steps + 1)  # as the page's number box sends it
        assert after["scale"] == pytest.approx(slider.value, abs=1e-10)
        assert after["scale"] == prefetch.short(slider.value)


# ---------------------------------------------------------------------------- which results


def test_a_result_is_computed_once(cache: Cache, count: Count) -> None:
    assert cache(depth=3) is cache(depth=3)
    assert count.calls == [3]


def test_after_clear_it_is_computed_anew(cache: Cache, count: Count) -> None:
    cache(depth=3)
    cache.clear()
    cache(depth=3)
    assert count.calls == [3, 3]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A notebook's shell, of its own."""
    kind: Any = InteractiveShell
    shell = kind()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    yield shell
    shell.history_manager.end_session()


def test_a_cell_that_ran_makes_it_anew(cache: Cache, count: Count, shell: Any) -> None:
    for _ in range(2):
        assert cache(depth=3) is cache(depth=3)
        shell.run_cell("1", store_history=True)
    assert count.calls == [3, 3]


def test_what_was_computed_while_a_cell_ran_is_void_when_it_ends(count: Count, shell: Any) -> None:
    shell.user_ns["cache"] = cache = Cache(count, threading.RLock())
    shell.run_cell("cache(depth=3)", store_history=True)
    cache(depth=3)
    assert count.calls == [3, 3]


def test_few_are_kept(cache: Cache, count: Count) -> None:
    for depth in [*range(100, 100 + KEEP + 1), 100 + KEEP, 100]:
        cache(depth=depth)
    assert count.calls == [*range(100, 100 + KEEP + 1), 100]


@pytest.mark.parametrize(
    "control",
    [widgets.IntText(3), widgets.FloatText(3.0, step=0.5), widgets.IntRangeSlider(value=(1, 5)),
     widgets.DatePicker(), widgets.Checkbox(), widgets.FloatLogSlider(0.01, min=-4, max=1),
     widgets.Dropdown(options=[("a", [1]), ("b", [2])])],
    ids=lambda control: type(control).__name__,
)  # fmt: skip
def test_any_control_may_stand_beside_a_slider(control: Any) -> None:
    slider, seen = depth_slider(5, max=20), []
    explorer = Explorer(
        {"other": control, "depth": slider}, compute=lambda **values: values,
        setup=lambda figure: {"line": figure.subplots().plot([], [])[0]},
        draw=lambda *_, **values: seen.append(values["depth"]), describe=lambda *_, **values: "",
    )  # fmt: skip
    slider.value = 6
    assert seen == [5, 6]
    assert next_step(explorer.controls, {**explorer.values, "other": "else"}, explorer.values) == (
        explorer.values
    )


def test_a_value_that_cannot_be_a_key_is_computed_each_time(count: Count) -> None:
    cache = Cache(lambda depth: count(tuple(depth)), threading.RLock())
    assert cache(depth=[1]) == cache(depth=[1])
    assert count.calls == [(1,), (1,)]


# ---------------------------------------------------------------------------- in a pause


def test_a_pause_is_used(cache: Cache, count: Count) -> None:
    pause(lambda: cache(depth=3), lambda: cache.prefetch(depth=4))
    assert count.calls == [3, 4]
    assert cache(depth=4) == [40]
    assert count.calls == [3, 4]


def test_only_the_last_wish_is_worked_out(cache: Cache, count: Count) -> None:
    cache(depth=3)
    pause(lambda: cache.prefetch(depth=4), lambda: cache.prefetch(depth=5))
    assert count.calls == [3, 5]


def test_without_a_loop_nothing_happens(cache: Cache, count: Count) -> None:
    cache(depth=3)
    cache.prefetch(depth=4)
    assert count.calls == [3]


def test_what_is_slow_is_not_worked_out(
    cache: Cache, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "QUICK", 0.0)
    pause(lambda: cache(depth=3), lambda: cache.prefetch(depth=4))
    assert count.calls == [3]


def test_while_a_picture_is_drawn_there_is_no_pause(count: Count) -> None:
    lock = threading.Lock()
    cache = Cache(count, lock)  # type: ignore[arg-type]
    cache(depth=3)
    with lock:
        pause(lambda: cache.prefetch(depth=4))
    assert count.calls == [3]


def test_an_error_waits_until_it_is_asked_for(cache: Cache, count: Count) -> None:
    pause(lambda: cache(depth=12), lambda: cache.prefetch(depth=13))
    assert count.calls == [12, 13]
    with pytest.raises(ZeroDivisionError):
        cache(depth=13)
