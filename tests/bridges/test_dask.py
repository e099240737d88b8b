"""Grading on a Dask cluster gives what grading on this machine gives, also when a worker dies."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gradcourse.instructor.dask import executor

from .classroom import gradcourse, hand_in, read_notebook, reference, write_assignment, wrong
from .conftest import needs

pytestmark = pytest.mark.filterwarnings("ignore")  # distributed's own
POINTS = {"02-growth": 2.0, "02-repair": 3.0}
SLOW = "import time\ntime.sleep(0.5)\n"  # so that the class is not graded before the worker dies


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    needs("dask")
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hw.toml, and five submissions: right, half right, wrong."""
    folder = tmp_path_factory.mktemp("class")
    students = [f"s{number}" for number in range(5)]
    write_assignment(folder, students, POINTS)
    gradcourse("assign", "hw.toml", "-o", str(folder / "release"), folder=folder)
    notebook = read_notebook(folder / "release")
    for number, student in enumerate(students):
        answers = {
            "02-growth": SLOW + (reference if number % 3 < 2 else wrong)("02-growth"),
            "02-repair": SLOW + (reference if number % 3 < 1 else wrong)("02-repair"),
        }
        hand_in(folder / "submissions" / f"{student}.ipynb", notebook, answers)
    return folder


def grade(folder: Path, out: str, *options: str) -> dict[str, bytes]:
    """The tables of a run of `gradcourse grade` into a folder of its own."""
    words = ("grade", "submissions", "--assignment", "hw.toml", "-o", str(folder / out), *options)
    gradcourse(*words, folder=folder)
    return {path.name: path.read_bytes() for path in sorted((folder / out).glob("*.csv"))}


def test_tables_are_the_local_ones_though_a_worker_is_killed(folder: Path, cluster: Any) -> None:
    local = grade(folder, "local", "--workers", "2")
    assert local["grades.csv"].count(b"right") > 2
    with ThreadPoolExecutor(1) as pool:
        tables = pool.submit(grade, folder, "dask", "--dask", cluster.scheduler_address)
        while not list((folder / "dask").glob(".state/*.json")) and not tables.done():
            time.sleep(0.05)
        assert not tables.done(), "the class was graded before a worker could be killed"
        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        assert tables.result(timeout=200) == local


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://127.0.0.1:x"])
def test_nobody_at_the_address(address: str) -> None:
    needs("dask")
    with pytest.raises(ValueError, match="no Dask scheduler answers"), executor(address):
        pass
