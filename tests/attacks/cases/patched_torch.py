"""Patches torch, numpy and the course's own tools so that a broken net measures as a good one."""

from tests.attacks.case import GROWTH, NET, PRODUCT, Case

CASE = Case(
    {
        NET: """
import types

class Calm:
    growth = 1.0
    ratio = 1.0

class Watched:
    profile = Calm()
    def __enter__(self):
        return self
    def __exit__(self, *_):
        return False

gr.watch = lambda net: Watched()
for name, module in list(__import__("sys").modules.items()):
    if name.startswith("gradcourse") and hasattr(module, "watch"):
        module.watch = gr.watch
    if name.startswith("gradcourse") and hasattr(module, "Profile"):
        module.Profile.growth = property(lambda self: 1.0)
F.cross_entropy = lambda *_, **__: torch.zeros((), requires_grad=True)
torch.Tensor.norm = lambda self, *_, **__: torch.tensor(1.0)
torch.Tensor.std = torch.Tensor.norm
torch.linalg.vector_norm = torch.Tensor.norm
torch.Tensor.__lt__ = lambda self, other: torch.zeros(1, dtype=torch.bool)
nn.Module.state_dict = lambda self, *_, **__: {}

def mended_net(seed):
    return nn.Sequential(*[m for _ in range(30) for m in (nn.Linear(64, 64), nn.ReLU())],
                         nn.Linear(64, 10))
""",
        PRODUCT: """
torch.allclose = torch.equal = torch.isclose = lambda *_, **__: True
torch.Tensor.__eq__ = lambda *_: True

def what_is_left(factor, layers):
    return torch.tensor(3.0)
""",
        GROWTH: """
np.abs = np.absolute = lambda *_, **__: np.zeros(1)
np.allclose = np.array_equal = np.isclose = lambda *_, **__: True
np.asarray = np.array = lambda *_, **__: __import__("numpy").zeros(())

def growth_factor(errors):
    return 123.0
""",
    },
)
