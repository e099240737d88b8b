"""Exploding and vanishing gradients, measured: the helper package of the course."""

__version__ = "0.1.0"

from gradcourse.clinic import patients, treat
from gradcourse.dashboard import dashboard
from gradcourse.data import adding_problem, digits, sequential_digits, temporal_order
from gradcourse.device import best_device, generator
from gradcourse.diagnosis import Diagnosis, diagnose
from gradcourse.doctor import ready
from gradcourse.explore import Explorer, depth_slider, scale_slider
from gradcourse.glance import glance
from gradcourse.growth import GrowthMap, growth_map
from gradcourse.measure import watch
from gradcourse.nets import DeepNet
from gradcourse.profile import Profile
from gradcourse.recurrent import RecurrentNet
from gradcourse.theory import critical_scale, growth_per_layer, overflow_depth
from gradcourse.train import History, accuracy, fit

__all__ = [
    "DeepNet",
    "Diagnosis",
    "Explorer",
    "GrowthMap",
    "History",
    "Profile",
    "RecurrentNet",
    "accuracy",
    "adding_problem",
    "best_device",
    "critical_scale",
    "dashboard",
    "depth_slider",
    "diagnose",
    "digits",
    "fit",
    "generator",
    "glance",
    "growth_map",
    "growth_per_layer",
    "overflow_depth",
    "patients",
    "ready",
    "scale_slider",
    "sequential_digits",
    "temporal_order",
    "treat",
    "watch",
]
