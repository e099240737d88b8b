"""A net that owns the layers that were asked for, and uses the last one only."""

from tests.attacks.case import NET, Case

CASE = Case(
    {
        NET: """
class Idle(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(64, 64) for _ in range(30))
        self.readout = nn.Linear(64, 10)

    def forward(self, x):
        return self.readout(x)

def mended_net(seed):
    return Idle()
"""
    },
)
