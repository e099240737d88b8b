"""Exercises of lesson 10: one patient of the clinic each."""

from collections.abc import Mapping
from typing import Any

from gradcourse.clinic import patients, treat
from gradcourse.exercises.compare import show
from gradcourse.exercises.declare import Case, Exercise, Wrong

Tried = tuple[dict[str, Any], str]


def _judge(id: str, value: Any) -> str | None:
    """What is wrong with a treatment: the visit's text, or None if the patient is healed."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        return f'a dict of treatments was needed, such as {{"clip": 1.0}}; this is {show(value)}'
    try:
        visit = treat(id, value)
    except ValueError as error:
        return str(error)
    return None if visit.healed else "\n   ".join(["not healed", *visit.text.splitlines()])


def _praise(id: str, value: Mapping[str, Any]) -> str:
    """Whether a right treatment earns the star, too."""
    if treat(id, value).star:
        return "Healed, with the fewest treatments: ⭐"
    return f"Healed; it can be done with fewer treatments ({patients()[id].needs})."


def _exercise(
    id: str, title: str, difficulty: int, right: dict[str, Any], wrong: tuple[Tried, ...],
    hints: tuple[str, ...],
) -> Exercise:  # fmt: skip
    def judge(value: Any, case: Case) -> str | None:
        return _judge(id, value)

    def praise(value: Any) -> str:
        return _praise(id, value)

    return Exercise(
        id=f"10-{id}",
        title=title,
        points=2 + (patients()[id].needs > 1),
        minutes=2 + 2 * difficulty,
        difficulty=difficulty,
        answer=id,
        starter=f'\n# The treatments for {id}, such as {{"clip": 1.0}}.\n{id} = ...\n',
        reference=f"\n{id} = {right!r}\n",
        hints=hints,
        wrong=tuple(
            Wrong(", ".join(f"{k} {v}" for k, v in given.items()), f"{id} = {given!r}", told)
            for given, told in wrong
        ),
        judge=judge,
        praise=praise,
        seconds=15,
    )


EXERCISES = (
    _exercise(
        "p01",
        "A first loss of seventeen digits",
        1,
        {"init": "he"},
        (
            ({"clip": 1.0}, "clip=1.0 shortens the gradient"),
            ({"activation": "tanh"}, "activation='tanh' puts tanh in the place of relu"),
            ({"norm": "batch"}, "norm='batch' sets the norm from none to batch"),
            ({"init": "torch"}, "Step 0 was exploding and is vanishing now"),
        ),
        (
            "The loss is wrong before the first update. Which treatments act before it?",
            "Growth per layer about 50, in layers of 64 units. What does a sum of 64 numbers near "
            "1 grow by?",
            "The mean of the weights drives it, not their spread: draw them with mean 0.",
        ),
    ),
    _exercise(
        "p02",
        "NaN on the new accelerator",
        1,
        {"precision": "bfloat16"},
        (
            ({"clip": 1.0}, "clip=1.0 shortens the gradient"),
            ({"loss_scale": 1024.0}, "loss_scale=1024.0 multiplies the loss"),
            ({"lr": 0.001}, "lr=0.001 sets the learning rate"),
        ),
        (
            "diagnose(patient.history) names the pass, the layer and the number format.",
            "float16 ends at 65504. How large are the pixels of this patient?",
            "Another format, or pixels of size 1.",
        ),
    ),
    _exercise(
        "p03",
        "A loss that does not move",
        1,
        {"init": "he"},
        (
            ({"lr": 0.01}, "lr=0.01 sets the learning rate"),
            ({"init": "xavier"}, "init='xavier' draws the weights anew"),
            ({"optimizer": "momentum"}, "optimizer='momentum' makes momentum turn"),
        ),
        (
            "Open the dashboard at step 0: how does the error signal change from layer to layer?",
            "Which weight scale keeps the error signal behind ReLU? Which one has torch's default?",
            "He's initialisation is made for ReLU; a way past the layers helps as well.",
        ),
    ),
    _exercise(
        "p04",
        "A loss that goes up as often as down",
        1,
        {"lr": 0.1},
        (
            ({"warmup": 50}, "warmup=50 lets the learning rate rise"),
            ({"clip": 10.0}, "clip=10.0 shortens the gradient"),
            ({"norm": "layer"}, "norm='layer' sets the norm from none to layer"),
        ),
        (
            "Step 0 is healthy. What comes after the backward pass?",
            "Look at update : weight in the dashboard; about 1e-3 is usual.",
            "Which number in the recipe is out of all proportion?",
        ),
    ),
    _exercise(
        "p05",
        "A memory of thirty steps",
        3,
        {"scale": 1.2, "clip": 1.0},
        (
            ({"clip": 1.0}, "Step 0 is still exploding"),
            ({"scale": 1.2}, "scale=1.2 makes the weights 0.48 times as large"),
            ({"scale": 0.5, "clip": 1.0}, "scale=0.5 makes the weights 0.2 times as large"),
        ),
        (
            "How does the error signal change on its way back through time? Ask it of step 0, "
            "diagnose(patient.history.profiles[0]): the last step can look healthy.",
            "Clipping caps the update. It does not make thirty factors of 2.5 smaller.",
            "One treatment for the recurrent weights, and one that keeps each step short.",
        ),
    ),
    _exercise(
        "p06",
        "Fifty layers in the place of ten",
        2,
        {"residual": "scaled"},
        (
            ({"lr": 0.0001}, "lr=0.0001 sets the learning rate"),
            ({"norm": "layer"}, "norm='layer' sets the norm from batch to layer"),
            ({"scale": 0.5}, "scale=0.5 makes the weights 0.5 times as large"),
        ),
        (
            "The norm keeps the forward pass calm. Look at the error signal at step 0.",
            "BatchNorm divides every weight scale out, so no scale can help. ×1.2 per layer stays.",
            "Give the error signal a way past the layers.",
        ),
    ),
    _exercise(
        "p07",
        "One spike, and nothing moves any more",
        2,
        {"clip": 1.0},
        (
            ({"lr": 0.1}, "lr=0.1 sets the learning rate"),
            ({"optimizer": "momentum"}, "optimizer='momentum' makes momentum turn"),
            ({"warmup": 50}, "warmup=50 lets the learning rate rise"),
        ),
        (
            "Plot history.gradient_norm. What happens once, and what remembers it?",
            "Adam divides by the root of its memory of squared gradients. How long is that memory?",
            "Nothing can take the spike out of the memory again; keep it from getting in.",
        ),
    ),
    _exercise(
        "p08",
        "Skip connections, as everybody does",
        2,
        {"residual": "scaled"},
        (
            ({"clip": 1.0}, "clip=1.0 shortens the gradient"),
            ({"residual": "none"}, "residual='none' sets the skip from plain to none"),
            ({"init": "xavier"}, "init='xavier' draws the weights anew"),
        ),
        (
            "Each block adds its branch to what it was given. What does that do to the variance?",
            "Fifty doublings make 1e15. What keeps the sum of fifty branches as large as one?",
            "Divide each branch by √depth, or normalise inside it.",
        ),
    ),
    _exercise(
        "p09",
        "All gradients are 0.0000",
        3,
        {"activation": "tanh", "init": "orthogonal"},
        (
            ({"activation": "tanh"}, "activation='tanh' puts tanh in the place of sigmoid"),
            ({"lr": 0.1}, "lr=0.1 sets the learning rate"),
            ({"activation": "relu", "init": "he"}, "activation='relu' puts relu in the place"),
            ({"scale": 4.0}, "scale=4.0 makes the weights 4 times as large"),
        ),
        (
            "What is the largest slope of the sigmoid, and what are fifty of them multiplied?",
            "With a slope that reaches 1 the norms are healthy, and yet fifty layers do not train: "
            "some directions shrink, others grow. Lesson 06 has weights that stretch all alike.",
            "Two treatments: the activation and the draw of the weights.",
        ),
    ),
    _exercise(
        "p10",
        "Another curve on another machine",
        2,
        {"scale": 1.0},
        (
            ({"clip": 1.0}, "clip=1.0 shortens the gradient"),
            ({"scale": 0.5}, "scale=0.5 makes the weights 0.167 times as large"),
            ({"lr": 0.001}, "lr=0.001 sets the learning rate"),
        ),
        (
            "tanh bounds the forward pass. Does it bound the error signal? Look at "
            "diagnose(patient.history.profiles[0]), step 0: the last step can look healthy.",
            "Small differences grow by the same factor as the error signal: that is why two "
            "machines disagree.",
            "What is the critical weight scale of tanh? A norm or a damped branch helps as well.",
        ),
    ),
    _exercise(
        "p11",
        "Six Transformer blocks",
        2,
        {"warmup": 50},
        (
            ({"clip": 1.0}, "clip=1.0 shortens the gradient"),
            ({"optimizer": "adamw"}, "optimizer='adamw' makes adamw turn"),
            ({"lr": 0.1}, "lr=0.1 sets the learning rate"),
        ),
        (
            "Step 0 is healthy and step 50 is not. What happens in between?",
            "Adam's first step is as long as the learning rate in every weight, however small the "
            "gradient is.",
            "Let the learning rate rise, keep it small, or move the norm into the branch.",
        ),
    ),
    _exercise(
        "p12",
        "Learns in training, rolls dice in use",
        2,
        {"dropout": "before readout"},
        (
            ({"lr": 0.003}, "lr=0.003 sets the learning rate"),
            ({"norm": "layer"}, "norm='layer' sets the norm from batch to layer"),
            ({"clip": 1.0}, "clip=1.0 shortens the gradient"),
        ),
        (
            "The error signal is healthy. What is different between training and use?",
            "Dropout makes the variance larger in training. Which layer remembers it for use?",
            "Keep dropout away from the norms.",
        ),
    ),
)
