"""How large signals, error signals and weight gradients are, in any `nn.Module`."""

import math
from functools import partial
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from gradcourse.layers import fetch, find_layers, first_tensor, norm, own_weights
from gradcourse.profile import Profile

QUANTITIES = ("activation", "error", "weight_gradient", "weight", "update")


class watch:
    """Records a `Profile` of each training step that runs inside a `with` block.

        with watch(model) as seen:
            loss_function(model(x), y).backward()
        seen.profile

    Adds no forward or backward pass and one device synchronisation a step. With `optimizer`, a
    step ends when `optimizer.step()` has run, and its update is recorded. Without, it ends when
    the next forward pass after a backward pass begins, and when the block is left. All hooks
    come off when the block is left, also by an exception. Passes under `torch.no_grad()` do not
    count. Call the model, not its parts, so that steps can be told apart.

    A layer is a module that owns parameters; what lies inside a module that owns a weight
    belongs to it. Of a layer that returns a tuple or dict, the first float tensor is measured.

    Raises:
        TypeError: `model` is not an `nn.Module`.
        ValueError: `model` has no parameters.
    """

    def __init__(self, model: nn.Module, *, optimizer: Optimizer | None = None):
        kind = type(model).__name__
        if not isinstance(model, nn.Module):
            raise TypeError(f"watch needs a torch.nn.Module, got {kind}")
        self._layers = dict(find_layers(model))
        self._weights = {name: own_weights(layer) for name, layer in self._layers.items()}
        if not self._layers:
            raise ValueError(f"watch needs a model with parameters; {kind} has none")
        self._model, self._optimizer = model, optimizer
        self._hooks: list[RemovableHandle] = []
        self._tensor_hooks: list[RemovableHandle] = []  # of this step's outputs
        self._profiles: list[Profile] = []
        self._start_step()

    def _start_step(self) -> None:
        for hook in self._tensor_hooks:
            hook.remove()
        self._tensor_hooks.clear()
        self._rows: dict[str, tuple[torch.dtype, int]] = {}  # row of the profile -> format, size
        self._calls: dict[str, int] = {}  # of each layer in this forward pass
        self._norms: dict[tuple[str, str, int], Tensor | float] = {}  # (what, row, index)
        self._weights_before: dict[str, list[Tensor]] = {}
        self._saw_backward = False

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """One `Profile` for each step that has ended, oldest first."""
        return tuple(self._profiles)

    @property
    def profile(self) -> Profile:
        """The `Profile` of the last step that has ended; a RuntimeError if none has."""
        if not self._profiles:
            raise RuntimeError(
                "watch has recorded nothing: run the model and loss.backward() inside "
                "`with watch(model) as seen:`, and read seen.profile after the block"
            )
        return self._profiles[-1]

    def __enter__(self) -> Self:
        keep = self._hooks.append
        keep(self._model.register_forward_pre_hook(self._on_pass))
        for name, layer in self._layers.items():
            keep(layer.register_forward_hook(partial(self._on_forward, name)))
            for i, weight in enumerate(self._weights[name]):
                if weight.requires_grad:
                    hook = partial(self._on_gradient, name, i)
                    keep(weight.register_post_accumulate_grad_hook(hook))
        if self._optimizer is not None:
            keep(self._optimizer.register_step_pre_hook(self._before_update))
            keep(self._optimizer.register_step_post_hook(self._after_update))
        return self

    def __exit__(self, *exception: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self._end_step()

    def _on_pass(self, model: nn.Module, args: tuple[Any, ...]) -> None:
        if torch.is_grad_enabled():
            if self._saw_backward and self._optimizer is None:
                self._end_step()
            self._calls.clear()
            self._saw_backward = False

    def _on_forward(self, name: str, layer: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        h = output if type(output) is Tensor else first_tensor(output)
        again = self._saw_backward and name in self._calls  # checkpointing runs layers twice
        if h is None or again or not torch.is_grad_enabled():
            return
        call = self._calls[name] = self._calls.get(name, 0) + 1
        row = name if call == 1 else f"{name}#{call}"
        before = self._rows[row][1] if row in self._rows else 0
        self._rows[row] = h.dtype, before + h.numel()
        self._norms["activation", row, len(self._norms)] = norm(h)
        if h.requires_grad:
            self._tensor_hooks.append(h.register_hook(partial(self._on_error_signal, row)))

    def _on_error_signal(self, row: str, delta: Tensor) -> None:
        self._saw_backward = True
        self._norms["error", row, len(self._norms)] = norm(delta)

    def _on_gradient(self, name: str, index: int, weight: Tensor) -> None:
        self._saw_backward = True
        if weight.grad is not None:
            self._norms["weight_gradient", name, index] = norm(weight.grad)

    def _before_update(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for name in set(self._rows) & set(self._layers):
            self._weights_before[name] = [w.detach().clone() for w in self._weights[name]]

    def _after_update(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for name, before in self._weights_before.items():
            for i, (new, old) in enumerate(zip(self._weights[name], before, strict=True)):
                self._norms["weight", name, i] = norm(old)
                self._norms["update", name, i] = norm(new.detach() - old)
        self._end_step()

    def _end_step(self) -> None:
        """Fetches all norms from the device at once and adds a `Profile`."""
        if self._rows:
            fetched = fetch(list(self._norms.values()))
            found: dict[str, dict[str, float]] = {what: {} for what in QUANTITIES}
            for (what, row, _), value in zip(self._norms, fetched, strict=True):
                value = math.inf if math.isnan(value) else value  # NaN means "not measured"
                found[what][row] = math.hypot(found[what].get(row, 0.0), value)
            columns = {
                what: np.array([norms.get(row, math.nan) for row in self._rows])
                for what, norms in found.items()
            }
            size = np.array([entries for _, entries in self._rows.values()])
            dtypes = tuple(str(dtype).removeprefix("torch.") for dtype, _ in self._rows.values())
            self._profiles.append(Profile(tuple(self._rows), **columns, size=size, dtype=dtypes))
        self._start_step()
