"""Sliders that redraw a figure, fast, in any notebook. Knows nothing of networks."""

import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from gradcourse.picture import bundle
from gradcourse.prefetch import Cache, next_step, on_grid, short
from gradcourse.scene import frame, image_url, live_picture, snapshot

_lock = threading.RLock()  # callbacks run beside the running cell: one drawing at a time


def depth_slider(value: int = 50, *, max: int = 100, label: str = "depth L") -> Any:
    """A slider for a number of layers (or time steps), from 1 to `max`."""
    from ipywidgets import IntSlider

    return IntSlider(value, 1, max, 1, description=label)


def scale_slider(
    value: float = 1.0, *, min: float = 0.3, max: float = 4.0, label: str = "weight scale σ_w"
) -> Any:
    """A slider for a weight scale in steps of 0.05."""
    from ipywidgets import FloatSlider

    return FloatSlider(value, min=min, max=max, step=0.05, description=label)


class Explorer:
    """Controls above a picture that follows them, with one sentence that says what it shows.

    Updates are synchronous: ipywidgets keeps one message in flight and merges the rest, so a
    fast drag never queues. After a step the next one in the same direction is computed ahead.
    An error in a function is shown in the page and raised again.

    Args:
        controls: name → ipywidgets control; the functions get these values by name.
        compute: `(**values)` → a new result; draws no random numbers and changes nothing. The
            latest results are kept until a cell has run; where something else changes what they
            depend on, call `reset`. Values that nobody has chosen yet may be asked for.
        setup: `(figure)` → the artists that will move, by name, made once. Everything else
            becomes a fixed background, so limits must not change.
        draw: `(artists, result, **values)` sets the data of those artists, and leaves the
            result as it is.
        describe: `(result, **values)` → the sentence: live verdict, text alternative of the
            picture, and the text that a stored notebook keeps.
        width, height: of the picture in inches of 96 CSS pixels.
    """

    def __init__(
        self,
        controls: Mapping[str, Any],
        *,
        compute: Callable[..., Any],
        setup: Callable[[Figure], Mapping[str, Artist]],
        draw: Callable[..., None],
        describe: Callable[..., str],
        width: float = 9.5,
        height: float = 4.0,
    ):
        from ipywidgets import VBox

        self.controls = dict(controls)
        self._cached, self._draw, self._describe = Cache(compute, _lock), draw, describe
        self._defaults = self._seen = self.values  # _seen: those that the picture shows
        self.figure = Figure(figsize=(width, height), layout="constrained")
        self.sentence = ""
        self._quiet = False
        self._images: dict[str, tuple[bytes, str]] = {}  # numbers, and the picture made of them
        with _lock:
            self.artists = dict(setup(self.figure))
            self._picture = live_picture()(frame=frame(self.figure, self.artists))
        self._update()
        for control in self.controls.values():  # before the number boxes: the picture goes first
            control.observe(self._on_change, names="value")
        self.widget = VBox([*map(_row, self.controls.values()), self._picture])

    @property
    def values(self) -> dict[str, Any]:
        """The controls' values, by name; 1.4 where the page's slider has 1.4000000000000001."""
        found = {name: control.value for name, control in self.controls.items()}
        return {name: short(value) for name, value in found.items()}

    def set(self, **values: Any) -> str:
        """Moves several controls, redraws once, and returns the sentence.

        A number outside a slider's range is moved to its end, and the sentence says so.

        Raises:
            ValueError: no such control, or a menu without that choice.
        """
        with _lock:
            before, self._quiet = self.values, True
            try:
                moved = [_assign(self.controls, name, value) for name, value in values.items()]
            except ValueError:
                for name, value in before.items():
                    self.controls[name].value = value
                raise
            finally:
                self._quiet = False
            self._cached.clear()
            self._update()
        return " ".join([self.sentence, *filter(None, moved)])

    def reset(self) -> str:
        """Moves every control back to where it started, and returns the sentence."""
        return self.set(**self._defaults)

    def _on_change(self, change: Any) -> None:
        with _lock:
            before = self._seen
            if not self._quiet and self.values != before:
                self._update()
                self._cached.prefetch(**next_step(self.controls, before, self._seen))

    def _update(self) -> None:
        values = self._seen = self.values
        try:
            result = self._cached(**values)
            self._draw(self.artists, result, **values)
            self.sentence = self._describe(result, **values)
            artists, images = snapshot(self.artists)
        except Exception as error:
            told = "".join(traceback.format_exception(error))
            self._picture.shown = {"error": str(error), "details": told}
            raise
        with self._picture.hold_sync():  # one message
            self._picture.images = {
                name: self._image(name, image) for name, image in images.items()
            }
            self._picture.shown = {"artists": artists, "sentence": self.sentence}

    def _image(self, name: str, image: AxesImage) -> str:
        data = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan).tobytes()
        if self._images.get(name, (b"", ""))[0] != data:
            self._images[name] = data, image_url(image)
        return self._images[name][1]

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        with _lock:
            data, metadata = bundle(self.figure, self.sentence)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, **data}, metadata


def _row(control: Any) -> Any:
    """A control, and for a slider a labelled number box beside it that holds the same value."""
    import ipywidgets as w

    boxes = {w.IntSlider: w.BoundedIntText, w.FloatSlider: w.BoundedFloatText}
    if type(control) not in boxes:
        control.style.description_width, control.layout.width = "10em", "18em"
        return control
    box = boxes[type(control)](
        value=control.value, min=control.min, max=control.max, step=control.step,
        description=control.description, tooltip=control.description,
    )  # fmt: skip
    box.style.description_width, box.layout.width = "10em", "18em"
    control.description, control.readout, control.layout.width = "", False, "22em"
    control.value = on_grid(control, control.value)
    ways = (short, lambda value: on_grid(control, value))
    w.link((control, "value"), (box, "value"), transform=ways)
    return w.HBox([box, control])


def _assign(controls: Mapping[str, Any], name: str, value: Any) -> str:
    """Sets one control, and returns what to say if it took another value."""
    if name not in controls:
        raise ValueError(f"the controls are {', '.join(controls)}; got {name!r}")
    control = controls[name]
    try:
        control.value = on_grid(control, value)
    except Exception as error:
        choices = ", ".join(map(str, getattr(control, "options", ["a number"])))
        raise ValueError(f"{name} cannot be {value!r}; choose from: {choices}") from error
    found = short(control.value)
    return "" if found == value else f"({name} {value} was moved to {found}.)"
