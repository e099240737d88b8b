"""What a network's description may be made of: torch's own layers and functions, and the course's.

The tables are made at import, before any answer runs: names for one side, objects for the other.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from gradcourse.activations import ACTIVATIONS
from gradcourse.nets import DeepNet, Layer
from gradcourse.recurrent import RecurrentNet

_LAYERS = """
Identity Flatten Unflatten Linear Bilinear Embedding Sequential ModuleList ModuleDict ParameterList
ReLU ReLU6 LeakyReLU PReLU RReLU ELU CELU SELU GELU SiLU Mish Tanh Tanhshrink Sigmoid LogSigmoid
Hardtanh Hardsigmoid Hardswish Hardshrink Softplus Softsign Softshrink Softmax LogSoftmax Threshold
BatchNorm1d BatchNorm2d LayerNorm GroupNorm RMSNorm InstanceNorm1d Dropout Dropout1d AlphaDropout
Conv1d Conv2d MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d
RNN LSTM GRU RNNCell LSTMCell GRUCell
"""
_TORCH = """
relu tanh sigmoid exp expm1 log log1p sqrt rsqrt square abs neg sign sin cos softmax log_softmax
selu celu rrelu prelu threshold erf atan sinh cosh clamp clip where maximum minimum max min sum
mean var std norm add sub subtract mul multiply div divide true_divide matmul mm bmm mv dot addmm
einsum outer cat concat stack hstack vstack chunk split unbind flatten reshape squeeze unsqueeze
transpose permute movedim swapaxes flip roll cumsum cumprod zeros_like ones_like full_like
rand_like randn_like eye tril triu logsumexp layer_norm group_norm batch_norm dropout pow
heaviside nan_to_num lerp linalg.vector_norm linalg.norm negative narrow select index_select
gather detach clone zeros ones full empty_like topk amax amin logical_not gt lt ge le eq ne
"""
_FUNCTIONAL = """
relu relu6 leaky_relu elu selu celu gelu silu mish tanh sigmoid hardtanh hardsigmoid hardswish
softplus softsign softmax log_softmax logsigmoid linear bilinear layer_norm batch_norm group_norm
rms_norm normalize dropout alpha_dropout pad conv1d conv2d avg_pool1d avg_pool2d max_pool1d
max_pool2d adaptive_avg_pool1d adaptive_avg_pool2d prelu rrelu threshold tanhshrink softshrink
hardshrink scaled_dot_product_attention glu one_hot
"""
_OPERATORS = """
add sub mul truediv floordiv mod pow matmul neg pos abs getitem eq ne lt le gt ge and_ or_ not_
invert iadd isub imul itruediv
"""
_METHODS = """
add add_ sub sub_ mul mul_ div div_ pow square sqrt rsqrt exp log log1p abs neg sign sin cos tanh
tanh_ sigmoid sigmoid_ relu relu_ softmax log_softmax clamp clamp_ clamp_min clamp_max clip
maximum minimum max min amax amin sum mean var std norm matmul mm bmm mv dot outer view view_as
reshape flatten squeeze unsqueeze transpose permute movedim swapaxes t contiguous expand expand_as
repeat repeat_interleave chunk split unbind narrow select flip roll cumsum detach clone size dim
numel float double half to type_as new_zeros new_ones where masked_fill lerp addmm all any gt lt
ge le eq ne logical_not nan_to_num index_select gather tril triu bool int long item cpu erf
"""
METHODS = frozenset(_METHODS.split())
ATTRIBUTES = frozenset(["shape", "T", "mT", "ndim", "dtype", "device"])


def _found(owner: Any, prefix: str, names: str) -> dict[str, Callable[..., Any]]:
    known = {}
    for name in names.split():
        target = owner
        for part in name.split("."):
            target = getattr(target, part, None)
        if target is not None:
            known[f"{prefix}.{name}"] = target
    return known


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **_found(torch, "torch", _TORCH),
    **_found(F, "F", _FUNCTIONAL),
    **_found(operator, "operator", _OPERATORS),
    **_found(math, "math", "sqrt log exp"),
    "getattr": getattr,
    "len": len,
    **{f"activation.{name}": function for name, function in ACTIVATIONS.items()},
}
FUNCTION_NAMES = {id(function): name for name, function in FUNCTIONS.items()}
LAYERS: dict[str, type[nn.Module]] = {
    **{f"nn.{name}": getattr(nn, name) for name in _LAYERS.split() if hasattr(nn, name)},
    "gr.DeepNet": DeepNet,
    "gr.Layer": Layer,
    "gr.RecurrentNet": RecurrentNet,
}
LAYER_NAMES = {layer: name for name, layer in LAYERS.items()}
FORWARDS = {layer: layer.forward for layer in LAYERS.values()}
CALL = nn.Module.__call__
RESERVED = frozenset(nn.Module().__dict__)  # what every module's own dictionary holds
