"""Learned keys and values before those of the text, in every attention layer of a model of transformers.

PEFT hands a prefix over as a cache of past keys, which excludes gradient checkpointing (peft#869, #2191) and breaks when
caches change (peft#2662, #2735, #2821). Here it is part of the attention function that the model looks up by name, so it
needs no cache: lengths, positions, names and generation stay as they are.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

NAME = "roadstead_prefix"
PART = "prefix_tokens"
"""What the prefix is called below its attention layer."""


class Prefix(nn.Module):
    """Keys and values, (heads, tokens, width) each."""

    def __init__(self, key: Tensor, value: Tensor) -> None:
        super().__init__()
        self.key = nn.Parameter(key)
        self.value = nn.Parameter(value)


class Seen(nn.Module):
    """Stands in the place of a prefix and keeps what an attention layer was given."""

    def __init__(self) -> None:
        super().__init__()
        self.key: Tensor | None = None
        self.value: Tensor | None = None


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **how: Any
) -> tuple[Tensor, Tensor | None]:
    """Attend to the prefix too: query (n, h, q, d), key and value (n, k, t, d), mask (n, 1, q, t) or nothing."""
    prefix = getattr(module, PART, None)
    if isinstance(prefix, Seen):
        prefix.key, prefix.value = key.detach(), value.detach()
    if isinstance(prefix, Prefix):
        causal = how.get("is_causal")
        causal = getattr(module, "is_causal", True) if causal is None else causal
        attention_mask = _widened(attention_mask, query, key, prefix.key.shape[1], bool(causal))
        if how.get("position_bias") is not None:
            how["position_bias"] = functional.pad(how["position_bias"], (prefix.key.shape[1], 0))
        key, value = (
            torch.cat([own.to(of.dtype).expand(len(of), -1, -1, -1), of], dim=2)
            for own, of in ((prefix.key, key), (prefix.value, value))
        )
    output, weights = sdpa_attention_forward(module, query, key, value, attention_mask, **how)
    return output, weights


def _widened(mask: Tensor | None, query: Tensor, key: Tensor, tokens: int, causal: bool) -> Tensor | None:  # noqa: FBT001
    """Return the mask with columns for the prefix, which everything may see."""
    if mask is None:
        if not causal or query.shape[2] == 1:
            return None
        rows, columns = query.shape[2], key.shape[2]
        mask = torch.ones(rows, columns, dtype=torch.bool, device=key.device).tril(columns - rows)[None, None]
    return functional.pad(mask, (tokens, 0), value=True if mask.dtype == torch.bool else 0.0)


def _mask(*given: Any, **how: Any) -> Tensor | None:
    """Return the mask that sdpa takes, also where it could do without."""
    how["allow_is_causal_skip"] = False
    return sdpa_mask(*given, **how)


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, _mask)
