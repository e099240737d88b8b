"""Knows the public cases by heart and nothing else."""

from gradcourse.exercises import exercises
from tests.attacks.case import GROWTH, PRODUCT, Case


def by_heart(id: str, arguments: str, key: str) -> str:
    exercise = exercises()[id]
    right = exercise.run(exercise.reference)
    table = {
        tuple(map(float, c.args if len(c.args) > 1 else c.args[0])): float(right(*c.args))
        for c in exercise.cases
    }
    return f"def {exercise.answer}({arguments}):\n    return {table!r}.get({key}, 0.0)\n"


CASE = Case(
    {
        PRODUCT: by_heart(PRODUCT, "factor, layers", "(float(factor), float(layers))"),
        GROWTH: by_heart(GROWTH, "errors", "tuple(map(float, errors))"),
    }
)
