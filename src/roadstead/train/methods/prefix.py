"""Prefix tuning: every attention layer gets learned keys and values to look at besides the text's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from annotated_types import Gt
from torch import Tensor, nn

from roadstead.errors import BadInput
from roadstead.train.methods import _attention, _names, method
from roadstead.train.models import Built


@method("prefix", zh="前缀微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """`tokens` learned keys and values a layer (Li & Liang 2021; P-tuning v2, Liu et al. 2022); the new head learns whole.

    For models of transformers, encoders and decoders. Started by chance, or from the keys and values of `text`, which in
    PEFT's comparison made much of the difference. There is no re-parametrisation. It cannot be folded into the weights:
    `merge` leaves the prefix in.
    """

    tokens: Annotated[int, Gt(0)] = 16
    text: str = ""

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and give each attention layer its prefix; raise BadInput where the model cannot take one."""
        module: Any = built.module
        if not _names.is_transformers(module):
            raise BadInput("method: prefix is made for models of transformers; take lora or adapter")
        if any(isinstance(part, _attention.Prefix) for part in module.modules()):
            raise BadInput("method: the model carries a prefix already")
        if not (module._can_set_attn_implementation() and module._supports_sdpa):
            raise BadInput(
                f"method: the attention of {type(module).__name__} cannot be exchanged; take lora or adapter"
            )
        module.set_attn_implementation(_attention.NAME)
        _names.only(module, lambda name: _names.under(name, built.head))
        given = self._words(built)
        with _watched(module) as seen, torch.no_grad():
            module(**_inputs(module, given))
        for name, part in seen.items():
            if part.key is not None and part.value is not None:
                module.get_submodule(name).add_module(_attention.PART, self._prefix(part.key, part.value))
        if not any(isinstance(part, _attention.Prefix) for part in module.modules()):
            raise BadInput(
                f"method: no attention layer of {type(module).__name__} takes a prefix; take lora or adapter"
            )
        return built.module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: a prefix cannot be folded into weights, it stays in."""
        return module

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return the keys and values of each layer, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)

    def _words(self, built: Built) -> list[int]:
        """Return the tokens of `text`."""
        if not self.text:
            return []
        if built.processor is None:
            raise BadInput("method.text: the model has no tokenizer to read it with; remove it")
        return list(built.processor(text=self.text, add_special_tokens=False)["input_ids"])

    def _prefix(self, key: Tensor, value: Tensor) -> _attention.Prefix:
        """Return a prefix like what a layer was given, (1, heads, t, width): the same or of the same size, by chance."""
        if not self.text:
            shape = (key.shape[1], self.tokens, key.shape[3])
            scale = 0.02  # as embeddings are drawn
            return _attention.Prefix(
                torch.randn(shape, device=key.device) * scale, torch.randn(shape, device=key.device) * scale
            )
        places = torch.arange(self.tokens, device=key.device) % key.shape[2]
        return _attention.Prefix(key[0][:, places].float().clone(), value[0][:, places].float().clone())


def _inputs(module: Any, given: list[int]) -> dict[str, Tensor]:
    """Return the least that a model can be run with."""
    device = next(module.parameters()).device
    ids = torch.tensor([given or [1, 1]], device=device)
    inputs = {module.main_input_name: ids} if module.main_input_name == "input_ids" else {}
    if not inputs:
        raise BadInput(f"method: prefix takes models of text, {type(module).__name__} takes {module.main_input_name}")
    if getattr(module.config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = ids
    return inputs


@contextmanager
def _watched(module: nn.Module) -> Iterator[dict[str, _attention.Seen]]:
    """Let every layer without layers of its own kind keep the keys and values that it attends to."""
    was = module.training
    places = {n: part for n, part in module.named_modules() if n and any(True for _ in part.children())}
    seen = {name: _attention.Seen() for name in places if not isinstance(places[name], nn.ModuleList | nn.Sequential)}
    module.eval()
    for name, one in seen.items():
        places[name].add_module(_attention.PART, one)
    try:
        yield seen
    finally:
        for name in seen:
            delattr(places[name], _attention.PART)
        module.train(was)
