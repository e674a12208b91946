"""Rates: by step, by block, by kind of parameter."""

import math

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from roadstead.errors import BadSettings  # noqa: E402
from roadstead.train import optimise  # noqa: E402
from roadstead.train.models import Built  # noqa: E402
from roadstead.train.recipe import Optimiser, Schedule  # noqa: E402

pytestmark = pytest.mark.torch

CASES = [
    ("constant", {}, [1, 1, 1, 1]),
    ("linear", {}, [1, 0.75, 0.5, 0.25]),
    ("linear", {"end": 0.2}, [1, 0.8, 0.6, 0.4]),
    ("polynomial", {"power": 2.0}, [1, 0.5625, 0.25, 0.0625]),
    ("cosine", {}, [1, (1 + math.cos(math.pi / 4)) / 2, 0.5, (1 + math.cos(3 * math.pi / 4)) / 2]),
    ("cosine_restarts", {"cycles": 2}, [1, 0.5, 1, 0.5]),
    ("step", {"every": 0.5, "factor": 0.1}, [1, 1, 0.1, 0.1]),
    ("exponential", {"every": 0.5, "factor": 0.25}, [1, 0.5, 0.25, 0.125]),
    ("reduce_on_plateau", {}, [1, 1, 1, 1]),
]


@pytest.mark.parametrize(("kind", "settings", "wanted"), CASES)
def test_a_schedule_gives_the_factor_of_a_step(kind: str, settings: dict[str, float], wanted: list[float]) -> None:
    schedule = Schedule.model_validate({"kind": kind, "warmup": 0, **settings})
    assert [optimise.factor(schedule, k, 4) for k in range(4)] == pytest.approx(wanted)


def test_warm_up_is_a_share_of_the_steps_or_a_number_of_them() -> None:
    for warmup in (0.4, 4.0):
        schedule = Schedule(kind="constant", warmup=warmup)
        assert [optimise.factor(schedule, k, 10) for k in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_one_cycle_rises_and_falls() -> None:
    found = [optimise.factor(Schedule(kind="one_cycle", warmup=0.3), k, 100) for k in range(100)]
    assert found[0] == pytest.approx(0.04)
    assert max(found) == found[30] == 1.0
    assert found[-1] < 0.01


def net() -> tuple[nn.Module, Built]:
    module = nn.Sequential()
    for name in ("one", "two", "head"):
        module.add_module(name, nn.Linear(3, 3))
    return module, Built(module=module, head=("head",), blocks=(("one",), ("two",)))


def test_rates_fall_with_the_distance_from_the_head_and_the_head_has_its_own() -> None:
    module, built = net()
    settings = Optimiser(lr=1.0, head_lr=2.0, layer_decay=0.5)
    rates = {name: group["lr"] for group in optimise.groups(module, built, settings) for name in group["names"]}
    assert rates["head.weight"] == 2.0
    assert (rates["two.weight"], rates["one.weight"]) == (0.5, 0.25)


@pytest.mark.parametrize(
    "name", ["base_model.model.one.base_layer.weight", "module.one.lora_A.default.weight", "_orig_mod.one.bias"]
)
def test_names_are_known_through_what_wraps_a_model(name: str) -> None:
    _, built = net()
    assert optimise.rate_of(name, built, Optimiser(lr=1.0, layer_decay=0.5)) == 0.25


def test_vectors_are_not_decayed_unless_asked() -> None:
    module, built = net()
    decay = {n: g["weight_decay"] for g in optimise.groups(module, built, Optimiser()) for n in g["names"]}
    assert decay["one.weight"] == 0.01
    assert decay["one.bias"] == 0.0
    assert all(g["weight_decay"] == 0.01 for g in optimise.groups(module, built, Optimiser(decay_norms=True)))


def test_nothing_that_learns_is_refused() -> None:
    module, built = net()
    module.requires_grad_(requires_grad=False)
    with pytest.raises(BadSettings, match="nothing would learn"):
        optimise.groups(module, built, Optimiser())


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "adagrad", "rmsprop", "adafactor", "adamw_8bit"])
def test_every_optimiser_lowers_a_loss(kind: str) -> None:
    if kind == "adamw_8bit":
        pytest.importorskip("bitsandbytes")
    torch.manual_seed(0)
    module, built = net()
    settings = Optimiser.model_validate({"kind": kind, "lr": 0.02, "momentum": 0.0})
    optimizer = optimise.optimiser(optimise.groups(module, built, settings), settings)
    x, y = torch.randn(16, 3), torch.randn(16, 3)
    found = []
    for _ in range(20):
        loss = (module(x) - y).pow(2).mean()
        found.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert found[-1] < found[0]


def test_l1_pulls_matrices_towards_zero() -> None:
    module, _ = net()
    for p in module.parameters():
        p.grad = torch.zeros_like(p)
    optimise.shrink(module.parameters(), 0.5)
    weight = module.get_parameter("one.weight")
    assert weight.grad is not None
    assert torch.equal(weight.grad, 0.5 * weight.detach().sign())
    bias = module.get_parameter("one.bias")
    assert bias.grad is not None
    assert not bias.grad.any()
