"""The clinic: its matrix, its runs, its texts and pictures, and what bad input gets."""

import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

import gradcourse as gr
from gradcourse.clinic import ward as ward_module
from gradcourse.clinic.cases import CASES
from gradcourse.clinic.charts import visit_chart, ward_chart
from gradcourse.clinic.formulary import FORMULARY, prescribe, written
from gradcourse.clinic.nets import Block, Dropout, Mixed, build
from gradcourse.clinic.patient import Patient
from gradcourse.clinic.recipe import Recipe
from gradcourse.clinic.run import Run, train
from gradcourse.clinic.visit import _course, _level, _loss, _moment
from gradcourse.exercises import exercises, judge
from gradcourse.train import History
from tests.clinic_matrix import ENOUGH, SEEDS, STORED, doubts, fingerprint, singles, treatments

MATRIX: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
PATIENTS = list(CASES.values())
each_patient = pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: p.id)
SMALL = Recipe(depth=2, width=16, steps=10)


@pytest.fixture(autouse=True)
def empty_ward(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward_module, "_best", {})


# ---------------------------------------------------------------------------- the matrix


@each_patient
class TestMatrix:
    def test_is_of_this_patient_and_complete(self, patient: Patient) -> None:
        stored = MATRIX[patient.id]
        assert stored["of"] == fingerprint(patient), "run make clinic-matrix"
        assert set(stored["passed"]) == {written(given) for given in treatments(patient)}

    def test_right_treatments_pass_and_all_others_never(self, patient: Patient) -> None:
        assert list(doubts(patient, MATRIX[patient.id]["passed"])) == []

    def test_the_goal_lies_well_between(self, patient: Patient) -> None:
        medians = MATRIX[patient.id]["median"]
        right = {written(cure.given) for cure in patient.cures}
        assert min(medians[text] for text in right) > patient.target + 0.04
        assert max(v for text, v in medians.items() if text not in right) < patient.target - 0.08

    def test_the_star_is_for_the_fewest_that_pass(self, patient: Patient) -> None:
        passed = MATRIX[patient.id]["passed"]
        fewest = min(len(g) for g in treatments(patient) if passed[written(g)] >= ENOUGH)
        assert patient.needs == fewest

    def test_is_right_here_too(self, patient: Patient) -> None:
        """One right and one wrong treatment, another pair and another seed for each patient."""
        turn = PATIENTS.index(patient)
        cures = [cure.given for cure in patient.cures]
        wrong = [given for given in singles(patient) if given not in cures]
        for given, expected in (
            (cures[turn % len(cures)], True),
            (wrong[7 * turn % len(wrong)], 0),
        ):
            recipe = prescribe(patient.recipe, patient.stock, given)
            found = train.__wrapped__(recipe, turn % SEEDS)
            assert (found.value >= patient.target) == expected, (given, found.value)


def test_twelve_patients_of_which_some_need_two_treatments() -> None:
    assert list(CASES) == [f"p{n:02}" for n in range(1, 13)]
    assert sorted(p.needs for p in PATIENTS)[-2:] == [2, 2]


# ---------------------------------------------------------------------------- patients


@each_patient
class TestPatient:
    def test_complaint_does_not_name_the_fault(self, patient: Patient) -> None:
        words = ["explod", "vanish", "init", "clip", "overflow", "rate", "dropout", "warm", "float"]
        assert not [word for word in words if word in patient.complaint.lower().split()]
        assert len(patient.complaint) <= 110

    def test_every_treatment_is_in_the_formulary_and_changes_something(
        self, patient: Patient
    ) -> None:
        assert set(patient.treatments) <= set(FORMULARY)
        for given in singles(patient):
            assert prescribe(patient.recipe, patient.stock, given) != patient.recipe

    def test_repr_shows_what_a_reader_needs(self, patient: Patient) -> None:
        text = repr(patient)
        for part in (patient.complaint, patient.goal, repr(patient.recipe), *patient.treatments):
            assert part in text

    def test_the_stock_has_one_order_for_all(self, patient: Patient) -> None:
        """The alphabet's: a patient's own order would tell what the author thinks of first."""
        assert list(patient.treatments) == sorted(patient.stock)
        for name, values in patient.treatments.items():
            assert list(values) == sorted(patient.stock[name])
        rows = repr(patient).partition("treatments in stock:\n")[2].splitlines()
        told = [f"{n}: {', '.join(map(repr, v))}" for n, v in patient.treatments.items()]
        assert [row.strip() for row in rows] == told

    def test_repr_tells_how_many_treatments_the_star_takes(self, patient: Patient) -> None:
        many = {1: "⭐ with one treatment", 2: "⭐ with 2 treatments together"}
        assert many[patient.needs] in repr(patient)

    def test_repr_leads_to_step_0(self, patient: Patient) -> None:
        assert "step 0: diagnose(patient.history.profiles[0])" in repr(patient)

    def test_the_exercise_has_the_fewest_treatments(self, patient: Patient) -> None:
        exercise = exercises()[f"10-{patient.id}"]
        assert exercise.answer == patient.id
        given = exercise.run(exercise.reference)
        assert len(given) == patient.needs
        assert patient.cure(given) is not None

    def test_notes_are_of_wrong_treatments_in_stock(self, patient: Patient) -> None:
        for key in patient.notes:
            name, _, value = key.partition("=")
            assert name in patient.stock
            assert not value or eval(value) in patient.stock[name]


def test_the_first_of_the_shown_stock_is_rarely_a_cure() -> None:
    firsts = [dict(list(singles_shown(patient))[: patient.needs]) for patient in PATIENTS]
    lucky = [p.id for p, given in zip(PATIENTS, firsts, strict=True) if p.cure(given)]
    assert len(lucky) <= 2


def singles_shown(patient: Patient) -> Iterator[tuple[str, Any]]:
    """The first value of each row that the patient shows."""
    yield from ((name, values[0]) for name, values in patient.treatments.items())


def test_the_broken_batch_is_told_and_no_cure_is_named() -> None:
    text = repr(gr.patients()["p07"])
    assert "data: batch 10 has a broken example weight: its loss counts 1,000,000 times" in text
    assert [p.id for p in PATIENTS if "broken example weight" in repr(p)] == ["p07"]


def test_the_sick_run_is_trained_once_and_can_be_diagnosed() -> None:
    patient = gr.patients()["p02"]
    assert patient.history is patient.history
    assert gr.diagnose(patient.history).verdict == "non-finite"
    assert patient.history.breakdown is not None


# ---------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("id", "given", "told"),
    [
        ("p13", {"clip": 1.0}, "one of p01 to p12, got 'p13'"),
        (7, {"clip": 1.0}, "one of p01 to p12, got 7"),
        (["p01"], {"clip": 1.0}, "one of p01 to p12"),
        ("p01", {}, "at least one treatment, got none; try one of activation, clip, init"),
        (
            "p01",
            {"vitamin": 3},
            "no treatment 'vitamin'; this patient can be given activation, clip",
        ),
        (
            "p01",
            {"warmup": 50},
            "warmup does not apply to this patient, got 50; try activation, clip",
        ),
        ("p01", {"clip": 3.0}, "clip must be one of 0.1, 1.0, 10.0 for this patient, got 3.0"),
        ("p01", {"clip": None}, "got None"),
        ("p01", {"clip": math.nan}, "got nan"),
        ("p01", {"clip": True}, "got True"),
        ("p01", {"clip": [1.0]}, r"got \[1.0\]"),
        ("p01", {"init": "He"}, "init must be one of 'he', 'orthogonal', 'torch', 'xavier'"),
        ("p01", {"lr": 0.03}, "already has lr=0.03"),
        ("p01", {"clip": 1.0, "lr": 7}, "lr must be one of"),
    ],
)
def test_bad_input_is_refused_with_help(id: Any, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        gr.treat(id, **given)


def test_treatments_can_be_given_as_a_dict() -> None:
    given: dict[str, Any] = {"precision": "bfloat16"}
    assert gr.treat("p02", given).text == gr.treat("p02", **given).text
    both = gr.treat("p02", given, loss_scale=1024)
    assert both.given == {"precision": "bfloat16", "loss_scale": 1024.0}
    with pytest.raises(ValueError, match=r"a dict or given by name, such as clip=1\.0; got 'he'"):
        gr.treat("p01", "he")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="precision is given twice"):
        gr.treat("p02", given, precision="float32")
    with pytest.raises(ValueError, match="at least one treatment"):
        gr.treat("p02", {})


@pytest.mark.parametrize("value", [None, 3, "he", ["clip"], {1: 2}, {}, {"clip": 3}, nn.ReLU()])
def test_a_bad_answer_gets_help_and_no_traceback(value: Any) -> None:
    check = exercises()["10-p01"].judge
    assert check is not None
    assert "needed" in (told := str(check(value, ()))) or "must" in told or "needs" in told  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- a visit


@pytest.fixture(scope="module")
def visits() -> dict[str, Any]:
    given: dict[str, tuple[str, dict[str, Any]]] = {
        "star": ("p02", {"precision": "bfloat16"}),
        "more": ("p02", {"precision": "bfloat16", "loss_scale": 1024.0}),
        "none": ("p02", {"clip": 1.0}),
        "spike": ("p07", {"norm": "layer"}),
        "twin": ("p10", {"scale": 0.5}),
        "late": ("p04", {"warmup": 50}),
        "just": ("p02", {"scale": 0.7}),
    }
    return {name: gr.treat(key, **treatments) for name, (key, treatments) in given.items()}


def test_stars_are_for_the_fewest_treatments(visits: dict[str, Any]) -> None:
    states = {name: (visit.healed, visit.star) for name, visit in visits.items()}
    assert states["star"] == (True, True)
    assert states["more"] == (True, False)
    assert states["none"] == (False, False)
    assert "1 can be enough" in repr(visits["more"])


def test_a_run_that_ends_in_nan_is_a_result(visits: dict[str, Any]) -> None:
    visit = visits["none"]
    assert not math.isfinite(visit.after.run.history.loss[-1])
    assert "non-finite in the forward pass, as before" in visit.text
    assert "there was no finite gradient" in visit.text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("star", "Why: this format reaches 3.4e38"),
        ("twin", "Step 0 was exploding and is vanishing now."),
        ("late", "Step 0 was healthy and is: what is wrong shows at a later step, or not"),
        ("none", "Step 0 is still non-finite."),
        ("just", "Left: Step 0 is no longer non-finite, and yet the goal is missed: what is left"),
        ("just", "loss: inf or NaN at step 0 → inf or NaN at step 1"),
        ("just", "after one update the forward pass overflows again."),
        ("late", "After the warm-up the rate is what it was."),
    ],
)
def test_the_text_says_what_was_left(visits: dict[str, Any], name: str, told: str) -> None:
    assert told in visits[name].text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.8, "reached"),
        (0.16, "near chance (0.1)"),
        (0.3, "less than half of the way from chance (0.1)"),
        (0.6, "more than half of the way from chance (0.1)"),
    ],
)
def test_levels_say_what_they_mean(value: float, told: str) -> None:
    assert _level(value, 0.8, 0.1) == told


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        (6e12, "ends far above guessing (1e13)"),
        (3.0, "ends above guessing (2.3)"),
        (2.3, "ends near guessing (2.3)"),
        (2.0, "ends below guessing (2.3)"),
        (0.5, "ends far below guessing (2.3)"),
    ],
)
def test_losses_are_compared_with_guessing(losses: float, told: str) -> None:
    run = Run(History((losses,) * 20, (1.0,) * 20, {}, None), (20,), (0.5,), 10, False)
    assert _loss(run, 20) == told


def test_the_moment_of_a_breakdown_is_as_exact_as_machines_agree() -> None:
    told = [_moment(step, 150) for step in (0, 3, 14, 15, 75)]
    assert told[:2] == ["step 0", "step 3"]
    parts = ("the first tenth", "the first half", "the second half")
    assert told[2:] == [f"a step in {part} of the run" for part in parts]


@pytest.mark.parametrize(
    ("decades", "told"),
    [
        (0.2, "keeps its size"),
        (-0.2, "keeps its size"),
        (0.5, "grows about 3-fold"),
        (-1.258, "shrinks about 20-fold"),
    ],
)
def test_a_healthy_error_signal_has_a_direction(decades: float, told: str) -> None:
    assert _course(decades) == told


def test_the_direction_is_that_of_the_measured_profile(visits: dict[str, Any]) -> None:
    for visit in visits.values():
        ratio = visit.after.run.history.profiles[0].ratio
        if "grows" in visit.text:
            assert ratio > 2
        if "shrinks" in visit.text:
            assert ratio < 0.5


def test_check_says_whether_the_star_is_earned() -> None:
    exercise = exercises()["10-p02"]
    star = judge(exercise, {"precision": "bfloat16"})
    more = judge(exercise, {"precision": "bfloat16", "loss_scale": 1024.0})
    assert star.text == "10-p02: right, 2 points. Healed, with the fewest treatments: ⭐"
    assert more.text.endswith("Healed; it can be done with fewer treatments (1).")
    assert (star.points, more.points) == (2, 2)


def test_the_text_has_a_line_for_every_treatment(visits: dict[str, Any]) -> None:
    for visit in visits.values():
        for name, value in visit.given.items():
            (line,) = [t for t in visit.text.splitlines() if t.startswith(f"{name}={value!r} ")]
            assert "It leaves" in line


def test_the_text_holds_no_number_of_a_trained_run(visits: dict[str, Any]) -> None:
    for visit in visits.values():
        assert f"{visit.after.value:.2f}" not in visit.text.replace(visit.patient.goal, "")


def test_the_same_treatment_is_trained_once(visits: dict[str, Any]) -> None:
    again = gr.treat("p02", precision="bfloat16")
    assert again.after.run is visits["star"].after.run


def test_treating_leaves_the_global_random_state_alone() -> None:
    state = torch.get_rng_state()
    train.__wrapped__(replace(SMALL, dropout="before norm", norm="batch"))
    train.__wrapped__(Recipe(net="attention", depth=1, width=8, norm="pre-LN", steps=10))
    assert torch.equal(torch.get_rng_state(), state)


# ---------------------------------------------------------------------------- the ward


def test_the_ward_remembers_the_best_visit() -> None:
    ward = gr.patients()
    assert len(ward) == 12
    assert set(ward.states.values()) == {"⬜"}
    for given, state in (
        ({"clip": 1.0}, "⬜"),
        ({"precision": "bfloat16", "loss_scale": 1024.0}, "✅"),
        ({"precision": "bfloat16"}, "⭐"),
        ({"clip": 1.0}, "⭐"),
        ({"precision": "bfloat16", "loss_scale": 1024.0}, "⭐"),
    ):
        gr.treat("p02", **given)
        assert ward.states["p02"] == state
    assert repr(ward).startswith("Ward: 1 of 12 healed, 1 with a star\n")
    assert f'⭐ p02  "{ward["p02"].complaint}"' in repr(ward)


def test_the_ward_picture_tells_states_in_words() -> None:
    states = {name: "⬜✅⭐"[i % 3] for i, name in enumerate(CASES)}
    (ax,) = ward_chart(CASES, states).axes
    texts = [text.get_text() for text in ax.texts]
    for word in ("sick", "✓ healed", "★ healed, star"):
        assert texts.count(word) == 4
    assert ax.get_title().startswith("The ward: 8 of 12 healed, 4 with a star")
    assert set(CASES) <= set(texts)


def bundles(visits: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for shown in (gr.patients(), *visits.values()):
        data, _ = shown._repr_mimebundle_()
        yield data


def test_pictures_are_small_and_have_a_text(visits: dict[str, Any]) -> None:
    for data in bundles(visits):
        assert len(data["image/png"]) <= 60 * 1024
        assert Image.open(io.BytesIO(data["image/png"])).size[0] > 1000
        assert data["text/plain"]


def test_the_visit_picture_shows_before_and_after(visits: dict[str, Any]) -> None:
    figure = visit_chart(visits["twin"])
    goal, loss, error = figure.axes
    for ax in (goal, loss, error):
        assert {"before", "after"} <= {str(line.get_label()) for line in ax.lines}
        assert {"before", "after"} <= {text.get_text() for text in ax.texts}
    left, right = error.get_xlim()
    assert left > right, "gradients are drawn from the last layer back to the first"
    assert error.get_yscale() == loss.get_yscale() == "log"
    marks = [text.get_text() for text in visit_chart(visits["star"]).axes[1].texts]
    assert "NaN" in marks


# ---------------------------------------------------------------------------- runs and nets


def test_a_loss_scale_changes_nothing_in_float32() -> None:
    plain = train.__wrapped__(replace(SMALL, clip=0.5))
    scaled = train.__wrapped__(replace(SMALL, clip=0.5, loss_scale=1024.0))
    assert scaled.history.loss == pytest.approx(plain.history.loss, rel=1e-4)
    assert scaled.history.gradient_norm == pytest.approx(plain.history.gradient_norm, rel=1e-4)


def test_warm_up_shortens_the_first_steps_only() -> None:
    plain = train.__wrapped__(replace(SMALL, steps=20)).history.profiles
    warm = train.__wrapped__(replace(SMALL, steps=20, warmup=10)).history.profiles
    assert warm[0].update[0] == pytest.approx(plain[0].update[0] / 10, rel=1e-3)
    assert warm[18].update[0] > 0.3 * plain[18].update[0]


def test_the_spike_is_one_batch() -> None:
    loss = train.__wrapped__(replace(SMALL, spike=4, clip=1.0)).history.loss
    assert [step for step, value in enumerate(loss) if value > 1e4] == [3]


def test_a_run_stops_when_it_is_good_enough() -> None:
    found = train.__wrapped__(replace(SMALL, enough=0.0))
    assert found.steps == (1,)
    assert len(found.history.loss) == 1


def test_a_breakdown_is_counted_from_the_start_of_the_run() -> None:
    found = train.__wrapped__(replace(SMALL, steps=100, lr=1e20)).history
    assert found.breakdown is not None
    assert found.breakdown.step == len(found.loss) - 1


@pytest.mark.parametrize("pre", [False, True])
def test_blocks_are_post_ln_and_pre_ln(pre: bool) -> None:
    block = Block(8, pre, gr.generator(0))
    h = torch.randn(3, 4, 8, generator=gr.generator(1))
    if pre:
        middle = h + block.attend(block.norm1(h))
        expected = middle + block.mlp(block.norm2(middle))
    else:
        middle = block.norm1(h + block.attend(h))
        expected = block.norm2(middle + block.mlp(middle))
    torch.testing.assert_close(block(h), expected)


def test_attention_is_torchs() -> None:
    block, oracle = Block(8, True, gr.generator(0)), nn.MultiheadAttention(8, 4, batch_first=True)
    with torch.no_grad():
        oracle.in_proj_weight.copy_(block.qkv.weight)
        oracle.in_proj_bias.copy_(block.qkv.bias)
        oracle.out_proj.weight.copy_(block.out.weight)
        oracle.out_proj.bias.copy_(block.out.bias)
    h = torch.randn(3, 5, 8, generator=gr.generator(1))
    torch.testing.assert_close(block.attend(h), oracle(h, h, h, need_weights=False)[0])


def test_dropout_keeps_the_mean_and_stops_in_use() -> None:
    drop = Dropout(gr.generator(0))
    h = torch.ones(200, 200)
    silenced = drop(h)
    assert set(silenced.unique().tolist()) == {0.0, 2.0}
    assert silenced.mean().item() == pytest.approx(1, abs=0.03)
    assert torch.equal(drop.eval()(h), h)


def test_mixed_precision_computes_in_the_narrow_format() -> None:
    net = build(replace(SMALL, precision="float16"), gr.generator(0))
    assert isinstance(net, Mixed)
    assert {p.dtype for p in net.parameters()} == {torch.float32}
    with gr.watch(net) as seen:
        logits = net(torch.randn(4, 64))
        logits.sum().backward()
    assert logits.dtype == torch.float32
    assert set(seen.profile.dtype) == {"float16"}


def test_no_module_of_the_clinic_is_long() -> None:
    for path in (Path(gr.__file__).parent / "clinic").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 200, path.name
