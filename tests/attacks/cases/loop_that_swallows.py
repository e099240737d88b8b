"""A loop without end that swallows every exception, interrupts included."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
        finally:
            continue
""",
    says=("did not finish",),
    slow=True,
)
