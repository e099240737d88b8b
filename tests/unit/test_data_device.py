"""Data that are real and always the same, and where random numbers come from."""

from typing import Any

import pytest
import torch

from gradcourse import best_device, digits, generator


def test_digits_are_all_there_and_never_twice() -> None:
    from sklearn.datasets import load_digits

    data = digits()
    assert (len(data.x), len(data.y), len(data.x_test), len(data.y_test)) == (1437, 1437, 360, 360)
    assert data.x.dtype == torch.float32
    assert data.y.dtype == torch.int64
    labels = torch.cat([data.y, data.y_test]).bincount()
    assert labels.tolist() == torch.as_tensor(load_digits().target).bincount().tolist()
    rows = {tuple(row) for row in torch.cat([data.x, data.x_test]).tolist()}
    assert len(rows) == len({tuple(row) for row in load_digits().data.tolist()})


def test_pixels_are_standardised_over_the_training_part_only() -> None:
    x = digits().x.double()
    moving = x.std(dim=0) > 0
    assert x.mean(dim=0).abs().max() < 1e-5
    assert (x.std(dim=0)[moving] - 1).abs().max() < 1e-4
    assert (~moving).sum() == 3  # the corners of the left edge are never inked
    assert digits().x_test.mean(dim=0).abs().max() > 1e-3


def test_every_label_has_its_picture() -> None:
    data = digits()  # the nearest training mean is right for 9 of 10 digits, 1 of 10 if mixed up
    means = torch.stack([data.x[data.y == k].mean(dim=0) for k in range(10)])
    guess = torch.cdist(data.x_test, means).argmin(dim=1)
    assert (guess == data.y_test).float().mean() > 0.85


def test_digits_are_the_same_every_time_and_leave_random_state_alone() -> None:
    before = torch.get_rng_state()
    first, second = digits(), digits()
    assert torch.equal(first.x, second.x)
    assert torch.equal(first.y_test, second.y_test)
    assert torch.equal(torch.get_rng_state(), before)
    assert repr(first) == "Split(1437 to train on, 360 to test on)"


def test_digits_live_on_the_device_asked_for(device: torch.device) -> None:
    data = digits(device=device)
    for tensor in (data.x, data.y, data.x_test, data.y_test):
        assert tensor.device.type == device.type
    torch.testing.assert_close(data.x.cpu(), digits().x)


def test_best_device_is_one_that_works(device: torch.device) -> None:
    best = best_device()
    if device.type == "cuda":
        assert best.type == "cuda"
    assert torch.ones(2, device=best).sum().item() == 2


@pytest.mark.parametrize(
    ("cuda", "mps", "best"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_best_device_prefers_cuda_then_mps(
    cuda: bool, mps: bool, best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert best_device() == torch.device(best)


def test_generator_starts_at_its_seed_and_is_nobody_elses() -> None:
    before = torch.get_rng_state()
    a, b, c = (torch.randn(5, generator=generator(seed)) for seed in (3, 3, 4))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert generator(0).device.type == "cpu"
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_the_ends_of_the_range_of_seeds_work(seed: int) -> None:
    assert generator(seed).initial_seed() == seed


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, "1", None])
def test_other_seeds_are_refused(seed: Any) -> None:
    with pytest.raises(ValueError, match=f"seed must be a whole number .*got {seed!r}"):
        generator(seed)
