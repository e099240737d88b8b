"""The twelve patients, by id."""

from gradcourse.clinic.cases_depth import DEPTH
from gradcourse.clinic.cases_steps import STEPS
from gradcourse.clinic.patient import Patient

CASES: dict[str, Patient] = {p.id: p for p in sorted((*DEPTH, *STEPS), key=lambda p: p.id)}
