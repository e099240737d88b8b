"""Rewrites every function of the grader that lies in reach: modules, frames, code objects."""

from tests.attacks.case import attack

CASE = attack(
    """
import sys, types

def spoil():
    say_yes = lambda *_, **__: None
    for name, module in list(sys.modules.items()):
        if not any(word in name for word in ("gradcourse", "worker", "__main__", "grade", "judge")):
            continue
        for key, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType) and any(
                word in key for word in ("judge", "difference", "grade", "check", "problem")
            ):
                setattr(module, key, say_yes)
    frame = sys._getframe()
    while frame is not None:
        for key in ("points", "score", "earned", "passed", "ok", "right", "expected"):
            if key in frame.f_globals:
                frame.f_globals[key] = 6
        frame = frame.f_back

def what_is_left(factor, layers):
    spoil()
    return 42.0
"""
)
