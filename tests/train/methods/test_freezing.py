"""Which parameters learn, and when; statistics of what is frozen stay."""

import copy
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from _networks import Little, batch, bert, cnn, llama, step, vit
from roadstead.errors import BadInput, BadSettings
from roadstead.train.methods._names import fits
from roadstead.train.methods.full import Full
from roadstead.train.methods.lora import Lora
from roadstead.train.methods.partial import Partial
from roadstead.train.methods.unfreeze import Unfreeze

pytestmark = pytest.mark.torch


def learning(module: nn.Module) -> set[str]:
    return {name for name, p in module.named_parameters() if p.requires_grad}


def tops(module: nn.Module) -> set[str]:
    return {name.split(".")[0] for name in learning(module)}


def test_the_last_blocks_and_the_head_learn() -> None:
    assert tops(Partial(last=2).prepare(cnn())) == {"layer3", "layer4", "fc"}
    found = learning(Partial(last=1, names=("layer.0.output",)).prepare(bert()))
    assert {n.split(".")[-3] for n in found if "layer.0" in n} == {"output"}
    assert "classifier.weight" in found
    assert "bert.pooler.dense.weight" in found
    with pytest.raises(BadInput, match="has 5 blocks, not 9"):
        Partial(last=9).prepare(cnn())


def test_head_bias_and_norms_alone() -> None:
    assert learning(Partial(only="head").prepare(cnn())) == {"fc.weight", "fc.bias"}
    biases = learning(Partial(only="bias").prepare(bert()))
    assert {n.rpartition(".")[2] for n in biases - {"classifier.weight"}} == {"bias"}
    norms = learning(Partial(only="norms").prepare(llama()))
    assert norms == {n for n, _ in llama().module.named_parameters() if "norm" in n}
    last = learning(Partial(only="norms", last=1).prepare(vit()))
    assert all(n.startswith(("blocks.", "head")) for n in last)
    with pytest.raises(BadInput, match="nothing would learn"):
        Partial(only="head").prepare(llama())
    with pytest.raises(BadSettings, match="what learns"):
        Partial()
    with pytest.raises(BadSettings, match="leaves nothing"):
        Partial(only="head", last=1)


def test_a_pattern_that_fits_nothing_is_refused_with_near_names() -> None:
    with pytest.raises(BadInput, match=r"nothing in the model is named 'layer5'; did you mean layer\d"):
        Partial(names=("layer4", "layer5")).prepare(cnn())


@given(st.lists(st.from_regex(r"[a-z]{1,4}\d?", fullmatch=True), min_size=1, max_size=5), st.data())
@settings(max_examples=50)
def test_whole_parts_of_a_name_fit_and_pieces_of_parts_do_not(parts: list[str], data: st.DataObject) -> None:
    name = ".".join(parts)
    begin = data.draw(st.integers(0, len(parts) - 1))
    end = data.draw(st.integers(begin + 1, len(parts)))
    pattern = ".".join(parts[begin:end])
    assert fits(name, (pattern,))
    assert not fits(name, (f"{pattern}_",))
    assert fits(name, ("nothing", "*"))


def test_frozen_batch_norms_stand_still_whoever_calls_train() -> None:
    module = Partial(last=1).prepare(cnn())
    copied = copy.deepcopy(module)
    for model in (module, copied):
        before = {n: v.clone() for n, v in model.named_buffers()}
        step(model, Little(), batch("cnn"))
        moved = {n.split(".")[0] for n, v in model.named_buffers() if not torch.equal(v, before[n])}
        assert moved == {"layer4"}
    free = cnn()
    free.module = module
    Full().prepare(free)
    module.train()
    assert all(m.training for m in module.modules())


def test_lora_leaves_the_statistics_of_the_base_alone() -> None:
    module = Lora(r=2).prepare(cnn())
    before = {n: v.clone() for n, v in module.named_buffers()}
    step(module, Little(), batch("cnn"))
    assert all(torch.equal(v, before[n]) for n, v in module.named_buffers())


def test_blocks_thaw_from_the_head_to_the_input() -> None:
    built, method = cnn(), Unfreeze(until=0.8)
    module: Any = method.prepare(built)
    assert tops(module) == {"fc", "layer1", "layer2", "layer3", "layer4", "conv1", "bn1"}
    seen = []
    for progress in (0.0, 0.159, 0.16, 0.5, 0.8, 1.0):
        method.advance(built, module, progress)
        seen.append(len(tops(module)))
    assert seen == [1, 1, 2, 4, 7, 7]
    method.advance(built, module, 0.16)  # a function of progress alone: going back is no error
    assert tops(module) == {"fc", "layer4"}
    module.train()
    assert module.layer4[0].bn1.training
    assert not module.layer3[0].bn1.training


def test_thawing_can_stop_half_way_and_needs_blocks() -> None:
    built = llama()
    method = Unfreeze(most=2)
    module = method.prepare(built)
    method.advance(built, module, 0.0)
    assert tops(module) == {"model"}
    assert all("norm" in n for n in learning(module))
    method.advance(built, module, 1.0)
    assert {n.split(".")[2] for n in learning(module) if "layers" in n} == {"1"}
    built.blocks = ()
    with pytest.raises(BadInput, match="blocks are known"):
        Unfreeze().prepare(built)
