"""From measurements to what is wrong and what to try: `diagnose` and its rules."""

from gradcourse.diagnosis.advice import Diagnosis
from gradcourse.diagnosis.diagnose import diagnose

__all__ = ["Diagnosis", "diagnose"]
