"""How large signals, error signals and weight gradients are, in any `nn.Module`."""

import math
from contextlib import ExitStack
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from gradcourse.activations import require_whole
from gradcourse.layers import fetch, find_layers, float_tensors, idle, norm, own_weights, signals
from gradcourse.profile import Profile, tabulate
from gradcourse.unroll import can_unroll, unrolled


class watch:
    """Records a `Profile` of each training step that runs inside a `with` block.

        with watch(model) as seen:
            loss_function(model(x), y).backward()
        seen.profile

    Adds no forward or backward pass and one device synchronisation a step. With `optimizer`, a
    step ends when `optimizer.step()` has run, and its update is recorded. Without, it ends when
    the next forward pass after a backward pass begins, and with the block. All hooks come off
    with the block, also by an exception. Passes under `torch.no_grad()` do not count. Call the
    model, not its parts, so that steps can be told apart.

    A layer is a module that owns parameters, with all that lies inside if it owns a weight. Of a
    layer that returns a tuple or dict, the first float tensor is measured, of a recurrent one all.

    An `nn.RNN`, `nn.LSTM` or `nn.GRU` is run one time step at a time, with equal numbers up to
    rounding (but other draws of dropout between layers), and has a row a step: `name`, `name#2`, …
    A bidirectional one, and one given a packed sequence, has one row for all.

    Args:
        model: any module.
        optimizer: also records weights and updates, and tells where a step ends.
        units: also records dead units and saturated entries.
        every: records one step in so many; without `optimizer`, one forward pass in so many.

    Raises:
        TypeError: `model` is not an `nn.Module`.
        ValueError: `model` has no parameters, or `every` is below 1.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        optimizer: Optimizer | None = None,
        units: bool = False,
        every: int = 1,
    ):
        if not isinstance(model, nn.Module):
            raise TypeError(f"watch needs a torch.nn.Module, got {type(model).__name__}")
        self._layers = dict(find_layers(model))
        self._weights = {name: own_weights(layer) for name, layer in self._layers.items()}
        if not self._layers:
            raise ValueError(f"watch needs parameters; {type(model).__name__} has none")
        require_whole(every=every)
        self.model, self.every, self._optimizer, self._units = model, every, optimizer, units
        self._skip: float = 0  # steps to let pass unrecorded
        self._tensor_hooks: list[RemovableHandle] = []  # of this step's outputs
        self._profiles: list[Profile] = []
        self._memory: dict[Any, Tensor] = {}  # for weights before an update: taken once
        self._start_step()

    def _start_step(self) -> None:
        while self._tensor_hooks:
            self._tensor_hooks.pop().remove()
        self._rows: dict[str, tuple[torch.dtype, int]] = {}  # row of the profile -> format, size
        self._calls: dict[str, int] = {}  # of each layer in this forward pass
        self._norms: dict[tuple[str, str, int], Tensor | float] = {}  # (what, row, index)
        self._before: dict[tuple[str, int], Tensor] = {}  # weights before the optimizer's step
        self._saw_backward = self._gradient_pass = False
        self._expecting: dict[str, None] = {}  # rows whose output needs a gradient
        self._latest = ""  # row that ran last

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
        with ExitStack() as undo:  # undoes all if something here raises
            keep = undo.callback
            keep(self.model.register_forward_pre_hook(self._on_pass, with_kwargs=True).remove)
            for name, layer in self._layers.items():
                if self._units:
                    keep(layer.register_forward_pre_hook(self._on_input).remove)
                if can_unroll(layer):
                    undo.enter_context(unrolled(layer, partial(self._record, name)))
                keep(layer.register_forward_hook(partial(self._on_forward, name)).remove)
                for i, weight in enumerate(self._weights[name]):
                    if weight.requires_grad:
                        hook = partial(self._on_gradient, name, i)
                        keep(weight.register_post_accumulate_grad_hook(hook).remove)
            if self._optimizer is not None:
                keep(self._optimizer.register_step_pre_hook(self._before_update).remove)
                keep(self._optimizer.register_step_post_hook(self._after_update).remove)
            self._undo = undo.pop_all()
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """For a copy of the model that is made in the block: it is not watched."""
        inert = type(self)(self.model)
        inert._skip = math.inf
        return inert

    def __exit__(self, *exception: object) -> None:
        self._undo.close()
        self._end_step()
        self._memory.clear()

    def _on_pass(self, model: nn.Module, args: Any, kwargs: dict[str, Any]) -> None:
        self._gradient_pass = torch.is_grad_enabled()
        if not self._gradient_pass:
            return
        if self._saw_backward and self._optimizer is None:
            self._end_step()
        self._calls.clear()
        self._saw_backward, self._latest = False, ""
        for given in float_tensors([args, kwargs]) if not self._skip else ():
            self._norms["input", "", len(self._norms)] = norm(given)

    def _on_input(self, layer: nn.Module, args: tuple[Any, ...]) -> None:
        h = None if self._skip or self._saw_backward else next(float_tensors(args), None)
        if self._latest and h is not None and h.requires_grad and h.numel() and h.ndim:
            for what, share in zip(("dead", "saturated"), idle(layer, h.detach()), strict=True):
                self._norms[what, self._latest, 0] = share

    def _on_forward(self, name: str, layer: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if not torch.is_grad_enabled():
            if self._gradient_pass and any(w.requires_grad for w in self._weights[name]):
                self._expecting[name] = None  # it could learn, were it not for a no_grad inside
        elif type(output) is Tensor or not can_unroll(layer):
            self._record(name, [output] if type(output) is Tensor else signals(layer, output))

    def _record(self, name: str, tensors: list[Tensor]) -> None:
        again = self._saw_backward and name in self._calls  # checkpointing runs layers twice
        if again or self._skip or not tensors:
            return
        call = self._calls[name] = self._calls.get(name, 0) + 1
        row = self._latest = name if call == 1 else f"{name}#{call}"
        size = self._rows[row][1] if row in self._rows else 0
        self._rows[row] = tensors[0].dtype, size + sum(map(Tensor.numel, tensors))
        if tensors[0].requires_grad or any(w.requires_grad for w in self._weights[name]):
            self._expecting[row] = None
        for h in tensors:
            self._norms["activation", row, len(self._norms)] = norm(h)
            if h.requires_grad:
                self._tensor_hooks.append(h.register_hook(partial(self._on_error_signal, row)))

    def _on_error_signal(self, row: str, delta: Tensor) -> None:
        self._saw_backward = True
        self._norms["error", row, len(self._norms)] = norm(delta)

    def _on_gradient(self, name: str, index: int, weight: Tensor) -> None:
        self._saw_backward = True
        if (gradient := weight.grad) is not None and not self._skip:
            self._norms["weight_gradient", name, index] = norm(gradient)

    def _before_update(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for name in self._rows.keys() & self._layers.keys():
            for i, w in enumerate(self._weights[name]):
                place = name, i, w.shape, w.dtype, w.device
                if place not in self._memory:
                    self._memory[place] = torch.empty_like(w, requires_grad=False)
                self._norms["weight", name, i] = norm(w)
                self._before[name, i] = self._memory[place].copy_(w.detach())

    def _after_update(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for (name, i), old in self._before.items():
            self._norms["update", name, i] = norm(old.sub_(self._weights[name][i].detach()))
        self._end_step()

    def _end_step(self) -> None:
        """Fetches all norms from the device at once and adds a `Profile`."""
        if self._rows:
            norms = zip(self._norms, fetch(list(self._norms.values())), strict=True)
            self._profiles.append(tabulate(self._rows, norms, self._expecting))
            self._skip = self.every - 1
        elif self._skip:
            self._skip -= 1
        self._start_step()
