"""References pass, mistakes get their own feedback, starters read as not attempted."""

import contextlib
import math
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from gradcourse.exercises import Exercise, Wrong, check, exercises, hint, judge, solution
from gradcourse.exercises.compare import difference
from gradcourse.exercises.sandbox import same

ALL = list(exercises().values())
MISTAKES = [(e, w) for e in ALL for w in e.wrong]
GROWTH = exercises()["02-growth"]


def growth_outcome(function: Any) -> str:
    return repr(judge(GROWTH, function))


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
class TestDeclaration:
    def test_reference_is_right(self, exercise: Exercise) -> None:
        outcome = judge(exercise, exercise.run(exercise.reference))
        assert outcome.state == "✅", outcome
        assert outcome.points == exercise.points

    def test_reference_passes_fresh_cases_of_many_seeds(self, exercise: Exercise) -> None:
        if exercise.fresh is None:
            pytest.skip("a single value has no fresh cases")
        reference = exercise.run(exercise.reference)
        for seed in range(20 if exercise.judge is None else 6):
            case = exercise.fresh(torch.Generator().manual_seed(100 + seed))
            value = reference(*case.args)
            if exercise.judge is None:
                assert np.isfinite(np.asarray(value, dtype=float)).all()
            else:
                assert exercise.judge(value, case) is None

    def test_starter_reads_not_attempted(self, exercise: Exercise) -> None:
        assert judge(exercise, exercise.run(exercise.starter)).state == "⬜"

    def test_texts_are_complete(self, exercise: Exercise) -> None:
        assert len(exercise.wrong) >= 3
        assert len(exercise.hints) >= 2
        assert 1 <= exercise.difficulty <= 3
        assert exercise.points >= 1
        assert exercise.minutes >= 1
        assert "return ..." in exercise.starter or "= ..." in exercise.starter
        assert all(case.hint < len(exercise.hints) for case in exercise.cases)


@pytest.mark.parametrize(
    ("exercise", "wrong"), MISTAKES, ids=[f"{e.id}-{w.name.replace(' ', '-')}" for e, w in MISTAKES]
)
def test_mistake_gets_its_own_feedback(exercise: Exercise, wrong: Wrong) -> None:
    outcome = judge(exercise, exercise.run(wrong.source))
    assert outcome.state == "❌"
    assert wrong.feedback in outcome.text
    others = {w.feedback for w in exercise.wrong} - {wrong.feedback}
    assert not any(other in outcome.text for other in others)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("exercise", [e for e in ALL if e.variant], ids=lambda e: e.id)
def test_a_variant_is_the_same_exercise_with_other_numbers(exercise: Exercise, seed: int) -> None:
    assert exercise.variant is not None
    own, again = (exercise.variant(torch.Generator().manual_seed(seed)) for _ in range(2))
    assert (own.starter, own.reference) == (again.starter, again.reference)
    assert own.id == exercise.id
    assert judge(own, own.run(own.reference)).state == "✅"
    assert judge(own, own.run(own.starter)).state == "⬜"
    for wrong in own.wrong:
        outcome = judge(own, own.run(wrong.source))
        assert outcome.state == "❌"
        assert wrong.feedback in outcome.text
    if own.reference != exercise.reference:
        assert own.starter != exercise.starter
        assert judge(own, exercise.run(exercise.reference)).state == "❌"


# A net that owns what was asked for, and computes with one layer.
IDLE = """
class Idle(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(WIDE, WIDE) for _ in range(DEEP))
        self.readout = nn.Linear(WIDE, 10)

    def forward(self, x):
        return self.readout(USED)

def ANSWER(seed):
    return Idle()
"""
# All layers side by side: each has the same error signal.
BESIDE = "torch.tanh(sum(layer(x) for layer in self.hidden) / DEEP ** 0.5)"


def idle(answer: str, deep: int, used: str, wide: int = 64) -> str:
    found = IDLE.replace("USED", used).replace("ANSWER", answer)
    return found.replace("DEEP", str(deep)).replace("WIDE", str(wide))


BLOCKS = """
class Block(nn.Module):
    def __init__(self, used, draws):
        super().__init__()
        self.used, self.fc1, self.fc2 = used, nn.Linear(64, 64), nn.Linear(64, 64)
        for layer in (self.fc1, self.fc2):
            nn.init.kaiming_normal_(layer.weight, generator=draws)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        return x + self.fc2(F.relu(self.fc1(x))) / 3 if self.used else x

def ANSWER(seed):
    blocks = [Block(BLOCK, gr.generator(seed)) for n in range(DEEP)]
    return nn.Sequential(*blocks, nn.Linear(64, 10))
"""
FEW = BLOCKS.replace("BLOCK,", "DEEP // 2 - 2 < n < DEEP // 2 + 3,")


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        ("02-repair", idle("mended_net", 30, "x"), "nn.Linear 1 run"),
        ("02-repair", idle("mended_net", 30, BESIDE.replace("tanh", "relu")), "makes no use"),
        ("02-calm", idle("calm_net", 100, "torch.tanh(x)"), "nn.Linear 1 run"),
        ("02-calm", idle("calm_net", 100, BESIDE), "makes no use"),
        ("08-repair", FEW.replace("ANSWER", "mended_net").replace("DEEP", "60"), "in 4 of them"),
        ("08-open", FEW.replace("ANSWER", "normless_net").replace("DEEP", "100"), "in 4 of them"),
        ("11-normfree", idle("deep_net", 50, "torch.relu(self.hidden[0](x))"), "in 1 the weights"),
    ],
)
def test_layers_that_a_net_owns_and_does_not_use_do_not_count(
    name: str, source: str, told: str
) -> None:
    exercise = exercises()[name]
    outcome = judge(exercise, exercise.run(source))
    assert outcome.state == "❌"
    assert told in outcome.text


def right(errors: Any) -> Any:
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))


@pytest.mark.parametrize(
    "style",
    [
        right,
        lambda e: torch.tensor(e, dtype=torch.float32)[0].div(e[-1]).pow(1 / (len(e) - 1)),
        lambda e: np.float32(right(e)),
        lambda e: [right(e)],
        lambda e: math.prod(a / b for a, b in pairwise(e)) ** (1 / (len(e) - 1)),
        lambda e: torch.tensor(right(e), requires_grad=True),
    ],
    ids=["python", "torch", "numpy", "list", "loop", "requires-grad"],
)
def test_right_answer_in_another_style_passes(style: Callable[[Any], Any]) -> None:
    assert growth_outcome(style).startswith("✅")


def test_a_print_costs_nothing_and_is_mentioned() -> None:
    def chatty(errors: list[float]) -> float:
        print("x" * 5_000_000)
        return float(right(errors))

    outcome = growth_outcome(chatty)
    assert outcome.startswith("✅")
    assert "5000001 characters" in outcome
    assert len(outcome) < 500


def swallow(errors: list[float]) -> float:
    while True:
        with contextlib.suppress(BaseException):
            errors = list(errors)


def mutate(errors: list[float]) -> float:
    answer = right(errors)
    errors[0] = 7.0
    return float(answer)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (lambda e: 1 / 0, "ZeroDivisionError"),
        (lambda e: None, "does every path end in a return"),
        (lambda e: "two", "a number was needed"),
        (lambda e: float("nan"), "not finite"),
        (lambda e: torch.tensor([1.0, 2.0]), "shape"),
        (lambda e: [[1.0], [1.0, 2.0]], "a number was needed"),
        (lambda e: object(), "a number was needed"),
        (lambda e: 1j, "a number was needed"),
        (lambda: 1.0, "TypeError"),
        (lambda e: exit(), "SystemExit"),
        (lambda e: (_ for _ in ()).throw(MemoryError("no memory")), "MemoryError"),
        (lambda e: (lambda f: f(f))(lambda f: f(f)), "RecursionError"),
        (mutate, "changed its argument number 1"),
        (3.5, "should be a function"),
        ("text", "should be a function"),
    ],
)
def test_bad_answers_get_help_and_never_raise(bad: Any, told: str) -> None:
    outcome = growth_outcome(bad)
    assert outcome.startswith("❌")
    assert told in outcome
    assert "Traceback" not in outcome


@pytest.mark.parametrize("loop", [swallow, lambda e: time.sleep(60)], ids=["swallows", "sleeps"])
def test_an_endless_loop_is_stopped_in_time(
    loop: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.monotonic()
    outcome = judge(Exercise(**{**vars(GROWTH), "seconds": 0.5}), loop)
    assert outcome.state == "❌"
    assert "did not finish within 0.5 s" in outcome.text
    assert time.monotonic() - start < 5


def test_error_names_the_learners_own_line() -> None:
    source = "def growth_factor(errors):\n    a = errors[0]\n    return a / missing_name\n"
    outcome = growth_outcome(GROWTH.run(source))
    assert "NameError" in outcome
    assert "line" in outcome


def test_check_reads_the_callers_names() -> None:
    namespace: dict[str, Any] = {"check": check}
    assert eval('check("02-growth")', namespace).state == "⬜"
    exec(GROWTH.reference, namespace)
    assert eval('check("02-growth")', namespace).state == "✅"


def test_unknown_exercise_suggests_one() -> None:
    assert "Did you mean '02-growth'" in repr(check("02-grwth"))
    assert "Did you mean '02-growth'" in repr(hint("02-grwth"))
    assert "There is no exercise" in repr(solution("nonsense"))


def test_hints_come_in_steps_and_the_solution_on_the_second_call() -> None:
    exercise = exercises()["02-leaky"]
    for step, text in enumerate(exercise.hints, start=1):
        assert repr(hint("02-leaky")) == f"Hint {step} of {len(exercise.hints)}: {text}"
    assert "solution(" in hint("02-leaky")
    assert "return" not in solution("02-leaky")
    assert repr(solution("02-leaky")) == exercise.reference.strip()


def test_a_nan_in_a_list_is_not_a_change_of_the_argument() -> None:
    assert same([1.0, math.nan], [1.0, math.nan])
    assert not same([1.0, math.nan], [math.nan, 1.0])


def test_tolerance_is_relative_to_the_largest_entry() -> None:
    assert difference([1000.0, 1e-9], [1000.0, 0.0], tolerance=1e-3) is None
    assert difference([1002.0, 0.0], [1000.0, 0.0], tolerance=1e-3) is not None
    assert difference(1e-30, 2e-30, tolerance=1e-3) is not None
