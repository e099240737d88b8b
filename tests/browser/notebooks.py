"""Small notebooks that the browser tests and the latency bench write for themselves."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

WAVE = """
    import numpy as np
    from ipywidgets import Dropdown, FloatSlider, IntSlider
    from gradcourse import Explorer

    t = np.linspace(0, 6, 200)
    asked = []  # for how many waves

    def controls():
        return {
            "waves": IntSlider(3, 1, 20, description="waves"),
            "height": FloatSlider(1.0, min=0.1, max=2.0, step=0.05, description="height"),
            "shape": Dropdown(options=["sine", "square"], description="shape"),
        }

    def compute(waves, height, shape):
        asked.append(waves)
        wave = height * np.sin(waves * t)
        return wave if shape == "sine" else height * np.sign(wave)

    def setup(figure):
        axes = figure.subplots()
        axes.set(xlim=(0, 6), ylim=(-2.1, 2.1), xlabel="t", ylabel="y")
        return {"wave": axes.plot([], [])[0]}

    def draw(artists, result, **values):
        artists["wave"].set_data(t, result)

    def describe(result, waves, height, shape):
        return f"A {shape} with waves {waves} and height {height:.2f}."

    parts = {"compute": compute, "setup": setup, "draw": draw, "describe": describe}
"""
SHOW_WAVE = """
    wave = Explorer(controls(), **parts)
    wave
"""
SHOW_FRAGILE = """
    def fragile(waves, height, shape):
        if waves == 5:
            raise ValueError("no picture for <5> waves")
        return compute(waves, height, shape)

    Explorer(controls(), **parts | {"compute": fragile})
"""

NET = """
    import torch
    from torch.nn import functional as F
    from gradcourse import DeepNet, Explorer, depth_slider, digits, generator, growth_map
    from gradcourse import scale_slider, watch

    data = digits()
    x, y = data.x[:32], data.y[:32]
    net = DeepNet(50, activation="tanh", generator=generator(0))
    plane = growth_map(net, x[:16], torch.linspace(0.3, 4, 60))

    def compute(depth, scale):
        with watch(seen_net := net.at(depth=depth, scale=scale)) as seen:
            F.cross_entropy(seen_net(x), y).backward()
        return seen.profile

    def dress(figure, left, right):
        left.set(xlim=(0, 51), ylim=(1e-12, 1e12), yscale="log")
        left.set(xlabel="layer", ylabel="error signal", title="Error signal by layer")
        low, high = plane.scales[[0, -1]]
        image = right.imshow(plane.decades, origin="lower", aspect="auto", cmap="RdBu_r",
                             vmin=-20, vmax=20, extent=(low, high, 1, len(plane.depths)))
        right.set(xlabel="weight scale", ylabel="depth", title="Growth in decades")
        figure.colorbar(image)

    def controls():
        return {"depth": depth_slider(50, max=50), "scale": scale_slider(1.0)}
"""
SHOW_NET = """
    def setup(figure):
        left, right = figure.subplots(1, 2)
        dress(figure, left, right)
        return {"curve": left.plot([], [], "o-")[0], "cursor": right.plot([], [], "k+", ms=14)[0]}

    def draw(artists, profile, depth, scale):
        artists["curve"].set_data(range(1, depth + 1), profile.error[:depth])
        artists["cursor"].set_data([scale], [depth])

    def describe(profile, depth, scale):
        return f"Depth {depth}, scale {scale:.2f}: ×{profile.growth:.3g} per layer."

    Explorer(controls(), compute=compute, setup=setup, draw=draw, describe=describe)
"""
# The same computation and the same figure, redrawn by pyplot as most courses do it.
SHOW_INTERACT = """
    import matplotlib.pyplot as plt
    from ipywidgets import interact

    def show(depth, scale):
        profile = compute(depth, scale)
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), dpi=120, layout="constrained")
        dress(figure, left, right)
        left.plot(range(1, depth + 1), profile.error[:depth], "o-")
        right.plot([scale], [depth], "k+", ms=14)
        plt.show()

    interact(show, **controls());
"""


def write(path: Path, *sources: str) -> str:
    """Writes a notebook with one code cell for each source, and returns its file name."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": dedent(source).strip(),
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book), encoding="utf-8")
    return path.name


def write_wave(folder: Path) -> str:
    """Writes two explorers of one wave; the second raises an error at five waves."""
    return write(folder / "wave.ipynb", WAVE, SHOW_WAVE, SHOW_FRAGILE)


def write_comparison(folder: Path) -> str:
    """Writes one figure of a real net twice: in an `Explorer`, and with `interact` and pyplot."""
    return write(folder / "comparison.ipynb", NET, SHOW_NET, SHOW_INTERACT)
