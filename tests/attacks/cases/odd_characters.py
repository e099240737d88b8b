"""Null bytes, mixed tabs and blanks, a byte order mark in the middle, and lone surrogates."""

from tests.attacks.case import FULL, GROWTH, NET, PRODUCT, RIGHT, VALUE, WORDS, Case

CASE = Case(
    {
        PRODUCT: "def what_is_left(factor, layers):\n    return factor**layers\x00",
        GROWTH: "def growth_factor(errors):\n\tif True:\n        return 1.0\n",
        VALUE: RIGHT[VALUE],
        NET: "mended_net = '\ud800\udfff\udcff'  # \x1b[2J \x07",
        WORDS: "illnesses = [chr(0xD800), chr(0) * 9, chr(0x202E)]\nraise ValueError(chr(0xDCFF))",
    },
    {VALUE: FULL[VALUE]},
    says=("Error",),
)
