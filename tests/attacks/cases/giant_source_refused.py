"""An answer of a million characters: it is refused, and the page says so."""

from tests.attacks.case import attack

CASE = attack(
    "# filler of an answer that never ends\n" * 30_000
    + "\ndef what_is_left(factor, layers):\n    return factor**layers\n",
    says=("characters|long",),
)
