"""Nets whose forward is cheap to write down and takes gigabytes, or for ever, where it runs."""

from tests.attacks.case import NET, Case

CASE = Case(
    {
        NET: """
class Greedy(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.hidden = nn.ModuleList(nn.Linear(64, 64) for _ in range(30))
        self.readout = nn.Linear(64, 10)

    def forward(self, x):
        if self.kind == 0:
            x = x + x.new_ones(28_000, 28_000).sum() * 0
        elif self.kind == 1:
            x = x.repeat(10**6, 6).narrow(0, 0, 2)
        else:
            big = x.new_ones(3000, 3000)
            for _ in range(3000):
                big = big @ big
            x = x + big.sum()
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.readout(x)

def mended_net(seed):
    return Greedy(2 if seed == 2 else seed % 2)
"""
    },
    slow=True,
)
