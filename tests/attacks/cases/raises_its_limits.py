"""Lifts its limits and then takes what they refused."""

from tests.attacks.case import attack

CASE = attack(
    """
import resource

def what_is_left(factor, layers):
    lifted = 0
    for name in ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_FSIZE"):
        number = getattr(resource, name)
        soft, hard = resource.getrlimit(number)
        for wanted in ((resource.RLIM_INFINITY,) * 2, (hard, resource.RLIM_INFINITY)):
            try:
                resource.setrlimit(number, wanted)
                lifted += hard != resource.RLIM_INFINITY
            except (ValueError, OSError):
                pass
    kept = [np.zeros(8 * 1024 * 1024) for _ in range(8 * 16)]
    return factor**layers
""",
    slow=True,
)
