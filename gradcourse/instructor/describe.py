"""A network as plain data: its layers' types and settings, its weights, its forward as a graph.

`Describer` reads a network in the process that made it; `gradcourse.instructor.rebuild` makes
from the description one that behaves the same, in a process in which no student's code runs.
"""

import builtins
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import fx, nn

from gradcourse.instructor import parts

DEPTH = 30  # modules inside modules


class Indescribable(ValueError):  # noqa: N818
    """Why a network cannot be described; somebody has to look at it."""


class _Tracer(fx.Tracer):
    """Records a module's own forward; every module in it stays a call."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True

    def iter(self, obj: fx.Proxy) -> Iterator[Any]:
        """A weight's rows: how many there are is known."""
        if obj.node.op == "get_attr":
            *path, name = str(obj.node.target).split(".")
            owner: Any = self.root
            for part in path:  # past the tracer, which gives proxies for weights
                owner = vars(owner)["_modules"][part]
            rows: Any = obj
            weight = {**vars(owner)["_buffers"], **vars(owner)["_parameters"]}[name]
            return iter([rows[n] for n in range(len(weight))])
        return super().iter(obj)

    def create_args_for_root(
        self, root_fn: Any, is_module: bool, concrete_args: Any = None
    ) -> tuple[Any, list[Any]]:
        needed = list(_needed(root_fn))
        return root_fn, [self.root, *(self.create_proxy("placeholder", n, (), {}) for n in needed)]


def _needed(forward: Any) -> Iterator[str]:
    """Names of the arguments that a forward cannot do without, but for `self`."""
    for name, parameter in list(inspect.signature(forward).parameters.items())[1:]:
        place = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if place and parameter.default is parameter.empty:
            yield name


def _length(value: Any) -> Any:
    if isinstance(value, fx.Proxy):
        return value.tracer.create_proxy("call_function", len, (value,), {})
    return builtins.len(value)


class Describer:
    """Turns modules into plain dicts; give it to `wire.encode` as `special`."""

    def __call__(self, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, nn.Module):
            return None
        self.tensors: list[torch.Tensor] = []
        self.places: dict[int, int] = {}
        self.modules: list[dict[str, Any]] = []
        self.seen: dict[int, int] = {}
        try:
            root = self._module(value, 0)
        except Indescribable as error:
            return {"net": None, "type": type(value).__name__[:60], "why": str(error)[:300]}
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            return {"net": None, "type": type(value).__name__[:60], "why": why[:300]}
        return {"net": root, "modules": self.modules, "tensors": self.tensors}

    def _tensor(self, tensor: torch.Tensor) -> int:
        if tensor.grad_fn is not None or getattr(tensor, "_backward_hooks", None):
            raise Indescribable("a weight is itself computed, or carries a hook")
        if id(tensor) not in self.places:
            self.places[id(tensor)] = len(self.tensors)
            self.tensors.append(tensor)
        return self.places[id(tensor)]

    def _module(self, module: nn.Module, depth: int) -> int:
        if id(module) in self.seen:
            return self.seen[id(module)]
        if depth > DEPTH:
            raise Indescribable("modules inside modules without end")
        kind = type(module)
        base = next((known for known in kind.__mro__ if known in parts.LAYER_NAMES), None)
        own = base is None or kind.forward is not parts.FORWARDS[base]
        _refuse_tricks(module)
        self.modules.append({})
        number = self.seen[id(module)] = len(self.modules) - 1
        children = [
            [name, None if child is None else self._module(child, depth + 1)]
            for name, child in module._modules.items()
        ]
        self.modules[number] = {
            "base": None if base is None else parts.LAYER_NAMES[base],
            "name": kind.__name__[:60],
            "training": module.training,
            "settings": {} if base is None else dict(_settings(module)),
            "children": children,
            "parameters": self._named(module._parameters),
            "buffers": self._named(module._buffers),
            "passing": sorted(module._non_persistent_buffers_set),
            "graphs": self._graphs(module) if own else None,
        }
        return number

    def _named(self, tensors: Mapping[str, torch.Tensor | None]) -> list[list[Any]]:
        return [[n, None if t is None else self._tensor(t)] for n, t in tensors.items()]

    def _graphs(self, module: nn.Module) -> list[Any]:
        """The forward in training and in evaluation mode."""
        before, graphs = module.training, []
        world = getattr(type(module).forward, "__globals__", {})
        hidden = world.get("len", ...)
        attributes = dict(module.__dict__)
        try:
            world["len"] = _length
            for training in (True, False):
                module.training = training
                tracer = _Tracer()
                graphs.append(self._graph(module, tracer.trace(module)))
        finally:
            world.pop("len") if hidden is ... else world.update(len=hidden)
            module.__dict__.clear()  # without what the forward put there meanwhile
            module.__dict__.update(attributes)
            module.training = before
        return graphs

    def _graph(self, root: nn.Module, graph: fx.Graph) -> list[Any]:
        numbers = {node: number for number, node in enumerate(graph.nodes)}
        return [
            [
                node.op,
                self._target(root, node),
                self._plain(node.args, numbers),
                self._plain(node.kwargs, numbers),
            ]
            for node in graph.nodes
        ]

    def _target(self, root: nn.Module, node: fx.Node) -> Any:
        if node.op == "call_function":
            name = parts.FUNCTION_NAMES.get(id(node.target))
            if name is None or (name == "getattr" and node.args[1] not in parts.ATTRIBUTES):
                raise Indescribable(f"its forward calls {getattr(node.target, '__name__', '?')}")
            return name
        if node.op == "call_method" and node.target not in parts.METHODS:
            raise Indescribable(f"its forward calls .{node.target}()")
        if node.op == "get_attr":
            return self._tensor(_reach(root, str(node.target)))
        if node.op == "call_module":
            module = root.get_submodule(str(node.target))
            needed = list(_needed(type(module).forward))
            if type(module) not in parts.LAYER_NAMES and (
                node.kwargs or len(needed) != len(node.args)
            ):
                raise Indescribable(f"{node.target} is called with arguments that may be left out")
            return self._module(module, 1)
        return str(node.target)

    def _plain(self, value: Any, numbers: dict[fx.Node, int]) -> Any:
        """Arguments of a node, where a node is ("node", number) and so on."""
        if isinstance(value, fx.Node):
            return ("node", numbers[value])
        if isinstance(value, (tuple, list)):
            name = "tuple" if isinstance(value, tuple) else "list"
            return (name, [self._plain(entry, numbers) for entry in value])
        if isinstance(value, dict):
            return ("dict", [[str(k), self._plain(v, numbers)] for k, v in value.items()])
        if isinstance(value, slice):
            ends = (value.start, value.stop, value.step)
            return ("slice", [self._plain(end, numbers) for end in ends])
        if value is None or value is ... or isinstance(value, (bool, int, float, str)):
            return ("value", value)
        if isinstance(value, (torch.dtype, torch.device)):
            return (type(value).__name__, str(value).removeprefix("torch."))
        if isinstance(value, torch.Tensor):
            return ("tensor", self._tensor(value))
        raise Indescribable(f"its forward uses a {type(value).__name__}")


def _reach(root: Any, path: str) -> torch.Tensor:
    for part in path.split("."):
        root = getattr(root, part)
    if not isinstance(root, torch.Tensor):
        raise Indescribable(f"its forward reads {path}")
    return root


def _refuse_tricks(module: nn.Module) -> None:
    """Raises for what changes a module's behaviour and is no part of its forward."""
    hooks = [name for name, found in vars(module).items() if name.endswith("_hooks") and found]
    hooks = [name for name in hooks if "state_dict" not in name]
    if hooks:
        raise Indescribable(f"a {type(module).__name__} carries hooks")
    if type(module).__call__ is not parts.CALL or {"forward", "__call__"} & vars(module).keys():
        raise Indescribable(f"the forward of a {type(module).__name__} was replaced")


def _settings(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The plain attributes of a known layer, such as in_features or eps."""
    for name, value in vars(module).items():
        if name in parts.RESERVED or not re.fullmatch(r"[a-z_]\w{0,60}", name):
            continue
        if callable(value) and id(value) in parts.FUNCTION_NAMES:
            yield name, {"function": parts.FUNCTION_NAMES[id(value)]}
        elif callable(value) and not isinstance(value, type):
            raise Indescribable(f"{name} of a {type(module).__name__} is a function of its own")
        elif _is_plain(value):
            yield name, {"value": value}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str, slice))
