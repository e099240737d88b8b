"""`await` outside a function, as a notebook allows, before a right answer."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import asyncio
await asyncio.sleep(0)

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)
