"""Data that are real and always the same, and where random numbers come from."""

from typing import Any

import pytest
import torch

from gradcourse import (
    adding_problem,
    best_device,
    digits,
    generator,
    sequential_digits,
    temporal_order,
)


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


# ---------------------------------------------------------------------------- sequences


def test_sequential_digits_are_the_digits_read_row_by_row(device: torch.device) -> None:
    flat, read = digits(device=device), sequential_digits(device=device)
    assert read.x.shape == (1437, 64, 1)
    assert read.x_test.shape == (360, 64, 1)
    assert read.x.device.type == device.type
    assert torch.equal(read.x[:, 9, 0], flat.x.reshape(-1, 8, 8)[:, 1, 1])
    assert torch.equal(read.y, flat.y)
    assert torch.equal(read.y_test, flat.y_test)


@pytest.mark.parametrize("length", [10, 11, 30, 99, 200])
def test_marks_of_temporal_order_stand_where_they_should(length: int) -> None:
    x, y = temporal_order(500, length, generator=generator(0))
    assert x.shape == (500, length, 6)
    assert (x.dtype, y.dtype, y.shape) == (torch.float32, torch.int64, (500,))
    assert torch.equal(x.sum(2), torch.ones(500, length))
    assert set(x.unique().tolist()) == {0.0, 1.0}
    mark = x[..., :2].sum(2)
    assert torch.equal(mark.sum(1), torch.full((500,), 2.0))
    first, second = (mark.nonzero()[:, 1].reshape(500, 2) / length).T
    for place, low in ((first, 0.1), (second, 0.5)):
        assert low - 1 / length < place.min() <= low + 1 / length
        assert low + 0.1 - 1 / length < place.max() <= low + 0.1


def test_labels_of_temporal_order_are_the_order_and_all_as_frequent() -> None:
    x, y = temporal_order(4000, 30, generator=generator(0))
    is_y = x[..., 1]  # symbol 1 is Y; of two marks in order, the first weighs 2
    order = torch.stack([row.nonzero()[:, 0] for row in x[..., :2].sum(2)])
    label = 2 * is_y.gather(1, order[:, :1]) + is_y.gather(1, order[:, 1:])
    assert torch.equal(label[:, 0].long(), y)
    assert (y.bincount() / 4000 - 0.25).abs().max() < 0.03
    distractors = x[..., 2:].mean((0, 1))
    assert (distractors / distractors.mean() - 1).abs().max() < 0.03


@pytest.mark.parametrize("length", [2, 3, 10, 51])
def test_the_adding_problem_adds_a_number_of_each_half(length: int) -> None:
    x, target = adding_problem(20_000, length, generator=generator(0))
    assert x.shape == (20_000, length, 2)
    assert target.shape == (20_000, 1)
    numbers, marks = x.unbind(2)
    assert ((numbers >= 0) & (numbers < 1)).all()
    half = length // 2
    assert torch.equal(marks[:, :half].sum(1), torch.ones(20_000))
    assert torch.equal(marks[:, half:].sum(1), torch.ones(20_000))
    frequency = marks[:, half:].mean(0) * (length - half)
    assert (frequency - 1).abs().max() < 0.2  # every place of a half is as likely
    assert torch.equal((numbers * marks).sum(1, keepdim=True), target)
    assert (target - 1).square().mean().item() == pytest.approx(1 / 6, rel=0.03)


@pytest.mark.parametrize("task", [temporal_order, adding_problem])
def test_a_task_is_its_generators_alone(task: Any) -> None:
    before = torch.get_rng_state()
    a, b, c = (task(5, 20, generator=generator(seed)) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(*pair) for pair in zip(a, b, strict=True))
    assert not torch.equal(a[0], c[0])


@pytest.mark.parametrize(
    ("task", "examples", "length", "message"),
    [(temporal_order, 0, 20, "examples must be a whole number of at least 1, got 0"),
     (temporal_order, 5, 2.5, "length must be a whole number of at least 1, got 2.5"),
     (temporal_order, 5, 9, "length must be at least 10 for two separate marks, got 9"),
     (adding_problem, -1, 20, "examples must be a whole number of at least 1, got -1"),
     (adding_problem, 5, 1, "length must be at least 2, got 1")],
)  # fmt: skip
def test_tasks_refuse_what_they_cannot_make(
    task: Any, examples: Any, length: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        task(examples, length, generator=generator(0))


# ---------------------------------------------------------------------------- devices


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
