"""Grows piece by piece, at most to 8 GB, until it is refused."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    kept = []
    for _ in range(8 * 16):
        kept.append(np.zeros(8 * 1024 * 1024))
    return factor**layers
""",
    says=("[Mm]emory|ended|killed",),
    slow=True,
)
