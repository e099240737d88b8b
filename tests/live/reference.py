"""The lessons' own `draw` and `describe`, given numbers from a built table or from `look`."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from docs.live.build import moving
from docs.live.curves import RESULTS
from docs.live.lesson import explorer
from docs.live.measure import Measured
from docs.live.table import unpack
from gradcourse.growth import GrowthMap

Floats = NDArray[np.float64]


@dataclass
class Shown:
    """The moving artists' data by name, and the sentence."""

    lines: dict[str, tuple[Floats, Floats]]
    images: dict[str, Floats]
    sentence: str


class Reference:
    """A lesson and its built table."""

    def __init__(self, folder: Path, number: str):
        self.number = number
        self.page: dict[str, Any] = json.loads((folder / f"{number}.json").read_text("utf-8"))
        columns = {name: unpack(each) for name, each in self.page["columns"].items()}
        self.measured = Measured(columns, self.page["numbers"])
        self.explorer, self.names = explorer(number)
        self.artists = moving(self.explorer)

    def random(self, rng: np.random.Generator) -> dict[str, Any]:
        """Values at which the page's controls can stand."""
        return {c["name"]: rng.choice(np.array(stops(c), dtype=object)) for c in self.controls}

    def corners(self) -> list[dict[str, Any]]:
        """Every choice, with every slider at one of its ends."""
        ends = [
            c["options"] if c["kind"] == "menu" else [stops(c)[0], stops(c)[-1]]
            for c in self.controls
        ]
        names = [c["name"] for c in self.controls]
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*ends)]

    @property
    def controls(self) -> list[dict[str, Any]]:
        controls: list[dict[str, Any]] = self.page["controls"]
        return controls

    def from_table(self, **values: Any) -> Shown:
        """What the lesson makes of the table's numbers."""
        self._own_maps(**values)
        shown = self._shown(RESULTS[self.number](self.measured, **values), **values)
        if "shape" in self.measured.columns:
            bins = self.measured.columns["shape"].axes["bin"]
            rows = [self.measured.columns["shape"].at(bin=b, **values) for b in bins]
            shape = np.array(rows) / self.measured.numbers["shades"]
            shape[:, values["depth"] :] = 0
            shown.images["shape"] = shape
        return shown

    def from_look(self, **values: Any) -> Shown:
        """What the lesson makes of its own measurement."""
        return self._shown(self.explorer.compute(**values), **values)

    def _shown(self, result: Any, **values: Any) -> Shown:
        self.explorer.draw(self.artists, result, **values)
        lines, images = {}, {}
        for name, artist in self.artists.items():
            if isinstance(artist, Line2D):
                x, y = artist.get_data()
                lines[name] = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
            elif isinstance(artist, AxesImage):
                images[name] = np.asarray(artist.get_array(), dtype=float)
        return Shown(lines, images, self.explorer.describe(result, **values))

    def _own_maps(self, **values: Any) -> None:
        """Puts the table's growth map in the place of the lesson's, which has fewer digits."""
        dials = {k: v for k, v in values.items() if isinstance(v, str)}
        scale = {"02": "scale", "06": "factor"}.get(self.number)
        if scale is None:
            return
        scales = self.measured.numbers[scale]
        tangent = np.array(
            [self.measured.columns["tangent"].at(**dials, **{scale: s}) for s in scales]
        )
        key = dials["activation"] if self.number == "02" else (dials["scheme"], dials["activation"])
        rises = (tangent - tangent[:, :1]).T[:, :, None]
        self.names["maps"][key] = GrowthMap("", np.array(scales), 0 * rises, rises)


def stops(control: dict[str, Any]) -> list[Any]:
    """The values that a control of the page can have."""
    if control["kind"] == "menu":
        return list(control["options"])
    count = round((control["max"] - control["min"]) / control["step"])
    return [round(control["min"] + i * control["step"], 6) for i in range(count + 1)]
