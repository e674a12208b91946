"""Prefixes and prompts: nothing of them is seen from outside, and generation, caches and checkpointing go on working."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import BertForTokenClassification, DynamicCache

from _networks import LONG, Little, batch, bert, llama, quiet, stir, t5
from roadstead.errors import BadInput
from roadstead.train.methods import Method
from roadstead.train.methods.p_tuning import PTuning
from roadstead.train.methods.prefix import Prefix
from roadstead.train.methods.prompt import Prompt
from roadstead.train.models import Built

pytestmark = pytest.mark.torch

METHODS: list[Method] = [
    Prefix(tokens=3),
    Prompt(tokens=3),
    PTuning(tokens=3, hidden=8),
    PTuning(tokens=3, encoder="lstm"),
]


WORDS = ["the", "truck", "spills", "gravel", "at", "night"]


class Words:
    """A tokenizer of six known words."""

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [5 + WORDS.index(w) for w in text.split()]}


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_generation_with_a_cache_is_generation_without(method: Method) -> None:
    module: Any = method.prepare(llama())
    stir(module, 0.5)
    module.eval()
    ids = batch("llama")["input_ids"][1:3]
    said = module.generate(ids, max_new_tokens=5, do_sample=False, use_cache=True, eos_token_id=None)
    slow = ids
    with torch.no_grad():
        for _ in range(5):
            slow = torch.cat([slow, module(input_ids=slow, use_cache=False).logits[:, -1:].argmax(-1)], dim=1)
    assert said.tolist() == slow.tolist()


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("make", [bert, llama])
def test_padding_changes_nothing(method: Method, make: Any) -> None:
    module = method.prepare(make())
    stir(module, 0.3)
    shown = batch("llama", n=2)
    short = {"input_ids": shown["input_ids"][:1, :5], "attention_mask": shown["attention_mask"][:1, :5]}
    whole, cut = quiet(module, shown)[:1], quiet(module, short)
    torch.testing.assert_close(whole[:, :5] if cut.ndim == 3 else whole, cut, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", METHODS[:2], ids=str)
def test_gradient_checkpointing_gives_the_same_gradients(method: Method) -> None:
    grads = []
    for checkpointing in (False, True):
        torch.manual_seed(3)
        module: Any = method.prepare(llama())
        if checkpointing:
            module.activation_checkpointing_enable({"use_reentrant": False})
        module.train()
        torch.autograd.backward(Little().loss(module, batch("llama")).total)
        grads.append([p.grad.clone() for p in module.parameters() if p.requires_grad])
    for one, two in zip(*grads, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-6)


def test_a_prefix_is_what_a_cache_of_past_keys_would_be() -> None:
    module: Any = Prefix(tokens=3).prepare(llama())
    stir(module, 0.5)
    shown = batch("llama")["input_ids"][1:3]
    cache = DynamicCache(config=module.config)
    for k, layer in enumerate(module.model.layers):
        own = layer.self_attn.prefix_tokens
        cache.update(*(t.detach().expand(2, -1, -1, -1).clone() for t in (own.key, own.value)), k)
    plain = llama().module.eval()
    places = torch.arange(LONG).expand(2, -1)
    with torch.no_grad():
        wanted = plain(
            input_ids=shown, past_key_values=cache, position_ids=places, attention_mask=torch.ones(2, LONG + 3)
        ).logits
        module.eval()
        torch.testing.assert_close(module(input_ids=shown).logits, wanted, rtol=1e-4, atol=1e-5)


def test_starts_from_words() -> None:
    built = llama()
    built.processor = Words()
    module: Any = Prompt(tokens=5, text="the truck spills").prepare(built)
    rows = module.get_input_embeddings().weight[[5, 6, 7, 5, 6]]
    torch.testing.assert_close(module.soft_prompt.source.weight, rows)
    built = llama()
    built.processor = Words()
    module = Prefix(tokens=3, text="the truck spills").prepare(built)
    cache: Any = DynamicCache(config=module.config)
    with torch.no_grad():
        llama().module.eval()(input_ids=torch.tensor([[5, 6, 7]]), past_key_values=cache)
    own = module.model.layers[1].self_attn.prefix_tokens
    torch.testing.assert_close(own.key[None], cache.layers[1].keys)
    torch.testing.assert_close(own.value[None], cache.layers[1].values)
    with pytest.raises(BadInput, match="no tokenizer"):
        Prefix(text="the").prepare(llama())
    with pytest.raises(BadInput, match="no tokenizer"):
        Prompt(text="the").prepare(llama())


def test_prompts_stand_before_a_decoder_and_after_an_encoder() -> None:
    module: Any = Prompt(tokens=3).prepare(bert())
    shown = batch("bert")
    with torch.no_grad():
        out = module.eval()(**{k: shown[k] for k in ("input_ids", "attention_mask")}, output_hidden_states=True)
    assert out.hidden_states[-1].shape[1] == LONG
    own = batch("llama")
    config: Any = bert().module.config
    tags = Built(module=BertForTokenClassification(config), head=("classifier",))
    tagger: Any = Prompt(tokens=3).prepare(tags)
    said = tagger(input_ids=own["input_ids"], attention_mask=own["attention_mask"], labels=own["labels"] % 3)
    assert said.logits.shape == (4, LONG, 3)
    assert not module.soft_prompt.before
    assert Prompt(tokens=3).prepare(llama()).soft_prompt.before  # type: ignore[union-attr]


def test_what_cannot_be_done_is_refused() -> None:
    module: Any = Prompt(tokens=3).prepare(llama())
    packed = torch.tensor([[0, 1, 2, 0, 1, 2, 3, 4, 5]])
    with pytest.raises(BadInput, match="packed"):
        module(input_ids=batch("llama")["input_ids"][:1], position_ids=packed)
    with pytest.raises(BadInput, match="more than the 40"):
        Prompt(tokens=35).prepare(bert())(input_ids=batch("bert")["input_ids"])
    with pytest.raises(BadInput, match="already"):
        Prompt().prepare(Built(module=module))
    with pytest.raises(BadInput, match="not both in one model"):
        Prompt().prepare(t5())
    assert not any(isinstance(p, BaseTunerLayer) for p in module.modules())


def test_a_prefix_goes_into_every_attention_of_an_encoder_with_a_decoder() -> None:
    torch.manual_seed(0)
    built = t5()
    module: Any = Prefix(tokens=3).prepare(built)
    assert sum(n.endswith("prefix_tokens") for n, _ in module.named_modules()) == 3
    ids = batch("llama")["input_ids"]
    loss = module(input_ids=ids, labels=ids).loss
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in module.parameters() if p.requires_grad)
