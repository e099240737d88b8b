"""Returns arrays that are huge: really, or only by their shape."""

from tests.attacks.case import GROWTH, NET, PRODUCT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
def what_is_left(factor, layers):
    return np.broadcast_to(np.float64(factor**layers), (10**6, 10**6))
""",
        GROWTH: """
def growth_factor(errors):
    return torch.zeros(1).expand(10**6, 10**6)
""",
        VALUE: "overflow_layer = [17.66] * 20_000_000",
        NET: """
def mended_net(seed):
    return nn.Linear(64, 600_000)
""",
        WORDS: "illnesses = ['exploding' * 3_000_000] * 3",
    },
    hides=("exploding" * 400,),
    slow=True,
)
