"""Patients whose fault shows along the depth of a net."""

from gradcourse.clinic.patient import Cure, Patient
from gradcourse.clinic.reasons import ALIKE, GROWING, SKIP, ZERO_MEAN
from gradcourse.clinic.recipe import Recipe

DEPTH = (
    Patient(
        "p01",
        "The very first loss has seventeen digits. I checked the labels twice.",
        Recipe(depth=10, init="uniform(0.9, 1.1)", optimizer="momentum", lr=0.03, steps=150),
        0.75,
        {
            "init": ("he", "xavier", "orthogonal", "torch"),
            "scale": (0.5, 0.02),
            "norm": ("batch",),
            "activation": ("tanh", "leaky_relu"),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.001, 0.1),
            "optimizer": ("adam", "sgd"),
        },
        tuple(Cure({"init": name}, ZERO_MEAN) for name in ("he", "xavier", "orthogonal")),
        {"scale=0.02": ALIKE, "norm='batch'": ALIKE},
    ),
    Patient(
        "p03",
        "It sits at ln 10 from the first step to the last. No NaN, no noise, nothing at all.",
        Recipe(depth=30, init="torch", optimizer="adam", lr=0.001, steps=200),
        0.65,
        {
            "init": ("he", "xavier", "orthogonal"),
            "scale": (1.4, 0.5),
            "residual": ("scaled", "plain"),
            "activation": ("leaky_relu", "sigmoid"),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.0001, 0.01),
            "optimizer": ("momentum", "adamw"),
            "warmup": (50,),
        },
        (
            Cure({"init": "he"}, "He's variance 2/fan_in makes up for the half that ReLU stops"),
            Cure({"residual": "scaled"}, SKIP),
            Cure({"residual": "plain"}, GROWING),
        ),
    ),
    Patient(
        "p06",
        "Ten layers of this train well, so we took fifty. Since then it only guesses.",
        Recipe(depth=50, norm="batch", optimizer="adam", lr=0.001, steps=100),
        0.7,
        {
            "residual": ("plain", "scaled"),
            "norm": ("layer", "none"),
            "init": ("orthogonal", "xavier"),
            "scale": (0.5, 2.0),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.0001, 0.01),
            "optimizer": ("momentum", "adamw"),
            "warmup": (50,),
        },
        (Cure({"residual": "plain"}, SKIP), Cure({"residual": "scaled"}, SKIP)),
        {
            "scale": "BatchNorm divides every weight scale out again.",
            "init": "BatchNorm divides the gain of every draw out again.",
            "norm": "No way past the layers is left or made, and fifty of them in a row are many.",
        },
    ),
    Patient(
        "p08",
        "I added skip connections, as everybody does. Now the first loss has twelve digits.",
        Recipe(depth=50, residual="plain", optimizer="adam", lr=0.001, steps=100),
        0.76,
        {
            "residual": ("scaled", "none"),
            "norm": ("batch", "layer"),
            "scale": (0.1, 0.7),
            "init": ("xavier", "orthogonal"),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.0001, 0.01),
            "optimizer": ("momentum", "adamw"),
            "warmup": (50,),
        },
        (
            Cure({"residual": "scaled"}, "each branch is divided by √depth, so the sum stays calm"),
            Cure({"norm": "batch"}, "a norm in the branch: the sum grows by one a block, linearly"),
            Cure({"norm": "layer"}, "a norm in the branch: the sum grows by one a block, linearly"),
            Cure({"scale": 0.1}, "each branch adds a hundredth of the variance it added"),
        ),
        {
            "residual='none'": (
                "Without the skip this is a plain net of fifty layers: calm at the start, too "
                "deep to train."
            ),
        },
    ),
    Patient(
        "p09",
        "The loss went down a little at first and never again. All gradients that I print "
        "are 0.0000.",
        Recipe(depth=50, activation="sigmoid", init="xavier", optimizer="momentum", lr=0.01),
        0.75,
        {
            "activation": ("tanh", "relu"),
            "init": ("orthogonal", "he"),
            "scale": (2.0, 4.0),
            "clip": (0.1, 1.0),
            "lr": (0.001, 0.1),
            "optimizer": ("adam", "sgd"),
            "warmup": (50,),
        },
        (
            Cure(
                {"activation": "tanh", "init": "orthogonal"},
                "tanh's slope reaches 1, sigmoid's 1/4, and orthogonal weights stretch all "
                "directions alike over fifty layers",
            ),
            Cure(
                {"activation": "tanh", "clip": 1.0},
                "tanh's slope reaches 1, and the clip keeps the steps short where Gaussian "
                "weights have stretched a few directions over fifty layers",
            ),
        ),
        {
            "activation='tanh'": (
                "Norms say little about single directions: over fifty layers some shrink and "
                "others grow."
            ),
            "scale": (
                "Larger weights drive the sigmoid to its flat ends; its slope stays below 1/4. "
            ),
        },
    ),
    Patient(
        "p10",
        "It learns a little and then gets nowhere. With the same seed my colleague's machine "
        "draws another curve.",
        Recipe(
            depth=20, activation="tanh", init="lecun", scale=3.0, optimizer="momentum", steps=150
        ),
        0.82,
        {
            "scale": (1.0, 0.5),
            "norm": ("batch", "layer"),
            "residual": ("scaled",),
            "init": ("orthogonal", "he"),
            "activation": ("relu", "sigmoid"),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.001, 0.1),
            "optimizer": ("adam", "sgd"),
            "warmup": (50,),
        },
        (
            Cure({"scale": 1.0}, "at weight scale 1 tanh neither explodes nor vanishes"),
            Cure({"norm": "batch"}, "the norm divides the weight scale out of every layer"),
            Cure({"norm": "layer"}, "the norm divides the weight scale out of every layer"),
            Cure({"residual": "scaled"}, "the skip carries the signal, the wild branch is damped"),
        ),
    ),
    Patient(
        "p12",
        "On the training batches it learns, if slowly. In use it might as well roll dice.",
        Recipe(
            depth=6, width=128, norm="batch", dropout="before norm", optimizer="momentum", steps=150
        ),
        0.8,
        {
            "dropout": ("none", "before readout"),
            "residual": ("scaled",),
            "norm": ("layer", "none"),
            "init": ("orthogonal", "xavier"),
            "clip": (0.1, 1.0, 10.0),
            "lr": (0.003, 0.01),
            "optimizer": ("sgd",),
            "warmup": (50,),
        },
        (
            Cure({"dropout": "none"}, "training and use now show the norm the same variance"),
            Cure(
                {"dropout": "before readout"},
                "no norm comes after dropout any more, so training and use show all the same "
                "variance",
            ),
            Cure({"residual": "scaled"}, "the skip carries a signal that dropout does not touch"),
        ),
        {
            "norm='layer'": (
                "This norm keeps no memory for use, but each of six layers still loses half of "
                "its units."
            ),
            "norm='none'": (
                "Nothing keeps a memory for use any more, but each of six layers still loses half "
                "of its units."
            ),
            "lr": "The step is not what differs between training and use.",
            "clip": "The gradient is not what differs between training and use.",
        },
    ),
)
