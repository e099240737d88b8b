"""Returns objects that say that they equal everything, in every protocol there is."""

from tests.attacks.case import GROWTH, PRODUCT, VALUE, WORDS, Case

LIAR = """
class Liar:
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = lambda self: 0
    __float__ = lambda self: 0.25
    __int__ = __index__ = lambda self: 17
    __sub__ = __rsub__ = __abs__ = __truediv__ = __neg__ = lambda self, *other: 0.0
    __len__ = lambda self: 3
    __iter__ = lambda self: iter("abc")
    __array__ = lambda self, *_, **__: np.zeros(())
    __array_ufunc__ = lambda self, *_, **__: True
    __torch_function__ = classmethod(lambda cls, *_, **__: True)
    __bool__ = lambda self: True
    __class__ = property(lambda self: float)
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *_, **__: self
    __repr__ = lambda self: "0.25"
"""
CASE = Case(
    {
        PRODUCT: LIAR + "def what_is_left(factor, layers):\n    return Liar()",
        GROWTH: LIAR + "growth_factor = Liar()",
        VALUE: LIAR + "overflow_layer = Liar()",
        WORDS: LIAR + "illnesses = Liar()",
    },
)
