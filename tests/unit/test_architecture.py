"""The package stays small and layered, and does nothing at import."""

import ast
import inspect
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gradcourse

PACKAGE = Path(inspect.getfile(gradcourse)).parent
# A module imports only from rows above its own.
ROWS: dict[str, float] = {
    **dict.fromkeys(["activations", "device", "layers", "picture"], 0),
    **dict.fromkeys(["prefetch", "profile", "unroll"], 0),
    "scene": 0.5,
    **dict.fromkeys(["data", "measure", "nets", "recurrent", "theory"], 1),
    **dict.fromkeys(["glance", "growth", "train"], 2),
    **dict.fromkeys(["explore", "plots"], 3),
    "diagnosis": 3.2,
    "dashboard": 3.4,
    "__init__": 3.5,
    "clinic": 3.7,
    **dict.fromkeys(["exercises", "doctor", "prompt"], 4),
    "instructor": 5,
    "cli": 6,
}
FILES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in FILES if ROWS.get(path.stem, 9) <= 3 and path.parent == PACKAGE]
TOOL = [*sorted((PACKAGE / "diagnosis").glob("*.py")), PACKAGE / "dashboard.py"]
FORBIDDEN = ("pyplot", "manual_seed", "np.random.seed", "numpy.random.seed", "rcParams")
OWN_GENERATOR = "torch.Generator().manual_seed"  # seeds nothing but itself


def unit(path: Path) -> str:
    """The module, or the subpackage, that a file belongs to: a key of ROWS."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Units of gradcourse that a file imports; a relative import is told by its dots."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found = [node.module or ""]
            if node.module == "gradcourse":
                found = [f"gradcourse.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            continue
        for name in found:
            if name.split(".")[0] == "gradcourse":
                yield [*name.split("."), "__init__"][1]


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef))


def code_lines(function: ast.FunctionDef) -> int:
    """Lines of a function's body that hold code: no signature, docstring, comment or blank."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return len({n.lineno for s in body for n in ast.walk(s) if hasattr(n, "lineno")})


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


# ---------------------------------------------------------------------------- layers and sizes


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rows_above_its_own(path: Path) -> None:
    own = unit(path)
    assert own in ROWS, f"{own} has no row in the architecture"
    for other in imported(path):
        if other == own or own == "__init__":
            continue
        assert ROWS[other] < ROWS[own], f"{own} (row {ROWS[own]}) imports {other}"


def test_the_rule_sees_every_kind_of_import(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(
        "from gradcourse.plots import chart\nimport gradcourse.train as t\n"
        "from gradcourse import explore\nimport torch\n"
        "def f():\n    from gradcourse.exercises.declare import x\nimport gradcourse\n",
        encoding="utf-8",
    )
    assert sorted(imported(path)) == ["__init__", "exercises", "explore", "plots", "train"]


def test_the_core_and_the_tool_stay_small() -> None:
    assert len(CORE) == 18
    assert sum(map(length, CORE)) <= 2220
    assert sum(map(length, TOOL)) <= 850


@pytest.mark.parametrize("path", [*CORE, *TOOL], ids=lambda p: p.stem)
def test_no_module_is_longer_than_200_lines(path: Path) -> None:
    assert length(path) <= 200


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_function_is_longer_than_40_lines_of_code(path: Path) -> None:
    assert {f.name: n for f in functions(path) if (n := code_lines(f)) > 40} == {}


def test_the_median_function_has_at_most_eight_lines_of_code() -> None:
    lengths = [code_lines(f) for path in FILES for f in functions(path)]
    assert statistics.median(lengths) <= 8


# ---------------------------------------------------------------------------- manners


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_global_is_touched(path: Path) -> None:
    uses = []
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.Attribute, ast.Name, ast.Import, ast.ImportFrom)):
            text = ast.unparse(node)
            own = text.startswith(OWN_GENERATOR)
            uses += [text] * (not own and any(word in text for word in FORBIDDEN))
    assert uses == []


def public(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods of those classes."""
    stack: list[ast.AST] = [tree(path)]
    while stack:
        for node in ast.iter_child_nodes(stack.pop()):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_":
                yield node
                stack += [node] * isinstance(node, ast.ClassDef)


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(tree(path))
    missing = [node.name for node in public(path) if not ast.get_docstring(node)]
    assert [name for name in missing if name != "forward"] == []


def test_everything_exported_exists_and_is_listed_once() -> None:
    assert sorted(set(gradcourse.__all__)) == sorted(gradcourse.__all__)
    assert [name for name in gradcourse.__all__ if not hasattr(gradcourse, name)] == []


# ---------------------------------------------------------------------------- import


def test_import_is_quick_and_leaves_heavy_packages_alone() -> None:
    code = """
import sys, time, warnings
import torch
state = torch.get_rng_state()
start = time.process_time()
import gradcourse
print(time.process_time() - start)
heavy = {"sklearn", "ipywidgets", "IPython", "matplotlib.pyplot", "pandas", "scipy"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert torch.equal(torch.get_rng_state(), state), "random state"
assert torch.get_default_dtype() == torch.float32
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1.5  # CPU seconds; the bench measures the goal of 0.5
