"""All answers are mistakes that the declarations know; the feedback says which."""

from gradcourse.exercises import exercises
from tests.attacks.case import SHORT, Case

CASE = Case(
    {name: exercises()[name].wrong[0].source for name in SHORT},
    says=(
        "Each layer multiplies",
        "Error signals travel the other way",
        "too early",
        "still vanishing",
        "in log C the weight gradient is flat",
    ),
)
