"""A broken net whose hooks and own backward pass scale the error signal while it is measured."""

from tests.attacks.case import NET, Case

CASE = Case(
    {
        NET: """
def mended_net(seed):
    layers, draws = [], gr.generator(seed)
    for _ in range(30):
        layer = nn.Linear(64, 64)
        nn.init.normal_(layer.weight, std=2 / 64, generator=draws)
        nn.init.zeros_(layer.bias)
        layer.register_forward_hook(lambda m, i, o: o * 64 / 11.3)
        layer.register_full_backward_hook(lambda m, gi, go: tuple(g * 1.0 for g in gi))
        layers += [layer, nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(64, 10))
    net.register_forward_pre_hook(lambda m, i: open("@CANARY@", "a").write("hooked"))
    return net
"""
    },
)
