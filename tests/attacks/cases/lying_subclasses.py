"""Subclasses of float, str, list, ndarray and Tensor whose comparisons lie."""

from tests.attacks.case import GROWTH, NET, PRODUCT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
class Yes(float):
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *other: Yes(0.0)
    __float__ = lambda self: self
    __hash__ = float.__hash__
    hex = lambda self: "0x0p+0"

def what_is_left(factor, layers):
    return Yes(-5.0)
""",
        GROWTH: """
class Array(np.ndarray):
    def __array_finalize__(self, other):
        pass
    def __array_ufunc__(self, *_, **__):
        return True
    tolist = tobytes = lambda self, *_: 1.0
    dtype = property(lambda self: np.dtype("float64"))
    shape = property(lambda self: ())

def growth_factor(errors):
    return np.array(-5.0).view(Array)
""",
        VALUE: """
class Near(float):
    __sub__ = __rsub__ = lambda self, other: 0.0

overflow_layer = Near(1000.0)
""",
        NET: """
class Loose(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return torch.ones(2, 10)

def mended_net(seed):
    return torch.zeros(3).as_subclass(Loose)
""",
        WORDS: """
class Word(str):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = str.__hash__
    strip = casefold = lower = encode = lambda self, *_: self

class Three(list):
    __len__ = lambda self: 3
    __eq__ = lambda self, other: True

illnesses = Three([Word("a"), Word("b"), Word("c")])
""",
    },
)
