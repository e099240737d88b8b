"""pyproject.toml, constraints.txt and environment.yml name the same packages."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
CONDA = {"torch": "pytorch", "matplotlib": "matplotlib-base"}  # names that differ on conda-forge
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = PROJECT["optional-dependencies"]
TEST = [Requirement(line) for line in EXTRAS["test"]]
OPTIONAL = [Requirement(line) for extra in EXTRAS.values() for line in extra]


def pinned() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().split()
    pairs = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines]
    return {canonicalize_name(pair[1]): Version(pair[2]) for pair in pairs if pair}


def test_every_constraint_is_exact() -> None:
    assert len(pinned()) == len((ROOT / "constraints.txt").read_text().split())


def test_constraints_pin_every_dependency_within_its_bounds() -> None:
    versions = pinned()
    for requirement in RUNTIME + OPTIONAL:
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_constraints_name_no_build_of_one_machine() -> None:
    assert "+" not in (ROOT / "constraints.txt").read_text()


def test_environment_has_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    lines = {line for line in environment["dependencies"] if isinstance(line, str)}
    expected = {
        f"{CONDA.get(requirement.name, requirement.name)}{requirement.specifier}"
        for requirement in [*RUNTIME, *[r for r in TEST if r.name == "nbval"]]
    }
    python = f"python{PROJECT['requires-python']}"
    assert lines == expected | {python, "pip"}
