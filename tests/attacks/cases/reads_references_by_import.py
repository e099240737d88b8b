"""Imports the course's exercises in the worker and answers with their references."""

from gradcourse.exercises import exercises
from tests.attacks.case import GROWTH, NET, PRODUCT, VALUE, WORDS, Case


def stolen(id: str, answer: str) -> str:
    return f"""
import importlib, sys

def look():
    for name in ("gradcourse.exercises", "gradcourse.exercises.lesson_{id[:2]}"):
        sys.modules.pop(name, None)
        try:
            module = importlib.import_module(name)
            listed = getattr(module, "EXERCISES", None) or module.exercises().values()
            return next(e.reference for e in listed if e.id == "{id}")
        except BaseException:
            continue
    return "{answer} = lambda *_: 3.0"

try:
    source = look()
except Exception:
    source = "{answer} = lambda *_: 3.0"
exec(source, globals())
"""


CASE = Case(
    {name: stolen(name, exercises()[name].answer) for name in (PRODUCT, GROWTH, VALUE, NET, WORDS)},
    needs="bwrap",
)
