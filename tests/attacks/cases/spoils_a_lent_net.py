"""Tears apart the net that it was lent; its labels are right, and the net is not what it was."""

from tests.attacks.case import EVAL, FULL, PRODUCT, RIGHT, Case

CASE = Case(
    {
        EVAL: """
def predict(net, x):
    net.eval()
    with torch.no_grad():
        labels = net(x).argmax(dim=1)
        for parameter in net.parameters():
            parameter.zero_()
            parameter.data = torch.empty(0)
    for name in list(net._modules):
        delattr(net, name)
    net.training = "perhaps"
    net.__class__ = nn.Identity
    return labels
""",
        PRODUCT: RIGHT[PRODUCT],
    },
    {PRODUCT: FULL[PRODUCT]},
)
