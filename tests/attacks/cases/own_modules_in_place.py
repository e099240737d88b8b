"""Writes modules of those names into its working folder while it runs; the next answer is safe."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import os

for name in ("torch", "numpy", "json", "gradcourse", "sitecustomize", "signal", "struct"):
    for folder in (".", os.path.expanduser("~"), "/tmp"):
        try:
            with open(os.path.join(folder, name + ".py"), "w") as file:
                file.write("raise SystemExit")
        except OSError:
            pass

def what_is_left(factor, layers):
    import fractions, statistics, string, textwrap
    return factor**layers
""",
    points=FULL[PRODUCT],
)
