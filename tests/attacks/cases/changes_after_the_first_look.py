"""Values that differ each time they are read: right once, for whoever looks twice."""

from tests.attacks.case import GROWTH, PRODUCT, WORDS, Case

CASE = Case(
    {
        PRODUCT: """
class Turns:
    looks = 0
    def __float__(self):
        Turns.looks += 1
        return float(Turns.looks)
    def __array__(self, *_, **__):
        return np.array(float(self))

def what_is_left(factor, layers):
    return Turns()
""",
        GROWTH: """
calls = 0
def growth_factor(errors):
    global calls
    calls += 1
    return [calls] if calls % 2 else calls
""",
        WORDS: """
class Words(list):
    turn = 0
    def __iter__(self):
        Words.turn += 1
        return iter(["healthy"] * 3 if Words.turn % 2 else ["exploding"] * 3)

illnesses = Words(["healthy"] * 3)
""",
    },
)
