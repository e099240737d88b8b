"""Every patient × every treatment × 5 seeds: `make clinic-matrix`, about half an hour on 2 cores.

Stores in clinic_matrix.json how many seeds reach the goal and the median of the goal's value.
`python -m tests.clinic_matrix p03 p07` computes these patients anew and keeps the rest.
"""

import json
import sys
from collections.abc import Iterator
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import torch

from gradcourse.clinic.cases import CASES
from gradcourse.clinic.formulary import prescribe, written
from gradcourse.clinic.patient import Patient
from gradcourse.clinic.run import train

STORED = Path(__file__).with_suffix(".json")
SEEDS = 5
ENOUGH = 4  # seeds on which a right treatment must pass; a wrong one passes on none
POPULAR = ("clip=1.0", "lr", "optimizer", "warmup", "init", "norm")  # whose pairs are tried


def singles(patient: Patient) -> Iterator[dict[str, Any]]:
    """Each treatment with each value in stock."""
    for name, values in patient.stock.items():
        yield from ({name: value} for value in values)


def pairs(patient: Patient) -> Iterator[dict[str, Any]]:
    """Pairs that hold no single cure: the popular ones, and where two are needed all near them.

    Near are those with one half of a cure, and those of a cure's names with other values.
    """
    cures = [cure.given for cure in patient.cures if patient.needs > 1]
    for one, other in combinations(singles(patient), 2):
        both = one | other
        near = any(c.items() & both.items() or c.keys() == both.keys() for c in cures)
        if not (near or (_popular(patient, one) and _popular(patient, other))):
            continue
        alone = any(len(c.given) == 1 and c.given.items() <= both.items() for c in patient.cures)
        if len(both) == 2 and not alone:
            yield both


def _popular(patient: Patient, given: dict[str, Any]) -> bool:
    """Clip 1, the lowest learning rate, and the first in stock of what people try first."""
    ((name, value),) = given.items()
    if name == "clip":
        return bool(value == 1.0)
    if name == "lr":
        return bool(value == min(patient.stock["lr"]))
    return name in POPULAR and value == patient.stock[name][0]


def treatments(patient: Patient) -> list[dict[str, Any]]:
    """All that the matrix tries, the sick run (no treatment) first."""
    found = [{}, *singles(patient), *pairs(patient)]
    return found + [dict(c.given) for c in patient.cures if dict(c.given) not in found]


def fingerprint(patient: Patient) -> str:
    """What the stored numbers belong to."""
    return f"{patient.recipe} spike {patient.recipe.spike}, goal {patient.target:g}"


def measure(job: tuple[str, dict[str, Any]]) -> tuple[str, int, float]:
    """Treatment, seeds that reach the goal, median value."""
    torch.set_num_threads(1)
    patient, given = CASES[job[0]], job[1]
    recipe = prescribe(patient.recipe, patient.stock, given) if given else patient.recipe
    values = [train.__wrapped__(recipe, seed).value for seed in range(SEEDS)]
    passed = sum(value >= patient.target for value in values)
    return written(given), passed, round(median(values), 2)


def main(ids: list[str]) -> None:
    """Computes the matrix of these patients, or of all, and stores it."""
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    for name in ids or list(CASES):
        patient = CASES[name]
        jobs = [(name, given) for given in treatments(patient)]
        with get_context("spawn").Pool() as pool:
            found = pool.map(measure, jobs, chunksize=1)
            pool.close()
            pool.join()
        stored[name] = {
            "of": fingerprint(patient),
            "passed": {text: passed for text, passed, _ in found},
            "median": {text: middle for text, _, middle in found},
        }
        text = json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False)
        STORED.write_text(text + "\n", encoding="utf-8")
        print(name, *doubts(patient, stored[name]["passed"]), sep="\n  ", flush=True)


def doubts(patient: Patient, passed: dict[str, int]) -> Iterator[str]:
    """Treatments that pass and are not declared, or are declared and do not pass."""
    right = {written(cure.given) for cure in patient.cures}
    for text, seeds in passed.items():
        if seeds < ENOUGH if text in right else seeds > 0:
            declared = "right" if text in right else "wrong"
            yield f"{text or 'no treatment'}: {seeds} of {SEEDS} pass, declared {declared}"


if __name__ == "__main__":
    main(sys.argv[1:])
