"""The rescue board: the stored file is complete, and what it says is true."""

import dataclasses
from pathlib import Path

import pytest

from gradcourse.clinic import board
from gradcourse.clinic.board import Setting

# Cells whose three seeds agree, so that another machine's rounding cannot change the verdict.
CLEAR = {
    Setting("torch"): "guesses",
    Setting("torch", skip="plain"): "breaks down",
    Setting("torch", skip="plain", clip="1.0"): "learns",
    Setting("torch", skip="scaled"): "learns",
    Setting("he", norm="layer", skip="plain", optimizer="adamw"): "learns",
    Setting("he", norm="batch", clip="1.0", optimizer="adamw"): "guesses",
    Setting("xavier", norm="batch", skip="scaled", optimizer="adamw"): "learns",
    Setting("large", skip="plain", clip="1.0", optimizer="adamw"): "guesses",
}


def clear() -> None:
    board.at_each_rate.cache_clear()
    board.stored.cache_clear()


def verdict(accuracy: float) -> str:
    if accuracy == 0:
        return "breaks down"
    return "learns" if accuracy > 0.85 else "guesses" if accuracy < 0.4 else "in between"


def test_every_setting_is_stored_with_three_seeds_at_one_of_its_rates() -> None:
    found = board.stored()
    assert list(found) == list(board.settings())
    assert len(found) == 144
    for setting, result in found.items():
        assert result.rate in board.RATES[setting.optimizer, setting.clip]
        assert len(result.train) == len(result.test) == board.SEEDS
        assert all(0 <= value <= 1 for value in result.train + result.test)
    for setting, results in board.at_each_rate().items():
        rates = tuple(result.rate for result in results)
        assert rates == board.RATES[setting.optimizer, setting.clip]


@pytest.mark.parametrize("setting", CLEAR, ids=str)
def test_a_stored_cell_is_what_training_gives(setting: Setting) -> None:
    train, test = board.run(setting, seed=0)
    assert verdict(test) == CLEAR[setting]
    assert {verdict(value) for value in board.stored()[setting].test} == {CLEAR[setting]}
    assert test == pytest.approx(board.stored()[setting].test[0], abs=0.06)
    assert abs(train - test) < 0.15


def test_the_better_rate_is_chosen_on_the_training_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Setting("he")
    slow = board.Result(cell, 0.003, (0.5, 0.6, 0.7), (0.9, 0.9, 0.9))
    fast = board.Result(cell, 0.02, (0.6, 0.7, 0.8), (0.1, 0.2, 0.3))
    board.write([slow, fast], tmp_path / "two.csv")
    monkeypatch.setattr(board, "FILE", tmp_path / "two.csv")
    clear()
    try:
        assert board.stored() == {cell: fast}
        assert fast.accuracy == 0.2
        assert repr(fast).endswith("10 20 30 % at rate 0.02)")
    finally:
        clear()


def test_compute_runs_each_rate_and_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def run(setting: Setting, seed: int, rate: float | None = None) -> tuple[float, float]:
        calls.append((seed, rate))
        return 0.5 + seed / 10, 0.25

    monkeypatch.setattr(board, "run", run)
    rates = (0.02, 0.1, 0.3, 1.0)
    results = list(board.compute(Setting("he", clip="1.0")))
    assert calls == [(seed, rate) for rate in rates for seed in range(3)]
    assert tuple(result.rate for result in results) == rates
    assert results[0].train == (0.5, 0.6, 0.7)


def test_a_run_follows_its_seed() -> None:
    setting = Setting("torch", skip="scaled")
    assert board.run(setting, 1) == board.run(setting, 1)


@pytest.mark.parametrize("axis", board.AXES)
def test_an_unknown_position_is_named(axis: str) -> None:
    with pytest.raises(ValueError, match=f"{axis} must be one of .*; got 'nonsense'"):
        dataclasses.replace(Setting(), **{axis: "nonsense"})
