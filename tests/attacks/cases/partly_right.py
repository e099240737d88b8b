"""Right for up to 45 layers, wrong beyond: a share of the points."""

from tests.attacks.case import FULL, PRODUCT, Share, attack

CASE = attack(
    """
def what_is_left(factor, layers):
    return factor**layers if layers <= 45 else factor * layers
""",
    points=Share(0, FULL[PRODUCT]),
)
