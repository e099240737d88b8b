"""Calls the function that the grader lent it with junk, giants and from threads, and guesses."""

from tests.attacks.case import CHECK, FULL, PRODUCT, RIGHT, Case

CASE = Case(
    {
        CHECK: """
import threading

JUNK = [None, "x", b"x", [], {}, {"remote": 0}, np.zeros((0,)), np.zeros((1000, 1000)), [[[]]], ...,
        np.array(["x"]), -1, float("nan"), nn.Linear(2, 2), print, "\\ud800", 10**400, {1: {2: 3}}]

def accepts(f, gradient, x):
    for junk in JUNK:
        for words in ((junk,), (), (junk, junk), (x, junk)):
            try:
                f(*words)
            except Exception:
                pass
    for name in ("gradient", "name", "__closure__", "_ask", "__dict__", "__self__"):
        try:
            if callable(getattr(f, name)):
                return bool(np.array_equal(gradient, f.gradient(x)))
        except Exception:
            pass
    return "right" in repr(f)
""",
        PRODUCT: RIGHT[PRODUCT],
    },
    {PRODUCT: FULL[PRODUCT]},
)
