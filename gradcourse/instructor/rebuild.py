"""A network from its description: see `describe`. Only layers and functions of `parts` come out."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from gradcourse.instructor import parts
from gradcourse.instructor.wire import DTYPES, Foreign, Unreadable

MOST = 20_000  # modules of a net, nodes of a graph
CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "list": list,
    "slice": lambda ends: slice(*ends),
}


class Hidden(Foreign):
    """Stands for a network that could not be described, with the reason."""

    def __init__(self, why: str):
        super().__init__(f"a network that cannot be described ({why})")
        self.why = why


class _Traced(nn.Module):
    """A module whose forward is a recorded graph: one for training, one for evaluation."""

    _graphs: Any
    _held: Any
    _reached: Any

    def forward(self, *inputs: Any) -> Any:
        given = iter(inputs)
        values: list[Any] = []
        for op, target, args, kwargs in self._graphs[0 if self.training else 1]:
            if op == "placeholder":
                values.append(next(given))
                continue
            unnamed, named = self._fill(args, values), self._fill(kwargs, values)
            if op == "output":
                if next(given, None) is not None:
                    raise TypeError("forward got more inputs than it takes")
                return unnamed[0]
            values.append(self._run(op, target, unnamed, named))
        raise ValueError("a forward without an end")

    def _run(self, op: str, target: Any, unnamed: Any, named: Any) -> Any:
        if op == "get_attr":
            return self._held[target]
        if op == "call_module":
            return self._reached[target](*unnamed, **named)
        if op == "call_function":
            return parts.FUNCTIONS[target](*unnamed, **named)
        if not isinstance(unnamed[0], torch.Tensor):
            raise TypeError(f".{target}() of a {type(unnamed[0]).__name__}")
        return getattr(torch.Tensor, target)(*unnamed, **named)

    def _fill(self, argument: Any, values: list[Any]) -> Any:
        kind, inner = argument
        if kind == "node":
            return values[inner]
        if kind == "value":
            return inner
        if kind == "tensor":
            return self._held[inner]
        if kind == "dict":
            return {name: self._fill(entry, values) for name, entry in inner}
        if kind == "dtype":
            return DTYPES[inner]
        if kind == "device":
            return torch.device("cpu")
        return CONTAINERS[kind]([self._fill(entry, values) for entry in inner])


def rebuild(told: dict[str, Any]) -> Any:
    """The network of a description; a `Hidden` when its process could not describe it.

    Raises:
        Unreadable: the description is none that `Describer` writes.
    """
    if told.get("net") is None:
        return Hidden(str(told.get("why"))[:300])
    tensors, entries = told["tensors"], told["modules"]
    if not all(isinstance(t, torch.Tensor) for t in tensors) or len(entries) > MOST:
        raise Unreadable("weights that are no tensors")
    modules = [_empty(entry) for entry in entries]
    shared: dict[int, nn.Parameter] = {}
    for module, entry in zip(modules, entries, strict=True):
        for name, number in entry["children"]:
            module.add_module(_name(name), None if number is None else modules[number])
        for name, number in entry["parameters"]:
            if number is not None and number not in shared:
                t = tensors[number]
                shared[number] = nn.Parameter(t.detach(), requires_grad=t.requires_grad)
            module.register_parameter(_name(name), None if number is None else shared[number])
    for number, parameter in shared.items():
        tensors[number] = parameter
    for module, entry in zip(modules, entries, strict=True):
        for name, number in entry["buffers"]:
            kept = name not in entry["passing"]
            buffer = None if number is None else tensors[number]
            module.register_buffer(_name(name), buffer, persistent=kept)
        if isinstance(module, _Traced):
            _give_graphs(module, entry["graphs"], modules, tensors)
        if isinstance(module, nn.RNNBase):
            module._init_flat_weights()
    net: nn.Module = modules[told["net"]]
    return net


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name or len(name) > 100:
        raise Unreadable("a name that is none")
    return name


def _empty(entry: dict[str, Any]) -> nn.Module:
    """A module of the right type with its settings, made without its constructor."""
    base = nn.Module if entry["base"] is None else parts.LAYERS[entry["base"]]
    name = "".join(c for c in str(entry["name"])[:60] if c.isalnum() or c == "_") or "Module"
    kind: type[nn.Module] = base
    if entry["graphs"] is not None:
        kind = type(name, (_Traced,) if base is nn.Module else (_Traced, base), {})
    elif base is nn.Module:
        raise Unreadable("a module without a forward")
    elif name != base.__name__:
        kind = type(name, (base,), {})
    module = kind.__new__(kind)
    nn.Module.__init__(module)
    module.training = entry["training"] is True
    for setting, told in entry["settings"].items():
        if hasattr(nn.Module, _name(setting)) or setting in parts.RESERVED:
            raise Unreadable(f"a setting {setting[:20]!r}")
        value = parts.FUNCTIONS[told["function"]] if "function" in told else told["value"]
        module.__dict__[setting] = value
    return module


def _give_graphs(
    module: _Traced, graphs: Any, modules: list[nn.Module], tensors: list[torch.Tensor]
) -> None:
    if len(graphs) != 2:
        raise Unreadable("a forward for training and one for evaluation were needed")
    reached: dict[int, nn.Module] = {}
    held: dict[int, torch.Tensor] = {}
    for graph in graphs:
        if len(graph) > MOST:
            raise Unreadable("a forward of too many steps")
        for place, (op, target, args, kwargs) in enumerate(graph):
            _require_known(op, target, args)
            if op == "call_module":
                reached[target] = modules[target]
            if op == "get_attr":
                held[target] = tensors[target]
            for argument in (args, kwargs):
                _collect(argument, place, held, tensors)
    # in the dictionary itself: torch would take the modules for children
    module.__dict__.update(_graphs=graphs, _reached=reached, _held=held)


def _require_known(op: Any, target: Any, args: Any) -> None:
    known: dict[str, Callable[[], bool]] = {
        "placeholder": lambda: True,
        "output": lambda: True,
        "get_attr": lambda: type(target) is int and target >= 0,
        "call_module": lambda: type(target) is int and target >= 0,
        "call_method": lambda: target in parts.METHODS,
        "call_function": lambda: target in parts.FUNCTIONS,
    }
    if op not in known or not known[op]():
        raise Unreadable(f"a step {str(op)[:20]!r} {str(target)[:20]!r}")
    if target == "getattr" and op == "call_function":
        (_, ((first, _), (second, name))) = args
        if (first, second) != ("node", "value") or name not in parts.ATTRIBUTES:
            raise Unreadable("an attribute that is none")


def _collect(
    argument: Any, place: int, held: dict[int, torch.Tensor], tensors: list[torch.Tensor]
) -> None:
    """Notes the constants of an argument; a node may only read what came before it."""
    kind, inner = argument
    if kind == "node" and not (type(inner) is int and 0 <= inner < place):
        raise Unreadable("a step reads a later one")
    if kind == "tensor":
        held[inner] = tensors[inner]
    entries = [entry for _, entry in inner] if kind == "dict" else inner
    if kind in ("dict", *CONTAINERS):
        for entry in entries:
            _collect(entry, place, held, tensors)
    elif kind not in ("node", "value", "tensor", "dtype", "device"):
        raise Unreadable(f"an argument of kind {str(kind)[:20]!r}")
