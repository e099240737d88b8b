"""An `async def` that would be right if anyone awaited it."""

from tests.attacks.case import attack

CASE = attack("async def what_is_left(factor, layers):\n    return factor**layers")
