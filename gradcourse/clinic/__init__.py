"""The gradient clinic: twelve sick training runs to diagnose and to treat."""

from gradcourse.clinic.patient import Patient
from gradcourse.clinic.visit import Visit
from gradcourse.clinic.ward import Ward, patients, treat

__all__ = ["Patient", "Visit", "Ward", "patients", "treat"]
