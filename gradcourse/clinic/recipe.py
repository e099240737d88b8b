"""What a run is built from: one frozen record that a reader can study and a treatment changes."""

from dataclasses import dataclass

GAP = "no {}"


@dataclass(frozen=True)
class Recipe:
    """One training run. The names and values are those of `DeepNet`, `RecurrentNet` and `fit`.

    Attributes:
        task: digits or temporal order (see `gradcourse.data`).
        net: dense, recurrent or attention.
        norm: none, batch or layer; of an attention net, post-LN or pre-LN.
        dropout: none, before norm (in every layer) or before readout.
        pixels: standardised, or raw counts of a sensor, from 0 to 65,535.
        spike: number of the batch whose loss counts a million times, by a broken example weight;
            0 for none. A recipe does not show it.
        warmup: updates over which the learning rate rises to `lr`.
        precision: float32, bfloat16 or float16: number format of the linear layers.
        loss_scale: factor on the loss, taken out of the gradient again before the step.
        enough: goal value at which the run stops early.
    """

    task: str = "digits"
    net: str = "dense"
    depth: int = 10
    width: int = 64
    activation: str = "relu"
    init: str = "he"
    scale: float = 1.0
    norm: str = "none"
    residual: str = "none"
    dropout: str = "none"
    cell: str = "rnn"
    pixels: str = "standardised"
    spike: int = 0
    optimizer: str = "sgd"
    lr: float = 0.03
    clip: float | None = None
    warmup: int = 0
    precision: str = "float32"
    loss_scale: float = 1.0
    batch: int = 64
    steps: int = 200
    enough: float = 2.0

    def __repr__(self) -> str:
        size = f"{self.depth} layers × {self.width}" if self.net != "recurrent" else self.cell
        if self.net == "recurrent":
            size += f" of {self.width} units, length {LENGTH}"
        parts = {
            self.task: [f"{self.pixels} pixels"] if self.task != "temporal order" else [],
            size: self._net(),
            self.optimizer: self._steps(),
        }
        return "Recipe(" + " | ".join(", ".join([k, *v]) for k, v in parts.items()) + ")"

    def _net(self) -> list[str]:
        if self.net == "attention":
            return ["attention + MLP", f"{self.norm} norm"]
        weights = f"{self.init} init × {self.scale:g}"
        if self.net == "recurrent":
            return [weights]
        skip = GAP.format("skip") if self.residual == "none" else f"{self.residual} skip"
        norm = GAP.format("norm") if self.norm == "none" else f"{self.norm} norm"
        drop = [] if self.dropout == "none" else [f"dropout {self.dropout}"]
        return [self.activation, weights, norm, skip, *drop]

    def _steps(self) -> list[str]:
        clip = GAP.format("clip") if self.clip is None else f"clip {self.clip:g}"
        warm = f"warm-up {self.warmup}" if self.warmup else GAP.format("warm-up")
        scaled = [f"loss × {self.loss_scale:g}"] if self.loss_scale != 1 else []
        rest = [f"{self.steps} steps of {self.batch}", self.precision, *scaled]
        return [f"lr {self.lr:g}", clip, warm, *rest]


LENGTH = 30  # symbols of a temporal-order sequence
