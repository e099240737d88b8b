"""The answer raises: the page names the error and the student's own line."""

from tests.attacks.case import attack

CASE = attack(
    """
def what_is_left(factor, layers):
    return layers / (factor - factor)
""",
    says=("ZeroDivisionError", r"layers / \(factor - factor\)"),
)
