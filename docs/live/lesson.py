"""The explorer of a lesson, taken out of its notebook.

Axes, colours, labels, words, nets and seeds stand in the notebook and nowhere else: what a page
needs of them is run from there, so page and lesson cannot drift apart. Only the statements that
the explorer needs are run, none of the lesson's training.
"""

import ast
import symtable
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import torch
from matplotlib.figure import Figure

import gradcourse

LESSONS = Path(__file__).parents[2] / "lessons"


@dataclass
class Recorded:
    """What a lesson gives to `gr.Explorer`; nothing is computed or drawn."""

    controls: Mapping[str, Any]
    compute: Callable[..., Any]
    setup: Callable[[Figure], Any]
    draw: Callable[..., None]
    describe: Callable[..., str]
    width: float = 9.5
    height: float = 4.0


class _Course:
    """The package as the lessons know it, with an Explorer that only records."""

    Explorer = Recorded

    def __getattr__(self, name: str) -> Any:
        return getattr(gradcourse, name)


def explorer(number: str) -> tuple[Recorded, dict[str, Any]]:
    """The explorer of the lesson with this number, and the names it lives among, on the CPU."""
    (path,) = LESSONS.glob(f"{number}_*.ipynb")
    given = {"gr": _Course(), "device": torch.device("cpu")}
    names: dict[str, Any] = dict(given)
    needed = needs(statements(path), "explorer", given)
    source = ast.Module([*needed], type_ignores=[])
    exec(compile(source, str(path), "exec"), names)
    return names["explorer"], names


def statements(path: Path) -> list[ast.stmt]:
    """The statements of a notebook's code cells, up to the cell called `explorer`."""
    found: list[ast.stmt] = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            found += ast.parse(cell.source).body
        if cell.id == "explorer":
            return found
    raise ValueError(f"{path.name} has no cell called explorer")


def needs(body: list[ast.stmt], name: str, given: Mapping[str, Any]) -> list[ast.stmt]:
    """The statements of `body` on which the last value of `name` depends, but for what is given.

    Walks back from the end. A name that a statement reads must come from above it; one that the
    inside of a function reads comes from anywhere, since the function runs last. Only imports,
    definitions and assignments count: what a loop makes is not looked for.
    """
    late, before = {name}, set[str]()
    chosen: dict[int, ast.stmt] = {}
    while late != before:
        before, live = set(late), set(late)
        for place, statement in reversed(list(enumerate(body))):
            bound = binds(statement)
            if not bound & live - set(given):
                continue
            chosen[place] = statement
            now, inside = reads(statement)
            live = (live - bound) | now
            late |= inside
    return [chosen[place] for place in sorted(chosen)]


def binds(statement: ast.stmt) -> set[str]:
    """Names that an import, a definition or an assignment gives a value, or changes in place."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in statement.names}
    if not isinstance(statement, (ast.Assign, ast.AugAssign)):
        return set()
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    parts = [node for target in targets for node in ast.walk(target)]
    changed = [node.value for node in parts if isinstance(node, ast.Subscript)]
    return {node.id for node in [*parts, *changed] if isinstance(node, ast.Name)}


def reads(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Names that a statement reads when it runs, and names that its functions read later."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    now = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    inside: set[str] = set()
    scopes = list(table.get_children())
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        inside |= {s.get_name() for s in scope.get_symbols() if s.is_global() and s.is_referenced()}
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        now |= binds(statement) & mutated(statement)
    return now, inside


def mutated(statement: ast.Assign | ast.AugAssign) -> set[str]:
    """Of the names that an assignment binds, those whose old value it needs."""
    if isinstance(statement, ast.AugAssign):
        return binds(statement)
    kept = [t for t in statement.targets if isinstance(t, ast.Subscript)]
    return {node.id for target in kept for node in ast.walk(target) if isinstance(node, ast.Name)}
