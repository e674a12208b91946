"""Learned token embeddings beside those of the text, for models of transformers.

They go before the text of a decoder and after that of an encoder (whose first token is what is pooled). What comes out has
the text's length again, so a learner sees nothing of them; names and `generate` stay as they are.
"""

import inspect
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from roadstead.errors import BadInput
from roadstead.train.methods import _names
from roadstead.train.models import Built

PART = "soft_prompt"
"""What the prompt is called in the model."""


class Plain(nn.Module):
    """Embeddings (tokens, width) that learn as they are."""

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(start)

    def forward(self) -> Tensor:
        """Return the embeddings."""
        return self.weight


class Soft(nn.Module):
    """A prompt in a model: where its `tokens` embeddings come from, and whether they go before the text.

    `due` says that the embeddings of the pass that runs still have to be put in, `length` how long text and prompt are.
    """

    def __init__(self, source: nn.Module, tokens: int, before: bool) -> None:  # noqa: FBT001
        super().__init__()
        self.source, self.tokens, self.before = source, tokens, before
        self.due = False
        self.length = 0

    def widened(self, column: Tensor, fill: float) -> Tensor:
        """Return (n, t) with `fill` where the prompt goes."""
        return functional.pad(column, (self.tokens, 0) if self.before else (0, self.tokens), value=fill)

    def cut(self, x: Tensor) -> Tensor:
        """Return (n, t, …) without the prompt."""
        return x[:, self.tokens :] if self.before else x[:, : -self.tokens]


def check(built: Built, name: str) -> None:
    """Raise BadInput where a model cannot take a prompt."""
    module: Any = built.module
    if not _names.is_transformers(module) or module.main_input_name != "input_ids":
        raise BadInput(f"method: {name} is made for text models of transformers; take lora or adapter")
    if getattr(module.config, "is_encoder_decoder", False):
        raise BadInput(
            f"method: {name} takes encoders or decoders, not both in one model; take prefix, lora or adapter"
        )
    if hasattr(module, PART):
        raise BadInput("method: the model carries a prompt already")


def width(module: Any) -> int:
    """Return how long a token's embedding is."""
    return int(module.get_input_embeddings().weight.shape[1])


def install(built: Built, source: nn.Module, tokens: int) -> nn.Module:
    """Freeze the model and put a prompt into it; the new head learns whole."""
    module: Any = built.module
    _names.only(module, lambda name: _names.under(name, built.head))
    soft = Soft(source, tokens, before=decodes(module))
    module.add_module(PART, soft.to(module.get_input_embeddings().weight.device))
    module.register_forward_pre_hook(_before, with_kwargs=True)
    module.register_forward_hook(_after)
    module.get_input_embeddings().register_forward_hook(partial(_embed, soft))
    return built.module


def decodes(module: Any) -> bool:
    """Whether a model reads from left to right: what it says of a token depends on those before it alone."""
    kinds = [part.is_causal for part in module.modules() if hasattr(part, "is_causal")]
    return bool(kinds and any(kinds)) or bool(getattr(module.config, "is_decoder", False))


def _before(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Make room for the prompt in everything that has the text's length."""
    soft: Soft = getattr(module, PART)
    names = list(inspect.signature(type(module).forward).parameters)[1:]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    ids = given.get("input_ids")
    if ids is None:
        raise BadInput("method: a prompt needs input_ids, not embeddings")
    past = given.get("past_key_values")
    seen = int(past.get_seq_length()) if past is not None else 0
    soft.due = seen == 0
    soft.length = ids.shape[1] + soft.tokens if soft.due else 0
    mask = given.get("attention_mask")
    if mask is None:
        mask = torch.ones(len(ids), max(seen - soft.tokens, 0) + ids.shape[1], dtype=torch.long, device=ids.device)
    if mask.ndim != 2:
        raise BadInput("method: a prompt does not go with packed texts; turn packing off, or take prefix")
    if not soft.before and "position_ids" in names and given.get("position_ids") is None and _counts(module):
        given["position_ids"] = torch.arange(ids.shape[1], device=ids.device).expand(ids.shape)
    _place(soft, given, mask)
    given["attention_mask"] = soft.widened(mask, 1)
    if soft.due:
        _widen(module, soft, given)
    return (), given


def _counts(module: nn.Module) -> bool:
    """Whether places are counted from the first token on; models like RoBERTa read them off what is no padding."""
    return not any(hasattr(part, "create_position_ids_from_input_ids") for part in module.modules())


def _place(soft: Soft, given: dict[str, Any], mask: Tensor) -> None:
    """Move positions behind the prompt where it goes before the text; after it the prompt's follow the last real token."""
    for name in ("position_ids", "cache_position"):
        places = given.get(name)
        if places is None:
            continue
        if soft.due and places.shape[-1] > 1 and bool((places.diff(dim=-1) < 0).any()):
            raise BadInput("method: a prompt does not go with packed texts; turn packing off, or take prefix")
        own = torch.arange(soft.tokens, device=places.device).expand(*places.shape[:-1], -1)
        if soft.before:
            moved = places + soft.tokens
            given[name] = torch.cat([own, moved], dim=-1) if soft.due else moved
        else:
            given[name] = torch.cat([places, own + mask.sum(-1, keepdim=True)], dim=-1)


def _widen(module: Any, soft: Soft, given: dict[str, Any]) -> None:
    """Make room in the tokens (what stands there is not read, but must be no padding), segments and labels."""
    most = getattr(module.config, "max_position_embeddings", None)
    if most is not None and soft.length > most:
        raise BadInput(
            f"method: {soft.length - soft.tokens} tokens of text and {soft.tokens} of prompt are more than the {most} that "
            "the model can place; shorten the texts (task) or the prompt (method.tokens)"
        )
    padding = getattr(module.config, "pad_token_id", None)
    given["input_ids"] = soft.widened(given["input_ids"], 1 if padding == 0 else 0)
    if given.get("token_type_ids") is not None:
        given["token_type_ids"] = soft.widened(given["token_type_ids"], 0)
    labels = given.get("labels")
    if labels is not None and labels.ndim == 2:
        given["labels"] = soft.widened(labels, -100)


def _embed(soft: Soft, embedding: nn.Module, args: Any, output: Tensor) -> Tensor:  # noqa: ARG001 - a hook's signature
    """Put the prompt where room was made."""
    if not soft.due or output.ndim != 3 or output.shape[1] != soft.length:
        return output
    soft.due = False
    own = soft.source().to(output.dtype).expand(len(output), -1, -1)
    return torch.cat([own, soft.cut(output)] if soft.before else [soft.cut(output), own], dim=1)


def _after(module: Any, args: Any, output: Any) -> Any:  # noqa: ARG001 - a hook's signature
    """Take the prompt out of what the model returns."""
    soft: Soft = getattr(module, PART)
    if not soft.length:
        return output

    def plain(value: Any, ndim: int = 3) -> Any:
        if isinstance(value, Tensor) and value.ndim >= ndim and value.shape[1] == soft.length:
            return soft.cut(value)
        return value

    for name in ("logits", "last_hidden_state"):
        if getattr(output, name, None) is not None:
            output[name] = plain(output[name])
    for name in ("start_logits", "end_logits"):
        if getattr(output, name, None) is not None:
            output[name] = plain(output[name], ndim=2)
    if getattr(output, "hidden_states", None) is not None:
        output["hidden_states"] = tuple(plain(state) for state in output["hidden_states"])
    return output
