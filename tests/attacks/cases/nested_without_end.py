"""Returns containers that contain themselves, and others nested 100,000 deep."""

from tests.attacks.case import GROWTH, PRODUCT, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
def what_is_left(factor, layers):
    itself = [factor]
    itself.append(itself)
    return itself
""",
        GROWTH: """
def growth_factor(errors):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
""",
        WORDS: """
illnesses = {}
illnesses["a"] = illnesses
""",
    },
    slow=True,
)
