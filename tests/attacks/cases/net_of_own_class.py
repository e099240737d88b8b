"""A right net whose class the student wrote: `check` accepts it, so it earns its points."""

from tests.attacks.case import FULL, NET, Case

CASE = Case(
    {
        NET: """
class Net(nn.Module):
    def __init__(self, seed):
        super().__init__()
        draws = gr.generator(seed)
        self.hidden = nn.ModuleList(nn.Linear(64, 64) for _ in range(30))
        self.readout = nn.Linear(64, 10)
        for layer in self.hidden:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=draws)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.readout(x)

def mended_net(seed):
    return Net(seed)
"""
    },
    {NET: FULL[NET]},
)
