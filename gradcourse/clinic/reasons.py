"""Why a cure heals, or why a treatment does not, where more than one patient or value has it."""

ZERO_MEAN = "the weights now have mean 0, so signals of all units no longer add up to one sum"
ALIKE = (
    "All weights still have one sign and nearly one size, so the units of a layer compute nearly "
    "the same; norms do not show that."
)
GROWING = (
    "the skip carries the error signal past the layers; it grows now on its way back, but Adam's "
    "steps do not follow its size"
)
SKIP = "the error signal now has a way past the layers, on which nothing multiplies it"
WIDE = "this format reaches 3.4e38, far beyond what the first layer puts out"
CUT = "the spike is cut before Adam squares it into its memory"
JUST = "Step 0 fits into float16 only just: after one update the forward pass overflows again."
