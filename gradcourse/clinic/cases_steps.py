"""Patients whose fault shows in the steps, the number format, or through time."""

from gradcourse.clinic.patient import Cure, Patient
from gradcourse.clinic.reasons import CUT, JUST, WIDE
from gradcourse.clinic.recipe import Recipe

STEPS = (
    Patient(
        "p02",
        "NaN at the first step, but only on the new accelerator. On my laptop it trains.",
        Recipe(
            depth=6,
            pixels="raw",
            precision="float16",
            norm="layer",
            optimizer="sgd",
            lr=0.05,
            steps=150,
        ),
        0.7,
        {
            "precision": ("bfloat16", "float32"),
            "pixels": ("standardised",),
            "loss_scale": (1024.0, 1 / 1024),
            "scale": (0.7, 2.0),
            "init": ("xavier", "orthogonal"),
            "norm": ("batch", "none"),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.001, 0.01),
            "optimizer": ("adam", "momentum"),
        },
        (
            Cure({"precision": "bfloat16"}, WIDE),
            Cure({"precision": "float32"}, WIDE),
            Cure({"pixels": "standardised"}, "inputs of size 1 keep every layer below 65504"),
        ),
        {
            "scale=0.7": JUST,
            "init='xavier'": JUST,
        },
    ),
    Patient(
        "p04",
        "The loss is finite, but it goes up as often as down, and it is worse than guessing.",
        Recipe(depth=4, activation="tanh", init="lecun", optimizer="sgd", lr=30.0, steps=150),
        0.8,
        {
            "lr": (0.1, 1.0, 10.0),
            "clip": (0.1, 1.0, 10.0),
            "init": ("orthogonal", "he"),
            "scale": (0.5, 2.0),
            "norm": ("batch", "layer"),
            "optimizer": ("momentum", "adam"),
            "warmup": (50,),
        },
        (
            Cure({"lr": 0.1}, "the step is now below the stability limit"),
            Cure({"lr": 1.0}, "the step is now below the stability limit"),
            Cure({"clip": 0.1}, "no step is longer than 30 × 0.1: a lower rate by another name"),
        ),
        {
            "warmup": "After the warm-up the rate is what it was.",
            "norm": "A norm allows a larger rate, not one of any size.",
            "lr=10.0": "A third of far too much is still too much.",
            "clip": "With this rate a step of the clipped length is still long.",
        },
    ),
    Patient(
        "p05",
        "It must remember for thirty steps. The loss leaps and never stays below guessing.",
        Recipe(
            task="temporal order",
            net="recurrent",
            width=50,
            init="orthogonal",
            scale=2.5,
            optimizer="sgd",
            lr=0.1,
            batch=20,
            steps=700,
            enough=0.98,
        ),
        0.85,
        {
            "clip": (1.0, 10.0),
            "scale": (1.2, 0.5),
            "lr": (0.001, 1.0),
            "optimizer": ("momentum", "adam"),
            "warmup": (200,),
        },
        (
            Cure(
                {"scale": 1.2, "clip": 1.0},
                "the recurrent weights no longer amplify at the start, and the clip keeps every "
                "step short when gradients grow in training",
            ),
        ),
        {
            "clip=1.0": (
                "Every update is short now; how far the error signal grows on its way back does "
                "not follow from that."
            ),
            "scale=1.2": (
                "In training gradients grow again at times, and with them the steps. Look at how "
                "the accuracy rises and falls."
            ),
        },
    ),
    Patient(
        "p07",
        "Was fine at first, then one spike, and since then nothing moves any more.",
        Recipe(depth=10, optimizer="adam", lr=0.0005, spike=10, steps=200),
        0.82,
        {
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.0001, 0.001, 0.1),
            "optimizer": ("sgd", "momentum", "adamw"),
            "init": ("orthogonal", "xavier"),
            "norm": ("batch", "layer"),
            "scale": (0.5, 2.0),
            "warmup": (50,),
        },
        tuple(
            Cure({"clip": c}, f"{CUT}; the broken example weight itself is still in the data")
            for c in (0.1, 1.0, 10.0)
        ),
        {
            "lr": "The rate multiplies the step; what made the step so small is still there.",
            "optimizer": (
                "The spike is still in the gradient, and the optimizer takes it as it comes. "
            ),
            "norm": "The norm bounds signals in the layers; the spike is in the loss, behind them.",
        },
    ),
    Patient(
        "p11",
        "Six small Transformer blocks, as in the paper. One like it with two blocks trains.",
        Recipe(
            net="attention",
            depth=6,
            width=32,
            norm="post-LN",
            optimizer="adam",
            lr=0.01,
            batch=32,
            steps=120,
        ),
        0.5,
        {
            "norm": ("pre-LN",),
            "warmup": (50,),
            "lr": (0.001, 0.1),
            "optimizer": ("momentum", "adamw"),
            "clip": (0.1, 1.0, 10.0),
        },
        (
            Cure({"norm": "pre-LN"}, "the norm stands in the branch and the skip is free"),
            Cure({"warmup": 50}, "the first steps, on which Adam knows least, are short"),
            Cure({"lr": 0.001}, "all steps are short, the first ones too"),
            Cure({"optimizer": "momentum"}, "its steps follow the gradient's size; Adam's do not"),
        ),
        {
            "clip": (
                "Adam divides the size of the gradient out again, so its steps are as long as "
                "before."
            ),
            "optimizer='adamw'": "AdamW's steps are Adam's; only its weight decay is another.",
        },
    ),
)
