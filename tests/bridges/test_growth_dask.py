"""A growth map on a Dask cluster is, bit by bit, the one that this machine computes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gradcourse import DeepNet, generator, growth_map

from .conftest import needs
from .guide import block

pytestmark = pytest.mark.filterwarnings("ignore")  # distributed's own
SCALES = torch.linspace(0.3, 4.0, 40)  # three units at width 128 and batch 60


def net(seed: int) -> DeepNet:
    return DeepNet(12, activation="tanh", generator=generator(seed))


def x() -> torch.Tensor:
    return torch.randn(60, 64, generator=generator(1))


def decades(seed: int) -> NDArray[np.float64]:
    """A seed's map, made where it is needed: nothing large travels."""
    torch.set_num_threads(1)
    return growth_map(net(seed), x(), SCALES).decades


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    needs("dask")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_a_map_in_units_has_the_bits_of_the_local_one(client: Any) -> None:
    alone = growth_map(net(0), x(), SCALES)
    found = growth_map(net(0), x(), SCALES, executor=client.get_executor(pure=False))
    assert np.array_equal(found.signal, alone.signal)
    assert np.array_equal(found.tangent, alone.tangent)


@pytest.mark.usefixtures("one_thread")
def test_a_map_for_each_seed_has_the_bits_of_the_local_ones(client: Any) -> None:
    there = list(client.get_executor(pure=False).map(decades, list(range(4))))
    assert all(np.array_equal(found, decades(seed)) for seed, found in enumerate(there))


@pytest.mark.usefixtures("one_thread")
def test_the_guides_map_of_many_seeds_runs(client: Any) -> None:
    text = block("import torch")
    for large, small in {
        "tcp://10.0.0.5:8786": client.scheduler.address,
        "4.0, 1000)": "4.0, 20)",
        "DeepNet(1000": "DeepNet(8",
        "range(100)": "range(3)",
        "/ 100": "/ 3",
    }.items():
        assert text.count(large) == 1
        text = text.replace(large, small)
    names: dict[str, Any] = {"__name__": "__main__"}  # a script's functions travel by value
    exec(text, names)
    expected = np.mean([names["decades"](seed) for seed in range(3)], axis=0)
    assert expected.shape == (8, 20)
    np.testing.assert_allclose(names["mean"], expected, atol=1e-12)
