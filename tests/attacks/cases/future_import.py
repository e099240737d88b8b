"""A cell that begins with a `__future__` import and a cookie of another encoding."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """# -*- coding: latin-1 -*-
from __future__ import annotations

def what_is_left(factor: Größe, layers: int) -> unknown:
    return factor**layers
""",
    points=FULL[PRODUCT],
)
