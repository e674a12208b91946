"""What methods compute is what their papers say: written out by hand, or by a library."""

import math
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from peft.tuners.adalora.layer import RankAllocator
from timm.layers.conv2d_same import Conv2dSame
from torch import nn
from torch.nn import functional

from _networks import Little, batch, bert, cnn, llama, quiet, step, stir
from roadstead.errors import BadInput, BadSettings
from roadstead.train.methods.adalora import Adalora
from roadstead.train.methods.adapter import Adapter
from roadstead.train.methods.dora import Dora
from roadstead.train.methods.lora import Lora
from roadstead.train.methods.qlora import Qlora
from roadstead.train.models import Built

pytestmark = pytest.mark.torch


class Two(nn.Module):
    """A linear layer and a convolution, called by hand."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(6, 5)
        self.conv = nn.Conv2d(3, 4, 3, padding=1, stride=2)
        self.head = nn.Linear(5, 2)


@pytest.mark.parametrize("rslora", [False, True])
def test_lora_is_written_out_on_linear_layers_and_convolutions(rslora: bool) -> None:
    built = Built(module=Two(), head=("head",))
    plain = Two()
    module: Any = Lora(r=2, alpha=6.0, rslora=rslora).prepare(built)
    stir(module, 0.3)
    scale = 6.0 / math.sqrt(2) if rslora else 6.0 / 2
    x = torch.randn(7, 6)
    a, b = module.linear.lora_A.default.weight, module.linear.lora_B.default.weight
    assert a.shape == (2, 6)
    assert b.shape == (5, 2)
    torch.testing.assert_close(module.linear(x), plain.linear(x) + scale * (x @ a.T) @ b.T)
    pictures = torch.randn(2, 3, 8, 8)
    a, b = module.conv.lora_A.default.weight, module.conv.lora_B.default.weight
    thin = functional.conv2d(functional.conv2d(pictures, a, padding=1, stride=2), b)
    torch.testing.assert_close(module.conv(pictures), plain.conv(pictures) + scale * thin)
    assert type(module.head) is nn.Linear
    assert module.head.weight.requires_grad


def test_dora_is_written_out() -> None:
    module: Any = Dora(r=2, alpha=4.0, targets=("linear",)).prepare(Built(module=Two(), head=("head",)))
    stir(module, 0.3)
    layer = module.linear
    whole = layer.base_layer.weight + 2.0 * layer.lora_B.default.weight @ layer.lora_A.default.weight
    length = layer.lora_magnitude_vector.default.weight
    x = torch.randn(7, 6)
    wanted = x @ (length[:, None] * whole / whole.norm(dim=1, keepdim=True)).T + layer.base_layer.bias
    torch.testing.assert_close(layer(x), wanted, rtol=1e-5, atol=1e-5)


def test_qlora_keeps_four_bits_and_learns_beside_them() -> None:
    built, shown = llama(), batch("llama")
    untuned = quiet(built.module, shown)
    module: Any = Qlora(r=2, targets="all-linear").prepare(built)
    layer = module.model.layers[0].self_attn.q_proj.base_layer
    assert layer.weight.dtype == torch.uint8
    assert layer.weight.numel() == 32 * 32 // 2
    assert layer.weight.quant_state.nested
    assert layer.weight.quant_state.quant_type == "nf4"
    assert type(module.lm_head) is nn.Linear
    near = quiet(module, shown)
    apart = float((near - untuned).norm() / untuned.norm())
    assert 0 < apart < 0.5  # four bits change what it says, but it is still that model
    kept = layer.weight.data.clone()
    step(module, Little(), shown)
    assert torch.equal(layer.weight.data, kept)
    merged = Qlora().merge(module)
    assert {type(p) for p in merged.modules() if isinstance(p, nn.Linear)} == {nn.Linear}
    torch.testing.assert_close(quiet(merged, shown), quiet(module, shown), rtol=1e-5, atol=1e-5)


def test_adalora_gives_ranks_away_as_peft_does_and_goes_on_where_it_was() -> None:
    steps, method = 12, Adalora(r=2, start_r=4, warmup=0.2, fixed=0.4, betas=(0.8, 0.7), orthogonal=0.0)
    built, shown, learner = bert(), batch("bert"), Little()
    module: Any = method.prepare(built)
    module.peft_config["default"].beta1, module.peft_config["default"].beta2 = 0.8, 0.7
    settings = module.peft_config["default"]
    settings.total_step, settings.tinit, settings.tfinal, settings.deltaT = steps, 2, 4, 1
    other = method.prepare(bert())
    allocator: Any = RankAllocator  # PEFT types nothing of it
    other.load_state_dict(module.state_dict())
    peer: Any = allocator(other, settings, "default")
    saved: Any = None
    for now in range(1, steps + 1):
        for model in (module, other):
            model.eval()  # no dropout: both take the same steps
            loss = learner.loss(model, shown)
            torch.autograd.backward(loss.total / loss.units)
            with torch.no_grad():
                for p in model.parameters():
                    if p.grad is not None and p.requires_grad:
                        p.sub_(0.5 * p.grad)
        method.stepped(built, module, now, steps)
        if now < steps - 4:
            peer.update_and_allocate(other, now)
        elif now == steps - 4:
            pattern = peer.update_and_allocate(other, now, force_mask=True)[1]
        else:
            peer.mask_using_rank_pattern(other, pattern)
        for model in (module, other):
            model.zero_grad()
        ours, theirs = ({n: p for n, p in model.named_parameters() if "lora_E" in n} for model in (module, other))
        for name in ours:
            torch.testing.assert_close(ours[name], theirs[name], rtol=1e-5, atol=1e-7)
        if now == 6:
            saved = {n: v.clone() for n, v in module.state_dict().items()}
    kept = [part.kept for part in module.modules() if hasattr(part, "kept")]
    assert sum(int(k.sum()) for k in kept) <= 2 * len(kept)
    assert len({int(k.sum()) for k in kept}) > 1 or len(kept) == 1  # ranks differ between layers
    again = method.prepare(bert())
    again.load_state_dict(saved)
    assert any(float(v.abs().max()) > 0 for n, v in saved.items() if "importance" in n)


def test_adalora_asks_for_orthogonal_factors() -> None:
    module = Adalora(r=2, start_r=4).prepare(bert())
    shown, learner = batch("bert"), Little()
    module.eval()
    plain = learner.loss(module, shown)
    guided = Adalora(r=2, start_r=4, orthogonal=0.5).guide(bert(), learner, {}).loss(module, shown, 0)
    distance = []
    for name, p in module.named_parameters():
        if "lora_A" in name or "lora_B" in name:
            rows = p if "lora_A" in name else p.T
            distance.append(float((rows @ rows.T - torch.eye(4)).norm().detach()))
    wanted = float(plain.total.detach()) + 0.5 * plain.units * sum(distance) / len(distance)
    assert float(guided.total.detach()) == pytest.approx(wanted, rel=1e-5)
    assert guided.units == plain.units
    with pytest.raises(BadSettings, match="start_r"):
        Adalora(r=8, start_r=8)


def test_adalora_leaves_convolutions_that_pad_by_themselves_alone() -> None:
    def made() -> Built:
        module = Two()
        module.conv = Conv2dSame(3, 4, 3, stride=2)
        return Built(module=module, head=("head",))

    module: Any = Adalora(r=2, start_r=4).prepare(made())
    assert type(module.conv) is Conv2dSame
    assert hasattr(module.linear, "lora_E")
    with pytest.raises(BadInput, match="no form for conv, a convolution that pads by itself; take lora"):
        Adalora(r=2, start_r=4, targets=("conv", "linear")).prepare(made())


def test_adapters_stand_where_the_papers_put_them() -> None:
    both = Adapter(reduction=8).prepare(bert())
    names = [n.removesuffix(".bottleneck") for n, p in both.named_modules() if n.endswith(".bottleneck")]
    assert sorted({n.split("layer.")[1][2:] for n in names}) == ["attention.output.dense", "output.dense"]
    one = Adapter(placement="feed_forward").prepare(bert())
    assert sum(n.endswith(".bottleneck") for n, _ in one.named_modules()) == len(names) // 2
    down = both.get_submodule(f"{names[0]}.bottleneck.down")
    assert down.weight.shape == (4, 32)
    blocks = [n for n, _ in Adapter().prepare(cnn()).named_modules() if n.endswith(".bottleneck")]
    assert blocks[0] == "layer1.0.bottleneck"
    assert len(blocks) == 4
    with pytest.raises(BadInput, match="did you mean output"):
        Adapter(targets=("outputs",)).prepare(bert())


def test_starts_that_read_the_weights_are_for_linear_layers() -> None:
    with pytest.raises(BadInput, match="is a convolution"):
        Lora(init="pissa").prepare(cnn())
    shown = batch("bert")
    for init in ("pissa", "olora", "orthogonal", "gaussian"):
        built = bert()
        untuned = quiet(built.module, shown)
        module = Lora(init=init, r=4).prepare(built)
        torch.testing.assert_close(quiet(module, shown), untuned, rtol=1e-4, atol=1e-5)
