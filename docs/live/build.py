"""What a page needs of a lesson's explorer, in one JSON, and the scripts that show it."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from docs.live.lesson import Recorded, explorer
from docs.live.measure import MEASURES, Measured
from docs.live.table import pack
from docs.project import LIVE, ROOT
from gradcourse.scene import SCRIPT, frame, snapshot

SCRIPTS = ("live.js", "lessons.js", "numbers.js")
UNITS = {"depth": "layers", "blocks": "blocks", "T": "time steps"}
SOURCE = (
    "Measured on real nets beforehand, so that it moves without Python: {what}. The error signal "
    "is an estimate: a small random change was pushed through each net once, and its growth from a "
    "layer to the last one stands for the backward pass that the lesson runs. {scatter} The "
    "dashed line is the theory."
)
SOURCES = {  # what was measured, and how far from the lesson's own backward pass it is
    "02": (
        "one draw of the weights (seed 0), 128 units a layer, 16 digits, 75 scales and 4 "
        "activations",
        "Where the lesson runs a backward pass, its error signal differs by a factor of 1.3 at "
        "the worst layer of a typical net, by more than 2 in one net of eight, and its weight "
        "gradient by 1.7.",
    ),
    "03": (
        "one draw of each cell's weights (seed 0), 50 units, 8 sequences of noise (same seed), "
        "200 steps, of which every second was kept",
        "Where the lesson runs a backward pass, its error signal differs by a factor of 2 to 4 at "
        "the worst step of a typical net, and by up to 400 where a net is chaotic.",
    ),
    "06": (
        "one draw of each scheme's weights (seed 0), 128 units a layer, 12 digits, 23 factors; "
        "the shapes at every third layer and every second factor, between them interpolated",
        "Where the lesson runs a backward pass, its error signal differs by some percent in a "
        "typical net, seldom by more than a factor of 2.",
    ),
    "07": (
        "one draw of the weights (seed 0), 64 units a layer, the lesson's shuffled digits; without "
        "a norm at 75 scales, with one at 5, between them interpolated",
        "Where the lesson runs a backward pass, its error signal differs by a factor of 1.5 at "
        "the worst layer of a typical net, and with BatchNorm on a batch of 4 by up to 300.",
    ),
    "08": (
        "one draw of the matrices (seed 0), 64 units, 64 digits, 55 scales; a branch over √L is "
        "the same branch at a smaller scale, interpolated",
        "Where the lesson sends an error signal back, it differs by a factor of 1.1 at the worst "
        "block of a typical net, seldom by more than 2.",
    ),
}


def built(folder: Path = LIVE) -> Path:
    """A folder with everything that a page loads, kept until something changes that made it."""
    stamp, now = folder.with_suffix(".made-from"), fingerprint()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == now:
        copy_scripts(folder)
    else:
        build(folder)
        stamp.write_text(now, encoding="utf-8")
    return folder


def fingerprint() -> str:
    """Tells whether anything has changed that a table is made from."""
    found = hashlib.sha256(version("torch").encode())
    for pattern in (
        "docs/live/*.py",
        "gradcourse/*.py",
        "gradcourse/diagnosis/*.py",
        "lessons/*.ipynb",
    ):
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()


def build(folder: Path) -> None:
    """Measures all five lessons and writes everything that a page loads into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_scripts(folder)
    for number, measure in MEASURES.items():
        found, names = explorer(number)
        page = page_data(number, found, measure(found, names))
        text = json.dumps(page, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        (folder / f"{number}.json").write_text(text, encoding="utf-8")


def copy_scripts(folder: Path) -> None:
    """Puts the scripts beside the tables, with the one that also draws in a notebook."""
    for name in SCRIPTS:
        shutil.copy(Path(__file__).with_name(name), folder)
    shutil.copy(SCRIPT, folder / "scene.js")


def page_data(number: str, found: Recorded, measured: Measured) -> dict[str, Any]:
    """The JSON of a lesson."""
    figure = Figure(figsize=(found.width, found.height), layout="constrained")
    artists = found.setup(figure)
    fixed = frame(figure, artists)
    scene, images = snapshot(artists)
    what, scatter = SOURCES[number]
    return {
        "lesson": number, "frame": fixed, "scene": scene, "controls": controls(found, measured),
        "columns": {name: pack(each) for name, each in measured.columns.items()},
        "numbers": measured.numbers,
        "colours": {name: colours(image) for name, image in images.items()},
        "source": SOURCE.format(what=what, scatter=scatter),
    }  # fmt: skip


def controls(found: Recorded, measured: Measured) -> list[dict[str, Any]]:
    """The lesson's controls; a slider stops where the table has numbers."""
    made = []
    for name, control in found.controls.items():
        each = {"name": name, "label": control.description, "value": control.value}
        if hasattr(control, "options"):
            made.append({**each, "kind": "menu", "options": list(control.options)})
            continue
        stops = measured.numbers.get(name) or range(control.min, control.max + 1)
        step = round(stops[1] - stops[0], 6)
        digits = -int(Decimal(str(step)).normalize().as_tuple().exponent)
        made.append({
            **each, "kind": "slider", "min": stops[0], "max": stops[-1], "step": step,
            "digits": max(digits, 0), "unit": UNITS.get(name, ""),
        })  # fmt: skip
    return made


def colours(image: AxesImage) -> dict[str, Any]:
    """The colours of an image from the lowest to the highest number: red, green, blue, 0 … 255."""
    table = image.cmap(np.arange(image.cmap.N), bytes=True)[:, :3]
    low, high = image.get_clim()
    return {"colours": table.ravel().tolist(), "low": low, "high": high}


def moving(found: Recorded) -> Mapping[str, Artist]:
    """The lesson's moving artists on a figure of their own."""
    artists: Mapping[str, Artist] = found.setup(Figure(figsize=(found.width, found.height)))
    return artists
