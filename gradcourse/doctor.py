"""Does everything work on this machine, and if not, what to do about it?"""

import sys
from collections.abc import Iterator
from importlib import metadata

import torch

import gradcourse
from gradcourse.device import best_device

# Oldest release of each package that the course is tested with, and what it is for.
NEEDS = {
    "torch": ((2, 8), "networks and gradients"),
    "numpy": ((2, 0), "numbers"),
    "matplotlib": ((3, 9), "figures"),
    "ipywidgets": ((8, 1), "sliders"),
    "anywidget": ((0, 9), "pictures that follow the sliders"),
    "jupyterlab_widgets": ((3, 0), "sliders in JupyterLab"),
    "scikit-learn": ((1, 5), "the digits"),
}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """(2, 13) of "2.13.0+cpu"."""
    return tuple(int(part) for part in version.split("+")[0].split(".")[:2] if part.isdigit())


def problems() -> Iterator[str]:
    """One line for each problem found: what is wrong and what to do."""
    for package, (oldest, use) in NEEDS.items():
        found, wanted = _version(package), ".".join(map(str, oldest))
        fix = f"run `pip install '{package}>={wanted}'` and restart the kernel"
        if found is None:
            yield f"{package} is missing ({use}): {fix}."
        elif _numbers(found) < oldest:
            yield f"{package} {found} is older than {wanted} ({use}): {fix}."
    installed = _version("gradcourse")
    if installed is not None and installed != gradcourse.__version__:
        yield (
            f"This kernel still runs gradcourse {gradcourse.__version__}, but {installed} is "
            "installed: restart the kernel."
        )


def ready() -> torch.device:
    """The device for a lesson; prints what is wrong on this machine, if anything is."""
    for problem in problems():
        print(f"⚠ {problem}")
    return best_device()


def report() -> str:
    """Versions, device and problems, as text."""
    device = best_device()
    table = {
        "Python": sys.version.split()[0],
        "gradcourse": gradcourse.__version__,
        **{package: _version(package) or "missing" for package in NEEDS},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "widgets": _widgets(),
    }
    lines = [f"{name:<20}{value}" for name, value in table.items()]
    found = [f"⚠ {problem}" for problem in problems()]
    return "\n".join([*lines, "", *(found or ["Everything is in place."])])


def _widgets() -> str:
    """Whether a slider calls back in this Python."""
    try:
        from ipywidgets import IntSlider

        seen: list[int] = []
        slider = IntSlider(1)
        slider.observe(lambda change: seen.append(change["new"]), names="value")
        slider.value = 2
    except ImportError:
        return "missing: no slider will move"
    return "work" if seen == [2] else "do not call back: reinstall ipywidgets"
