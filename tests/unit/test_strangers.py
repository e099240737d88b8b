"""`diagnose` and `watch` on models and losses of the kinds that learners bring from home."""

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import orthogonal, spectral_norm
from torch.nn.utils.rnn import pack_padded_sequence

from gradcourse import Diagnosis, diagnose, generator, watch


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed))


X, Y = rows(32, 64), torch.arange(32) % 10
IDS, ENDS = torch.arange(120).reshape(8, 15) % 20, torch.tensor([3, 9, 4, 5, 6, 7, 8, 3])


@pytest.fixture(autouse=True)
def fixed_weights() -> Iterator[None]:
    """What torch initialises is the same in every run."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def stack(depth: int = 3, out: int = 10, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    hidden = [part for _ in range(depth) for part in (nn.Linear(64, 64), activation())]
    net = nn.Sequential(*hidden, nn.Linear(64, out))
    for p in net.parameters():
        nn.init.kaiming_normal_(p) if p.ndim > 1 else nn.init.zeros_(p)
    return net


class Net(nn.Module):
    """Parts by name, and a function of them and the input as the forward pass."""

    def __init__(self, run: Callable[[Any, Any], Any], **parts: Any) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Any) -> Any:
        return self.run(self, x)


def trace(model: nn.Module) -> list[Any]:
    """All that a diagnosis must leave as it was."""
    hooks = [
        (len(m._forward_hooks), len(m._forward_pre_hooks), m.training, "forward" in vars(m))
        for m in model.modules()
    ]
    gradients = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    after = [len(getattr(p, "_post_accumulate_grad_hooks", None) or {}) for p in model.parameters()]
    states = [torch.get_rng_state(), *copy.deepcopy(model.state_dict()).values()]
    return [hooks, after, gradients, states]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(torch.equal(a, b)) if isinstance(a, Tensor) else bool(a == b)


def probe(model: nn.Module, loss: Callable[[], Tensor]) -> Diagnosis:
    """The diagnosis, which must leave no trace."""
    before = trace(model)
    found = diagnose(model, loss)
    assert same(trace(model), before)
    return found


def classify(model: nn.Module, x: Any = X, y: Tensor = Y) -> Diagnosis:
    return probe(model, lambda: F.cross_entropy(model(x), y))


# ---------------------------------------------------------------------------- healthy strangers


def images(*parts: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Unflatten(1, (1, 8, 8)), *parts, nn.Flatten(), nn.LazyLinear(10))


def conv_norm(norm: Callable[[int], nn.Module], depth: int = 4) -> nn.Module:
    parts = []
    for i in range(depth):
        parts += [nn.Conv2d(8 if i else 1, 8, 3, padding=1), norm(8), nn.ReLU(inplace=True)]
    net = images(*parts)
    net(X)
    return net


def unet(m: Any, x: Tensor) -> Any:
    a = F.relu(m.down(x.reshape(-1, 1, 8, 8)))
    b = m.up(F.relu(m.mid(F.max_pool2d(a, 2))))
    return m.out(F.relu(m.join(torch.cat([a, b], 1)))).flatten(1)


def attend(m: Any, x: Tensor) -> Any:
    h = m.embed(x.reshape(-1, 8, 8))
    for b in m.blocks:
        q, k, v = b["q"](h), b["k"](h), b["v"](h)
        h = h + b["o"](torch.softmax(q @ k.transpose(1, 2) / 4, -1) @ v)
    return m.head(h.mean(1))


def experts(m: Any, x: Tensor) -> Any:
    h = F.relu(m.inp(x))
    out = torch.zeros_like(h)
    top = torch.arange(len(x)) % 2  # experts 2 and 3 are called with no example at all
    for i, expert in enumerate(m.experts):
        out[top == i] = expert(h[top == i])
    return m.head(h + out)


def lora(m: Any, x: Tensor) -> Any:
    for base, down, up in zip(m.base, m.down, m.up, strict=True):
        x = F.relu(base(x) + up(down(x)))
    return m.head(x)


def counted(m: Any, x: Tensor) -> Any:
    m.steps = m.steps + 1  # a new tensor in the buffer's place
    m.total += x.mean()
    return m.body(F.dropout(x, 0.5))


def with_steps(m: nn.Module) -> nn.Module:
    m.register_buffer("steps", torch.zeros(()))
    m.register_buffer("total", torch.zeros(()))
    return m


def linears(fan_in: int, out: int, *, zero: bool = False, frozen: bool = False) -> nn.ModuleList:
    layers = nn.ModuleList(nn.Linear(fan_in, out) for _ in range(3))
    for p in layers.parameters():
        if zero:
            nn.init.zeros_(p)
        p.requires_grad_(not frozen)
    return layers


CONV = {"kernel_size": 3, "padding": 1}
STRANGERS: dict[str, Callable[[], nn.Module]] = {
    "batch norm": lambda: conv_norm(nn.BatchNorm2d),
    "batch norm, eval": lambda: conv_norm(nn.BatchNorm2d).eval(),
    "group norm": lambda: conv_norm(lambda c: nn.GroupNorm(2, c)),
    "instance norm": lambda: conv_norm(lambda c: nn.InstanceNorm2d(c, affine=True)),
    "unet": lambda: Net(
        unet, down=nn.Conv2d(1, 8, **CONV), mid=nn.Conv2d(8, 8, **CONV),  # type: ignore[arg-type]
        up=nn.ConvTranspose2d(8, 8, 2, 2), join=nn.Conv2d(16, 8, **CONV),  # type: ignore[arg-type]
        out=nn.Conv2d(8, 1, 1),
    ),
    "attention": lambda: Net(
        attend, embed=nn.Linear(8, 16), head=nn.Linear(16, 10),
        blocks=nn.ModuleList(
            nn.ModuleDict({k: nn.Linear(16, 16) for k in "qkvo"}) for _ in range(3)
        ),
    ),
    "experts without examples": lambda: Net(
        experts, inp=nn.Linear(64, 64), head=nn.Linear(64, 10),
        experts=nn.ModuleList(stack(1, 64) for _ in range(4)),
    ),
    "lora": lambda: Net(
        lora, base=linears(64, 64, frozen=True), down=linears(64, 4),
        up=linears(4, 64, zero=True), head=nn.Linear(64, 10),
    ),
    "buffers and dropout": lambda: with_steps(Net(counted, body=stack())),
    "normalised weights": lambda: nn.Sequential(
        spectral_norm(nn.Linear(64, 64)), nn.ReLU(), orthogonal(nn.Linear(64, 64)), nn.ReLU(),
        nn.Linear(64, 10),
    ),
    "in place": lambda: Net(
        lambda m, x: m.c(m.b(m.a(x).mul_(2).relu_()).mul_(2).add_(1)),
        a=nn.Linear(64, 64), b=nn.Linear(64, 64), c=nn.Linear(64, 10),
    ),
    "complex": lambda: Net(
        lambda m, x: m.c(m.b(m.a(x.cfloat())).abs()), a=nn.Linear(64, 64, dtype=torch.cfloat),
        b=nn.Linear(64, 64, dtype=torch.cfloat), c=nn.Linear(64, 10),
    ),
    "width 1": lambda: nn.Sequential(
        nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 1), nn.Linear(1, 1), nn.Linear(1, 10)
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize("kind", STRANGERS)
def test_a_healthy_stranger_is_healthy_and_left_as_it_was(kind: str) -> None:
    assert classify(STRANGERS[kind]()).verdict == "healthy"


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("how", ["packed", "last valid output"])
def test_sequences_of_different_length(kind: Any, how: str) -> None:
    def run(m: Any, ids: Tensor) -> Any:
        if how == "packed":
            pack = pack_padded_sequence(m.embed(ids), ENDS, batch_first=True, enforce_sorted=False)
            state = m.rnn(pack)[1]
            return m.head((state[0] if kind is nn.LSTM else state)[-1])
        return m.head(m.rnn(m.embed(ids))[0][torch.arange(8), ENDS - 1])  # later steps: error 0

    model = Net(
        run, embed=nn.Embedding(20, 16), rnn=kind(16, 32, batch_first=True), head=nn.Linear(32, 10)
    )
    found = classify(model, IDS, Y[:8])
    assert found.verdict == "healthy"
    assert "no error signal came" not in found.where


def test_models_that_are_called_through_other_methods() -> None:
    model: Any = Net(lambda m, x: 1 / 0, encoder=stack(2, 64), head=nn.Linear(64, 10))
    found = probe(model, lambda: F.cross_entropy(model.head(model.encoder(X)), Y))
    assert found.verdict == "healthy"


@pytest.mark.parametrize("sparse", [False, True])
def test_embeddings_come_first_and_may_have_sparse_gradients(sparse: bool) -> None:
    model = nn.Sequential(
        nn.Embedding(20, 16, sparse=sparse), nn.Flatten(), nn.Linear(240, 32), nn.ReLU(),
        nn.Linear(32, 10),
    )  # fmt: skip
    assert classify(model, IDS, Y[:8]).verdict == "healthy"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(dtype: torch.dtype) -> None:
    model = stack()

    def loss() -> Tensor:
        with torch.autocast("cpu", dtype):
            out = model(X)
        return F.cross_entropy(out.float(), Y)

    assert probe(model, loss).verdict == "healthy"


@pytest.mark.parametrize("size", [1e-20, 1e-6, 1e6, 1e30])
def test_the_scale_of_the_input_does_not_matter(size: float) -> None:
    assert classify(stack(), size * X).verdict == "healthy"


@pytest.mark.parametrize("shape", [(64,), (1, 64), (2, 3, 64)])
def test_unbatched_single_and_stacked_examples(shape: tuple[int, ...]) -> None:
    model = stack(activation=nn.Tanh)
    assert probe(model, lambda: model(rows(*shape)).square().mean()).verdict == "healthy"


def test_a_gradient_of_a_gradient() -> None:
    model = stack(activation=nn.Tanh, out=1)

    def penalty() -> Tensor:
        x = X.clone().requires_grad_()
        (slope,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
        total: Tensor = (slope.norm(dim=1) - 1).square().mean() + model(X).mean()
        return total

    assert probe(model, penalty).verdict == "healthy"


def test_a_zero_state_that_is_read_is_no_dead_layer() -> None:
    def run(m: Any, x: Tensor) -> Any:
        u, h = m.inp(x), torch.zeros(len(x), 64)
        for _ in range(3):
            h = torch.tanh(m.again(h) + u)
        return m.out(h)

    model = Net(run, inp=nn.Linear(64, 64), again=nn.Linear(64, 64), out=nn.Linear(64, 10))
    assert classify(model).verdict == "healthy"


def test_a_second_input_of_zeros_is_no_dead_layer() -> None:
    def run(m: Any, x: Tensor) -> Any:
        return m.out(F.relu(m.mid(m.inp(x) + m.other(F.one_hot(Y, 200).float()))))

    model = Net(
        run, inp=nn.Linear(64, 64), other=nn.Linear(200, 64), mid=nn.Linear(64, 64),
        out=nn.Linear(64, 10),
    )  # fmt: skip
    assert classify(model).verdict == "healthy"


def test_dead_shares_of_checkpointed_layers_stay_with_their_layers() -> None:
    def run(m: Any, x: Tensor) -> Any:
        return m.out(torch.utils.checkpoint.checkpoint(m.body, m.inp(x), use_reentrant=False))

    body = stack(2, 64)
    nn.init.constant_(body.get_parameter("0.bias"), -1e4)
    model = Net(run, inp=nn.Linear(64, 64), body=body, out=nn.Linear(64, 10))
    with watch(model, units=True) as seen:
        model(X).sum().backward()
    shares = dict(zip(seen.profile.layers, seen.profile.dead, strict=True))
    assert shares["body.0"] == 1
    assert math.isnan(shares["out"])


# ---------------------------------------------------------------------------- faults of strangers


def test_a_factor_that_starts_at_zero_behind_a_dead_layer_is_not_blamed() -> None:
    body = stack(4)
    nn.init.constant_(body.get_parameter("2.bias"), -1e4)
    model = Net(lambda m, x: m.body(x + m.token), body=body, token=nn.Parameter(torch.zeros(64)))
    found = classify(model)
    assert (found.verdict, found.layer) == ("dead", "body.2")


def test_a_readout_of_zero_lets_nothing_through_yet() -> None:
    model = stack()
    nn.init.zeros_(model.get_parameter("6.weight"))
    found = classify(model)
    assert (found.verdict, found.way) == ("unknown", "backward")
    assert "6.weight starts at 0" in found.where
    assert "diagnose again" in found.advice


@pytest.mark.parametrize("factor", [1e5, 1e-5])
def test_one_layer_that_is_off_is_named(factor: float) -> None:
    model = stack(10)
    with torch.no_grad():
        model.get_parameter("8.weight").mul_(factor)
    found = classify(model)
    assert (found.verdict, found.layer) == ("exploding" if factor > 1 else "vanishing", "6")
    assert "most of it happens between 6 and 8" in found.where
    assert "between these two" in found.advice


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointed_blocks_that_explode_are_seen_in_the_order_of_the_forward_pass(
    reentrant: bool,
) -> None:
    def run(m: Any, x: Tensor) -> Any:
        x = m.inp(x)
        for block in m.blocks:
            x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=reentrant)
        return m.out(x)

    blocks = nn.ModuleList(nn.Sequential(nn.Linear(64, 64), nn.ReLU()) for _ in range(6))
    for block in blocks:
        nn.init.normal_(block.get_parameter("0.weight"), std=0.7)
    model = Net(run, inp=nn.Linear(64, 64), blocks=blocks, out=nn.Linear(64, 10))
    found = classify(model)
    assert (found.verdict, found.layer) == ("exploding", "blocks.1.0")  # four layers of ×4 back
    with watch(model) as seen:
        model(X).sum().backward()
    assert seen.profile.layers == ("inp", *(f"blocks.{i}.0" for i in range(6)), "out")


def passes(function: Callable[[Tensor], Tensor]) -> Net:
    """Two layers with a function between them, and a readout."""
    return Net(
        lambda m, x: m.c(m.b(function(m.a(x)))),
        a=nn.Linear(64, 64), b=nn.Linear(64, 64), c=nn.Linear(64, 10),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("function", "way", "layer", "keyword"),
    [
        (torch.log, "forward", "b", "logarithm"),
        (lambda h: h / (h - h), "forward", "b", "division by 0"),
        (lambda h: torch.where(h > 0, h.sqrt(), 0.0), "backward", "a", "torch.where"),
        (lambda h: h * h.sub(h).norm(), "backward", "a", "norm of 0"),
    ],
    ids=["log of negative", "0 / 0", "where over a root", "norm at 0"],
)
def test_nan_that_is_no_overflow(function: Any, way: str, layer: str, keyword: str) -> None:
    if keyword == "norm of 0":  # torch's norm has slope 0 there; a root has not
        model = passes(lambda h: h * h.sub(h).square().sum().sqrt())
    else:
        model = passes(function)
    found = classify(model)
    assert (found.verdict, found.way, found.layer, found.dtype) == (
        "non-finite", way, layer, "float32"
    )  # fmt: skip
    assert "leaves the range" not in found.where
    assert keyword in found.advice


@pytest.mark.parametrize(
    "make",
    [lambda out: F.mse_loss(out, torch.full((32, 10), 1e30)),
     lambda out: F.cross_entropy(out, torch.full((32,), -100)),
     lambda out: F.mse_loss(out, torch.full((32, 10), math.nan)),
     lambda out: -torch.log(torch.softmax(1e4 * out, 1)).mean()],
    ids=["huge targets", "every target ignored", "NaN target", "log of 0"],
)  # fmt: skip
def test_a_loss_that_is_not_finite(make: Callable[[Tensor], Tensor]) -> None:
    model = stack()
    found = probe(model, lambda: make(model(X)))
    assert (found.verdict, found.way) == ("non-finite", "loss")
    assert "targets" in found.advice


def test_a_weight_that_is_not_finite_is_named() -> None:
    model = stack(5)
    with torch.no_grad():
        model.get_parameter("4.weight")[0, 0] = math.nan
    found = diagnose(model, lambda: F.cross_entropy(model(X), Y))
    assert (found.verdict, found.way, found.layer) == ("non-finite", "update", "4")
    assert "4.weight" in found.where


def test_a_recurrent_module_under_no_grad_is_cut() -> None:
    def run(m: Any, ids: Tensor) -> Any:
        with torch.no_grad():
            h = m.rnn(m.embed(ids))[0]
        return m.out(torch.relu(m.mid(h[:, -1])))

    model = Net(
        run, embed=nn.Embedding(20, 16), rnn=nn.GRU(16, 32, batch_first=True),
        mid=nn.Linear(32, 32), out=nn.Linear(32, 10),
    )  # fmt: skip
    found = classify(model, IDS, Y[:8])
    assert (found.verdict, found.layer) == ("cut", "rnn")


@pytest.mark.parametrize("kind", ["frozen", "one layer", "bare parameters", "not run"])
def test_what_cannot_be_told_says_why(kind: str) -> None:
    bare = Net(
        lambda m, x: x @ m.a @ m.b, a=nn.Parameter(rows(64, 64)), b=nn.Parameter(rows(64, 10))
    )
    model, why, advice = {
        "frozen": (stack().requires_grad_(False), "is everything frozen?", "requires_grad_(True)"),
        "one layer": (nn.Linear(64, 10), "fewer than two layers", "but one hidden layer"),
        "bare parameters": (bare, "fewer than two layers", "bare parameter"),
        "not run": (stack(), "did not run the model", "loss.backward()"),
    }[kind]
    zero = torch.zeros((), requires_grad=True)
    found = probe(model, lambda: 1 * zero if kind == "not run" else model(X).square().mean())
    assert (found.verdict, found.layer) == ("unknown", "")
    assert why in found.where
    assert advice in found.advice


# ---------------------------------------------------------------------------- no side effects


def test_other_models_and_inputs_keep_their_gradients() -> None:
    model, other, x = stack(out=64), stack(), X.clone().requires_grad_()
    other(X).sum().backward()
    before = [p.grad.clone() for p in other.parameters() if p.grad is not None]
    assert probe(model, lambda: F.cross_entropy(other(model(x)), Y)).verdict == "healthy"
    for p, gradient in zip(other.parameters(), before, strict=True):
        assert p.grad is not None
        assert torch.equal(p.grad, gradient)
    assert x.grad is None


def test_gradients_that_were_there_stay_and_do_not_count() -> None:
    model = stack()
    for p in model.parameters():
        p.grad = torch.full_like(p, math.inf)
    assert classify(model).verdict == "healthy"


def test_a_loss_function_that_already_ran_backward() -> None:
    model = stack()

    def loss() -> Tensor:
        value = F.cross_entropy(model(X), Y)
        value.backward()
        return value

    found = probe(model, loss)
    assert found == probe(model, lambda: loss().detach())
    assert found.verdict == "healthy"


@pytest.mark.parametrize(
    ("spoil", "error"),
    [(lambda m: m(X)["mine"], IndexError), (lambda m: F.cross_entropy(m(X), Y + 10), IndexError),
     (lambda m: m(X[:, :9]).sum(), RuntimeError), (lambda m: m(X).sum().item(), TypeError)],
    ids=["raises", "label out of range", "wrong shape", "a float"],
)  # fmt: skip
def test_errors_of_the_loss_come_through_and_leave_no_trace(
    spoil: Any, error: type[Exception]
) -> None:
    model = nn.Sequential(nn.BatchNorm1d(64), nn.Dropout(), *stack())
    before = trace(model)
    with pytest.raises(error):
        diagnose(model, lambda: spoil(model))
    assert same(trace(model), before)


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_a_watch_that_cannot_begin_leaves_no_hooks() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.LazyLinear(10))
    before = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    with pytest.raises(ValueError, match="Call `forward` with a dummy batch"), watch(model):
        pass
    after = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    assert after == before


def test_a_copy_of_the_model_made_in_the_block_is_not_watched() -> None:
    model = stack()
    with watch(model, units=True) as seen:
        for _ in range(3):
            model(X).sum().backward()
            best = copy.deepcopy(model)
            best(100 * X).sum().backward()
            best(100 * X).sum().backward()
    assert len(seen.profiles) == 3
    for hook in best[0]._forward_hooks.values():  # they came along, and keep nothing
        assert hook.func.__self__.profiles == ()  # type: ignore[attr-defined]
    sizes = [profile.activation[0] for profile in seen.profiles]
    assert max(sizes) == min(sizes)


# ---------------------------------------------------------------------------- watch: what is new


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("with_optimizer", [True, False])
def test_every_records_one_step_in_so_many(every: int, with_optimizer: bool) -> None:
    model = stack()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    sizes = []
    with watch(model, every=every, optimizer=optimizer if with_optimizer else None) as seen:
        for step in range(7):
            optimizer.zero_grad()
            out = model((step + 1) * X)
            sizes.append(out.detach().double().norm().item())
            F.cross_entropy(out, Y).backward()
            optimizer.step()
    found = [profile.activation[-1] for profile in seen.profiles]
    np.testing.assert_allclose(found, sizes[::every], rtol=1e-5)
    assert diagnose(seen).verdict == "healthy"


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_every_must_be_a_whole_number(every: Any) -> None:
    with pytest.raises(
        ValueError, match=f"every must be a whole number of at least 1, got {every}"
    ):
        watch(stack(), every=every)


def test_units_counts_what_the_next_layer_reads(device: torch.device) -> None:
    def run(act: Callable[[Tensor], Tensor], h: Tensor) -> tuple[float, float]:
        first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 2)
        nn.init.eye_(first.weight)
        model = Net(lambda m, x: m.b(act(m.a(x))), a=first, b=second).to(device)
        with watch(model, units=True) as seen:
            model(h.to(device)).sum().backward()
        assert np.isnan(seen.profile.dead).tolist() == [False, True]  # nothing reads the readout
        return float(seen.profile.dead[0]), float(seen.profile.saturated[0])

    h = torch.tensor([[-1.0, -2.0, 3.0, 0.5], [-1.0, 1.0, 5.0, -7.0]])
    assert run(torch.relu, h) == (0.25, 0)
    assert run(torch.tanh, h) == (0, 3 / 8)  # beyond ±2.09: 3, 5 and −7
    assert run(torch.sigmoid, 2 * h) == (0, 4 / 8)  # beyond ±3.48: −4, 6, 10 and −14
    assert run(lambda t: t, h) == (0, 0)
    with watch(stack()) as seen:
        seen.model(X).sum().backward()
    assert np.isnan(seen.profile.dead).all()
    assert np.isnan(seen.profile.saturated).all()


def test_units_of_images_are_channels() -> None:
    conv = nn.Conv2d(1, 4, 3)
    with torch.no_grad():
        conv.bias[:3] = -1e4  # type: ignore[index]
    model = nn.Sequential(conv, nn.ReLU(), nn.Conv2d(4, 2, 3))
    with watch(model, units=True) as seen:
        model(rows(2, 1, 8, 8)).sum().backward()
    assert seen.profile.dead[0] == 0.75


def test_cut_and_clean_input() -> None:
    model = Net(
        lambda m, x: m.c(m.b(m.a(x).detach())) + 0 * m.d(x).sum().detach(),
        a=nn.Linear(64, 8), b=nn.Linear(8, 8), c=nn.Linear(8, 2), d=nn.Linear(64, 2),
    )  # fmt: skip
    with watch(model) as seen:
        model(X).sum().backward()
    assert seen.profile.cut == ("a", "d")
    assert seen.profile.clean_input
    for bad in (math.nan, math.inf):
        x = X.clone()
        x[0, 0] = bad
        with watch(model) as seen:
            model(x).sum().backward()
        assert not seen.profile.clean_input
