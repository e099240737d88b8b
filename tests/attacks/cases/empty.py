"""Nothing was answered: every cell holds its starter."""

from tests.attacks.case import Case

CASE = Case({}, says=("not attempted",))
