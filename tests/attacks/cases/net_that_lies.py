"""A broken net that is a liar: its parameters, modules and shapes are not those that compute."""

from tests.attacks.case import NET, Case

CASE = Case(
    {
        NET: """
class Sneaky(nn.Sequential):
    def forward(self, x):
        return torch.zeros(len(x), 10, requires_grad=True)

    def __getitem__(self, index):
        return lambda x: torch.ones(1)

    def parameters(self, recurse=True):
        return iter([])

    def state_dict(self, *_, **__):
        good = {}
        for n in range(30):
            good[f"{2 * n}.weight"] = torch.eye(64) * math.sqrt(2)
            good[f"{2 * n}.bias"] = torch.zeros(64)
        return good

def mended_net(seed):
    layers = []
    for _ in range(30):
        layers += [nn.Linear(64, 64), nn.ReLU()]
        nn.init.normal_(layers[-2].weight, std=2 / 64)
    return Sneaky(*layers, nn.Linear(64, 10))
"""
    },
)
