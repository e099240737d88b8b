"""All answers are right."""

from tests.attacks.case import FULL, RIGHT, Case

CASE = Case(RIGHT, FULL, name="Ada Right")
