"""Returns objects that run code where they are unpickled or copied."""

from tests.attacks.case import FULL, GROWTH, NET, PRODUCT, RIGHT, VALUE, WORDS, Case

BOMB = """
class Bomb:
    def __reduce__(self):
        return (exec, ("open('@CANARY@', 'a').write('ran'); open('/tmp/@TOKEN@', 'w').close()",))

    __reduce_ex__ = lambda self, protocol: self.__reduce__()

    def __deepcopy__(self, memo):
        raise SystemExit

    __copy__ = __deepcopy__
"""
CASE = Case(
    {
        PRODUCT: BOMB + "def what_is_left(factor, layers):\n    return Bomb()",
        GROWTH: BOMB + "def growth_factor(errors):\n    return np.array([Bomb()], dtype=object)",
        VALUE: RIGHT[VALUE],
        NET: BOMB
        + """
def mended_net(seed):
    net = nn.Sequential(nn.Linear(64, 10))
    net.bomb = Bomb()
    net.register_buffer("x", torch.zeros(1))
    net[0].weight.bomb = Bomb()
    return net
""",
        WORDS: BOMB + "illnesses = [Bomb(), Bomb(), Bomb()]",
    },
    {VALUE: FULL[VALUE]},
)
