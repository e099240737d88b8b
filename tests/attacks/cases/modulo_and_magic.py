"""A magic, and below it lines that only look like magics: a modulo, questions in comments."""

from tests.attacks.case import FULL, GROWTH, PRODUCT, Case

CASE = Case(
    {
        PRODUCT: '''
%matplotlib inline
NOTE = """
%time is a magic, isn't it?
!ls
"""

def what_is_left(factor, layers):
    """Is this right?"""
    steps = (layers * 3
             % (10**6)) // 3  # is it?
    return factor**steps if len(NOTE) == 33 else -1.0
''',
        GROWTH: """
%%timeit -n 1
def growth_factor(errors):
    # why not?
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
    },
    {PRODUCT: FULL[PRODUCT], GROWTH: FULL[GROWTH]},
)
