"""Says yes to every gradient: half of the cases are right by chance, and none of them is earned."""

from tests.attacks.case import CHECK, Case

CASE = Case({CHECK: "def accepts(f, gradient, x):\n    return True"})
