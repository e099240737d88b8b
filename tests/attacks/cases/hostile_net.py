"""Nets that harm whoever rebuilds or measures them: cycles, giants, names, meta tensors."""

from tests.attacks.case import NET, Case

CASE = Case(
    {
        NET: """
calls = 0

def mended_net(seed):
    global calls
    calls += 1
    kind = seed % 5
    if kind == 0:
        net = nn.Sequential(nn.Linear(64, 10))
        net.add_module("again", net)
        return net
    if kind == 1:
        return nn.Sequential(nn.Linear(64, 10, device="meta"))
    if kind == 2:
        net = nn.Linear(64, 10)
        net.in_features, net.out_features = 10**12, -5
        net.__class__.__name__ = "../../@TOKEN@"
        return nn.Sequential(net)
    if kind == 3:
        net = nn.Linear(64, 10)
        net.weight = nn.Parameter(torch.zeros(1).expand(10**9, 64))
        return nn.Sequential(net)
    inner = nn.Linear(64, 10)
    for _ in range(3000):
        inner = nn.Sequential(inner)
    return inner
"""
    },
)
