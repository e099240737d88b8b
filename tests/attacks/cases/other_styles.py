"""Right answers that are no plain functions and no plain floats."""

from tests.attacks.case import CHECK, EVAL, FULL, GROWTH, NET, PRODUCT, RIGHT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
class Power:
    def __call__(self, factor, layers):
        return torch.tensor(factor, dtype=torch.float64, requires_grad=True) ** layers

what_is_left = Power()
""",
        GROWTH: """
from functools import partial
growth_factor = partial(lambda power, e: np.float32((e[0] / e[-1]) ** (power / (len(e) - 1))), 1)
""",
        VALUE: "overflow_layer = np.float32(17.66)",
        NET: """
def mended_net(seed):
    return gr.DeepNet(30, width=64, activation="relu", init="he", generator=gr.generator(seed))
""",
        CHECK: RIGHT[CHECK].replace("return bool(", "return np.bool_(", 1),
        EVAL: RIGHT[EVAL].replace("return labels", "return labels.tolist()"),
        WORDS: 'illnesses = (" Learning rate too high", "DEAD UNITS", np.str_("exploding"))',
    },
    FULL,
)
