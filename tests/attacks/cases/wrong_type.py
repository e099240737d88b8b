"""Gives text where a number is needed, and numbers where a net or words are needed."""

from tests.attacks.case import FULL, Case

CASE = Case(
    dict(
        zip(
            FULL,
            (
                "def what_is_left(factor, layers):\n    return 'a quarter'",
                "def growth_factor(errors):\n    return {'growth': 2.0}",
                "overflow_layer = 'seventeen'",
                "def mended_net(seed):\n    return np.eye(3)",
                "illnesses = 3",
            ),
            strict=True,
        )
    ),
    says=("a number was needed", "a network", "three words"),
)
