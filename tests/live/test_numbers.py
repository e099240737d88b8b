"""The page shows the same numbers and says the same words as the lesson in Python."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docs.live.curves import initialisation

from .conftest import LESSONS
from .reference import Reference, stops

KB = 1000
# Powers of ten between the table's curves and the lesson's own backward pass, at the worst
# layer: the median of 12 random positions, and the largest of them.
SCATTER = {
    "02": (0.3, 1.0), "03": (1.0, 4.0), "06": (0.3, 1.0), "07": (0.6, 3.0), "08": (0.3, 1.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def references(built: Path) -> dict[str, Reference]:
    return {number: Reference(built, number) for number in LESSONS}


def ask(node: str, built: Path, question: Any) -> Any:
    """The answer of the page's scripts, run in node."""
    command = [node, str(Path(__file__).with_name("runner.mjs")), str(built)]
    text = json.dumps(question)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_formats_numbers_as_python_does(node: str, built: Path) -> None:
    rng = np.random.default_rng(0)
    values = [*(10 ** rng.uniform(-60, 60, 300)), *rng.uniform(0, 2000, 300), 0.0, 1.0, 100.0]
    values += [99.99, 999.9, 0.0001, 0.00009999, 1e16, 123456.0, math.inf, -math.inf, math.nan]
    cases = [(value, digits) for value in values for digits in (2, 3)]
    spelled = {math.inf: "Infinity", -math.inf: "-Infinity"}
    question = [(spelled.get(v, "NaN" if math.isnan(v) else repr(float(v))), n) for v, n in cases]
    answers = ask(node, built, {"format": question})
    for (value, digits), (general, fixed) in zip(cases, answers, strict=True):
        assert general == f"{value:.{digits}g}"
        assert fixed == f"{value:.{digits}f}" or value > 1e20  # where toFixed gives up


@pytest.mark.parametrize("number", LESSONS)
def test_same_as_python(
    node: str, built: Path, references: dict[str, Reference], number: str
) -> None:
    reference, rng = references[number], np.random.default_rng(int(number))
    positions = [reference.random(rng) for _ in range(50)]
    answers = ask(node, built, [{"lesson": number, "values": values} for values in positions])
    for values, answer in zip(positions, answers, strict=True):
        expected = reference.from_table(**values)
        assert answer["sentence"] == expected.sentence
        assert answer["lines"].keys() == expected.lines.keys()
        for name, points in expected.lines.items():
            for found, wanted in zip(answer["lines"][name], points, strict=True):
                same(found, wanted, f"{values} {name}")
        assert answer["images"].keys() == expected.images.keys()
        for name, image in expected.images.items():
            same(answer["images"][name], image, f"{values} {name}")


def same(found: Any, wanted: Any, where: str) -> None:
    """Equal up to rounding, and not finite at the same places."""
    array = np.array(found, dtype=float)
    assert array.shape == wanted.shape, where
    finite = np.where(np.isfinite(wanted), wanted, np.nan)
    np.testing.assert_allclose(array, finite, rtol=1e-9, atol=1e-12, err_msg=where)


@pytest.mark.parametrize("number", LESSONS)
def test_sentences_at_the_corners(
    node: str, built: Path, references: dict[str, Reference], number: str
) -> None:
    reference = references[number]
    corners = reference.corners()
    answers = ask(node, built, [{"lesson": number, "values": values} for values in corners])
    for values, answer in zip(corners, answers, strict=True):
        said = answer["sentence"]
        assert said == reference.from_table(**values).sentence
        assert said.endswith(".")
        for word in ("nan ", "NaN ", "undefined", "null", "Infinity"):
            assert word not in said.replace("inf or NaN appears", "")


@pytest.mark.parametrize("number", LESSONS)
def test_near_the_lessons_own_measurement(references: dict[str, Reference], number: str) -> None:
    reference, rng = references[number], np.random.default_rng(1)
    positions = [reference.random(rng) for _ in range(12)]
    apart, verdicts = [], 0
    for values in positions:
        seen, found = reference.from_look(**values), reference.from_table(**values)
        verdicts += seen.sentence.split()[-1] == found.sentence.split()[-1]
        apart.append(max(decades(seen.lines[n], found.lines[n]) for n in curves(seen.lines)))
        if number == "06":  # its error signal is told, not drawn
            apart[-1] = max(apart[-1], ratio_apart(reference, values))
    print(
        f"{number}: {np.median(apart):.2f} decades, at most {max(apart):.2f}, verdicts {verdicts}"
    )
    middle, most = SCATTER[number]
    assert np.median(apart) < middle
    assert max(apart) < most
    assert verdicts >= 10


def ratio_apart(reference: Reference, values: dict[str, Any]) -> float:
    seen = reference.explorer.compute(**values)[1]
    found = initialisation(reference.measured, **values)[1]
    both = np.array([seen, found])
    within = (np.isfinite(both) & (both > 0)).all()
    return abs(math.log10(seen) - math.log10(found)) if within else 0.0


def curves(lines: Any) -> list[str]:
    names = ("error", "weight_gradient", "rms", "signal", "size")
    return [name for name in names if name in lines]


def decades(one: Any, other: Any) -> float:
    """The largest distance on a log axis, at the points that both curves have."""
    _, first, second = np.intersect1d(one[0], other[0], return_indices=True)
    with np.errstate(all="ignore"):
        gaps = np.abs(np.log10(one[1][first]) - np.log10(other[1][second]))
    return float(np.max(gaps[np.isfinite(gaps)], initial=0.0))


@pytest.mark.parametrize("number", LESSONS)
def test_is_small(built: Path, number: str) -> None:
    assert (built / f"{number}.json").stat().st_size < 300 * KB


@pytest.mark.parametrize("number", LESSONS)
def test_starts_where_the_lesson_starts(references: dict[str, Reference], number: str) -> None:
    reference = references[number]
    assert [c["name"] for c in reference.controls] == list(reference.explorer.controls)
    for control in reference.controls:
        assert control["value"] == reference.explorer.controls[control["name"]].value
        assert control["value"] in stops(control)
