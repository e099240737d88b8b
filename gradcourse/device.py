"""Where tensors live and where random numbers come from."""

import torch


def best_device() -> torch.device:
    """The fastest device of this machine: CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def generator(seed: int) -> torch.Generator:
    """A CPU random-number generator that starts at `seed`.

    Numbers are drawn on the CPU and then moved: one seed tells one story on every device.

    Raises:
        ValueError: `seed` is not a whole number from 0 to 2**63 - 1.
    """
    if not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2**63 - 1, got {seed!r}")
    return torch.Generator().manual_seed(seed)
