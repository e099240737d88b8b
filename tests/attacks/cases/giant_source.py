"""An answer of 4,500 lines, right at its end; the page stays readable."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    "# filler of an answer that never ends\n" * 4_500
    + "\ndef what_is_left(factor, layers):\n    return factor**layers\n",
    points=FULL[PRODUCT],
)
