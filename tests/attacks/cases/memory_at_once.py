"""Asks for far more memory than the limit, in one piece."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    field = np.ones((200, 1024, 1024, 128))
    return field.mean() * factor**layers
""",
    says=("[Mm]emory",),
)
