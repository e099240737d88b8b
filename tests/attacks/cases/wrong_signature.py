"""Takes too few arguments."""

from tests.attacks.case import attack

CASE = attack("def what_is_left(factor):\n    return factor", says=("TypeError",))
