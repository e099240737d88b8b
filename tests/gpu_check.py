"""The course on a GPU: `python -m tests.gpu_check`, or `make gpu-check`.

Runs the tests' `cuda` cases; executes every lesson and compares it with its stored outputs; and
prints what share of the device's rate of matrix products the growth map reaches. A cell that
asserts is a training cell, whose asserts decide; of any other cell every printed number and
verdict word must be the stored one. `--device cpu` tries the same without a GPU.
"""

import argparse
import ast
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import torch
from torch import Tensor

from gradcourse.device import generator
from gradcourse.growth import _sweep, unit_scales
from tests.refresh_lessons import LESSONS, execute

SIZES = {"cuda": ((1024, 2048, 4096), 1000), "cpu": ((64, 128), 50)}  # widths, depth
LAYERS = 10  # with draws of their own; deeper nets use them again, to fit the memory


def printed(cell: Any) -> str:
    """All text that a cell shows."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "")
             for output in cell.get("outputs", [])]  # fmt: skip
    return "\n".join(text.strip() for text in texts)


def differences(stored: Any, run: Any) -> Iterator[tuple[int, str, str]]:
    """Cells of one-shot measurements that print something else: number, stored, now."""
    for number, (old, new) in enumerate(zip(stored.cells, run.cells, strict=True)):
        if old.cell_type != "code" or "nbval-ignore-output" in old.metadata.get("tags", []):
            continue
        trains = any(isinstance(node, ast.Assert) for node in ast.walk(parsed(old.source)))
        if not trains and printed(old) != printed(new):
            yield number, printed(old), printed(new)


def parsed(source: str) -> ast.Module:
    """A cell's code without the lines that only IPython reads."""
    return ast.parse("\n".join(line for line in source.splitlines() if line[:1] not in "%!"))


def lessons_differ(paths: list[Path]) -> bool:
    """Executes the lessons and prints where they differ; whether any does, or raises."""
    wrong = False
    for path in paths:
        try:
            found = list(differences(nbformat.read(path, as_version=4), execute(path)))
        except Exception as error:  # an assert of a training cell, for one
            print(f"{path.stem}: a cell raised\n{error}")
            wrong = True
            continue
        print(f"{path.stem}: {f'{len(found)} cells differ' if found else 'as stored'}", flush=True)
        for number, old, new in found:
            print(f"  cell {number}, stored:\n{old}\n  now:\n{new}")
        wrong = wrong or bool(found)
    return wrong


def shares(device: torch.device) -> Iterator[tuple[int, int, float, float]]:
    """Width, depth, FLOP a second of the matrix products alone, the map's share of that rate."""
    widths, depth = SIZES[device.type]

    def seconds(function: Callable[[], object]) -> float:
        function()
        times = []
        for _ in range(3):
            start = time.perf_counter()
            function()
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    x = torch.randn(16, 64, generator=generator(1)).to(device)
    for width in widths:
        first = torch.randn(width, 64, generator=generator(2)).to(device) / 8
        draws = [
            torch.randn(width, width, generator=generator(seed)).to(device) / width**0.5
            for seed in range(LAYERS)
        ]
        deep = [draws[i % LAYERS] for i in range(depth - 1)]
        scales = torch.linspace(0.3, 4.0, min(64, unit_scales(x, width))).tolist()
        now, new = torch.randn(2, 2 * len(x) * len(scales), width).to(device).unbind()

        def products(deep: list[Tensor] = deep, now: Tensor = now, new: Tensor = new) -> None:
            for draw in deep:
                torch.mm(now, draw.T, out=new)

        alone = seconds(products)
        ours = seconds(lambda: _sweep("tanh", [first, *deep], x, scales))  # noqa: B023
        yield width, depth, 2 * width * width * len(now) * len(deep) / alone, alone / ours


def main(words: list[str]) -> int:
    """0 if all is well, 1 if something differs, 2 if there is no such device."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=list(SIZES), default="cuda")
    parser.add_argument("lessons", nargs="*", help="numbers, such as 02; all if none is given")
    chosen = parser.parse_args(words)
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here, or this torch was built without CUDA: nothing ran.")
        return 2
    print(torch.cuda.get_device_name() if chosen.device == "cuda" else "CPU")
    for width, depth, rate, share in shares(torch.device(chosen.device)):
        print(
            f"growth map, width {width:,}, depth {depth:,}: {share:.0%} of the rate of its "
            f"matrix products alone, {rate / 1e12:.3g} TFLOP/s",
            flush=True,
        )
    tests = [sys.executable, "-m", "pytest", "-m", "cuda", "tests/unit"]
    failed = chosen.device == "cuda" and subprocess.run(tests, check=False).returncode != 0
    names = tuple(chosen.lessons)
    paths = [path for path in sorted(LESSONS.glob("*.ipynb")) if path.name.startswith(names or "")]
    return int(lessons_differ(paths) or failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
