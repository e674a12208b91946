"""Every method keeps its promises on every sort of model that it fits, and refuses the others in one sentence."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from _networks import MODELS, Little, batch, quiet, step, stir
from roadstead.errors import BadInput
from roadstead.settings import build
from roadstead.train import methods
from roadstead.train.methods import Adapting, Advancing, Guiding, Method, Stepping, tuner

pytestmark = pytest.mark.torch

TABLES: dict[str, dict[str, Any]] = {
    "partial": {"last": 1},
    "distil": {"logits": 0.0, "features": 1.0},
    "rehearsal": {"pull": 0.1},
    "adalora": {"r": 2, "start_r": 4},
}
"""Settings for methods that cannot do without."""
ELSEWHERE = {"multitask", "parts", "probe"}
"""Need samples on disk, a model that names its parts or a linear head over pictures, and have tests of their own beside those of the other methods."""
REFUSED = {("qlora", "cnn"), *((m, n) for m in ("prefix", "prompt", "p_tuning") for n in ("cnn", "vit"))}
FOLDED = {"lora", "dora", "qlora", "adalora", "ia3"}
"""Whose merged model has the very layers of the untuned one."""
NAMES = [name for name in methods.plugins.names() if name not in ELSEWHERE]
FITTING = [(name, model) for name in NAMES for model in MODELS if (name, model) not in REFUSED]
ADDING = [(name, model) for name, model in FITTING if hasattr(methods.plugins.get(name), "adapter")]


def made(name: str) -> Method:
    return build(methods.plugins, {"kind": name, **TABLES.get(name, {})}, "method")


def test_the_named_methods_are_there() -> None:
    asked = (
        "full partial unfreeze lora qlora dora adalora ia3 adapter prefix prompt p_tuning distil rehearsal multitask"
    )
    assert set(asked.split()) <= set(methods.plugins.names())


@pytest.mark.parametrize(("name", "model"), sorted(REFUSED))
def test_what_does_not_fit_is_refused_in_one_sentence_that_names_another(name: str, model: str) -> None:
    with pytest.raises(BadInput, match="; take") as refused:
        made(name).prepare(MODELS[model]())
    assert str(refused.value).startswith("method: ")


@pytest.mark.parametrize(("name", "model"), FITTING)
def test_a_step_changes_what_learns_and_nothing_else(name: str, model: str) -> None:
    built, method = MODELS[model](), made(name)
    module = method.prepare(built)
    learner, shown = Little(input=built.input), batch(model)
    loss: Any = learner
    if isinstance(method, Guiding):
        rows = [{key: value[k] for key, value in shown.items()} for k in range(2)]
        loss = method.guide(built, learner, {"device": "cpu", "samples": rows, "seed": 0, "task": {"kind": "none"}})
    if isinstance(method, Advancing):
        method.advance(built, module, 0.0)
    learning = {n for n, p in module.named_parameters() if p.requires_grad}
    assert learning
    assert all(p.is_floating_point() for p in module.parameters() if p.requires_grad)
    before = {n: v.clone() for n, v in module.state_dict().items() if isinstance(v, torch.Tensor)}
    stir(module)
    stirred = {n: p.detach().clone() for n, p in module.named_parameters()}
    step(module, loss, shown)
    stepping = tuner(method)
    if isinstance(stepping, Stepping):
        stepping.stepped(built, module, 1, 10)
    after = module.state_dict()
    assert list(after) == list(module.state_dict())
    parameters = {n for n, _ in module.named_parameters()}
    moved = {n for n in parameters if not torch.equal(stirred[n], after[n])}
    assert moved
    assert moved <= learning
    if name not in ("full", "rehearsal", "distil", "partial", "unfreeze"):  # the base stays: statistics of norms too
        still = [n for n in before if n not in learning and not n.endswith("kept") and "importance" not in n]
        assert all(torch.equal(before[n], after[n]) for n in still if "uncertainty" not in n)
    assert {n for n, p in module.named_parameters() if p.requires_grad} == learning


@pytest.mark.parametrize(("name", "model"), FITTING)
def test_the_merged_model_says_the_same_and_the_trained_one_is_left_alone(name: str, model: str) -> None:
    built, method = MODELS[model](), made(name)
    names = set(built.module.state_dict())
    module = method.prepare(built)
    stir(module)
    shown = batch(model)
    with_it, own = quiet(module, shown), list(module.state_dict())
    merged = method.merge(module)
    torch.testing.assert_close(quiet(merged, shown), with_it, rtol=1e-5, atol=1e-5)
    assert list(module.state_dict()) == own
    torch.testing.assert_close(quiet(module, shown), with_it, rtol=0, atol=0)
    if name in FOLDED:
        assert set(merged.state_dict()) == names


@pytest.mark.parametrize(("name", "model"), ADDING)
def test_an_adapter_alone_gives_a_fresh_base_the_same_answers(name: str, model: str) -> None:
    method = made(name)
    assert isinstance(method, Adapting)
    one, two = MODELS[model](), MODELS[model]()
    if one.head:  # the new head is drawn anew wherever the base is loaded
        for parameter in two.module.get_submodule(two.head[0]).parameters():
            torch.nn.init.normal_(parameter)
    module, fresh = method.prepare(one), method.prepare(two)
    stir(module)
    adapter, shown = method.adapter(module), batch(model)
    assert 0 < sum(v.numel() for v in adapter.values()) < sum(p.numel() for p in module.parameters())
    method.adapt(fresh, adapter)
    torch.testing.assert_close(quiet(fresh, shown), quiet(module, shown), rtol=0, atol=1e-6)
    short = dict(list(adapter.items())[1:])
    with pytest.raises(BadInput, match="does not fit"):
        method.adapt(fresh, short)
    first = next(iter(adapter))
    with pytest.raises(BadInput, match="does not fit"):
        method.adapt(fresh, {**adapter, first: adapter[first].flatten()[:1]})


@pytest.mark.parametrize(("name", "model"), [(n, m) for n, m in FITTING if m == "bert"])
def test_preparing_twice_from_one_seed_gives_the_same_start(name: str, model: str) -> None:
    states = []
    for _ in range(2):
        built = MODELS[model]()
        torch.manual_seed(7)
        states.append(made(name).prepare(built).state_dict())
    assert list(states[0]) == list(states[1])
    for key, value in states[0].items():
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(value, states[1][key], rtol=0, atol=0)
