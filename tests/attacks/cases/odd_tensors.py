"""Tensors without storage, sparse ones, complex and quantised ones, and ones on no device."""

from tests.attacks.case import GROWTH, PRODUCT, VALUE, Case

CASE = Case(
    {
        PRODUCT: """
def what_is_left(factor, layers):
    odd = (torch.empty((), device="meta"), torch.zeros(2, 2).to_sparse(),
           torch.zeros((), dtype=torch.cfloat))
    return odd[layers % 3]
""",
        GROWTH: """
def growth_factor(errors):
    odd = (torch.quantize_per_tensor(torch.ones(1), 0.1, 0, torch.qint8), torch.empty(0),
           torch.ones(10**6).to(torch.bfloat16), nn.Parameter(torch.tensor(9.0)))
    return odd[len(errors) % 4]
""",
        VALUE: "overflow_layer = torch.tensor(0.0, device='meta')",
    },
)
