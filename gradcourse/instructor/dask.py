"""Grading on a Dask cluster: its executor in the place of this machine's own."""

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from urllib.parse import urlsplit

SECONDS = 10.0  # to wait for the scheduler
RETRIES = 3  # of a task that ends in an error of the cluster


@contextlib.contextmanager
def executor(address: str) -> Iterator[Executor]:
    """An executor that runs tasks on the Dask cluster at `address`, such as "tcp://10.0.0.5:8786".

    A task whose worker dies is run again on another one. Every worker machine needs the same
    version of gradcourse.

    Raises:
        ModuleNotFoundError: `distributed` is not installed.
        ValueError: no scheduler answers at `address`, or it has no worker.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        text = "--dask needs the package distributed; run `pip install 'gradcourse[dask]'`"
        raise ModuleNotFoundError(text, name=error.name) from error
    _knock(address)
    with Client(address, timeout=SECONDS, set_as_default=False) as client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise ValueError(f"the Dask cluster at {address!r} has no worker; start `dask worker`")
        yield client.get_executor(retries=RETRIES, pure=False)


def _knock(address: str) -> None:
    """Nothing, if something listens at `address`: a Client that finds nobody ends badly."""
    try:
        place = urlsplit(address)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=SECONDS):
            return
    except (OSError, ValueError) as error:
        text = f"no Dask scheduler answers at {address!r}; tcp://HOST:8786 is its usual form"
        raise ValueError(text) from error
