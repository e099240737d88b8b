"""A notebook by nobody of the roster: it gets no row, and the class loses nothing."""

from tests.attacks.case import RIGHT, Case

CASE = Case(RIGHT, enrolled=False, reports=("stranger/hw.ipynb",))
