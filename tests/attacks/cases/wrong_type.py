"""Gives text where a number is needed, and numbers where a net or words are needed."""

from tests.attacks.case import GROWTH, NET, PRODUCT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: "def what_is_left(factor, layers):\n    return 'a quarter'",
        GROWTH: "def growth_factor(errors):\n    return {'growth': 2.0}",
        VALUE: "overflow_layer = 'seventeen'",
        NET: "def mended_net(seed):\n    return np.eye(3)",
        WORDS: "illnesses = 3",
    },
    says=("a number was needed", "a network", "three words"),
)
