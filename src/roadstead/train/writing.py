"""What tasks that write from left to right share: batches of token rows, their losses, likelihoods, and greedy writing."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GenerationConfig

from roadstead.train import packing
from roadstead.train.reading import decoded, padded
from roadstead.train.tokens import IGNORED

Criterion = Callable[[Tensor, Tensor], Tensor]
"""Logits (t, v) and tokens (t,) to the loss of each token, (t,)."""


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of one text, and which of them count."""

    ids: tuple[int, ...]
    trained: tuple[bool, ...]


def collated(rows: Sequence[Row], pad: int, pack: int | None = None) -> dict[str, Any]:
    """Return input_ids (n, t) and targets (n, t): the token that has to come next, -100 where it does not count.

    Rows are padded at the right to the longest; as no token sees those behind it they need no mask. With `pack` they go
    together into rows of so many tokens, with position_ids and a mask (n, 1, t, t).
    """
    shifted = [_next(row) for row in rows]
    if pack is None:
        return {"input_ids": padded([row.ids for row in rows], pad), "targets": padded(shifted, IGNORED)}
    together = packing.rows([len(row.ids) for row in rows], pack)
    positions, mask = packing.places([[len(rows[k].ids) for k in some] for some in together])
    return {
        "input_ids": padded([[token for k in some for token in rows[k].ids] for some in together], pad),
        "targets": padded([[token for k in some for token in shifted[k]] for some in together], IGNORED),
        "position_ids": positions,
        "attention_mask": mask,
    }


def _next(row: Row) -> list[int]:
    return [
        *(token if counts else IGNORED for token, counts in zip(row.ids[1:], row.trained[1:], strict=True)),
        IGNORED,
    ]


def units(batch: Mapping[str, Any]) -> float:
    """Count the tokens that count."""
    return float((batch["targets"] != IGNORED).sum())


def logits(model: nn.Module, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits (k, v) and true tokens (k,) of the places that count, and which row each is of (k,).

    The head over the words is the widest layer of a small model: it is reckoned for the columns alone in which a place of some
    row counts.
    """
    targets: Tensor = batch["targets"]
    counts = targets != IGNORED
    columns = counts.any(dim=0).nonzero()[:, 0]
    given = {name: batch[name] for name in ("input_ids", "position_ids", "attention_mask") if name in batch}
    packed = "position_ids" in batch
    first = int(columns[0]) if len(columns) else targets.shape[1] - 1
    keep: dict[str, Any] = {}
    takes = _takes(plain(model))
    if "logits_to_keep" in takes:
        # places from the end stay the same when a method puts something before the text
        keep["logits_to_keep"] = columns if packed and len(columns) else targets.shape[1] - first
    if "use_cache" in takes:
        keep["use_cache"] = False
    made: Tensor = model(**given, **keep).logits
    if made.shape[1] == targets.shape[1]:
        kept_targets, kept = targets, counts
    elif packed:
        kept_targets, kept = targets[:, columns], counts[:, columns]
    else:
        kept_targets, kept = targets[:, first:], counts[:, first:]
    return made[kept], kept_targets[kept], kept.nonzero()[:, 0]


def likelihoods(model: nn.Module, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """Return for each row the sum of log-shares of its true tokens (nats, at most 0) and how many they are, (n,) each."""
    made, true, of = logits(model, batch)
    n = len(batch["input_ids"])
    lost = functional.cross_entropy(made.float(), true, reduction="none")
    sums = lost.new_zeros(n).index_add(0, of, -lost)
    return sums, torch.bincount(of, minlength=n)


def plain(model: nn.Module) -> nn.Module:
    """Return the model inside what data-parallel training wraps around it."""
    inner = getattr(model, "module", None)
    return plain(inner) if isinstance(inner, nn.Module) else model


def written(
    model: nn.Module, tokenizer: Any, prompts: Sequence[Sequence[int]], most: int, device: torch.device
) -> list[str]:
    """Let a model go on from prompts, always with the likeliest token, to its end mark or `most` new tokens; return the texts."""
    pad = tokenizer.pad_token_id
    longest = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[*([pad] * (longest - len(prompt))), *prompt] for prompt in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
    how = GenerationConfig(  # type: ignore[no-untyped-call]  # transformers does not type it
        max_new_tokens=most, do_sample=False, pad_token_id=pad, eos_token_id=tokenizer.eos_token_id
    )
    inner: Any = plain(model)
    made = inner.generate(input_ids=ids, attention_mask=mask, generation_config=how)
    return [str(text).strip() for text in tokenizer.batch_decode(made[:, longest:], skip_special_tokens=True)]


def _takes(model: nn.Module) -> frozenset[str]:
    """Return what a model's forward takes by name."""
    return _parameters(type(model).forward)


@lru_cache
def _parameters(forward: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(forward).parameters)


def audit(batch: Mapping[str, Any], tokenizer: Any) -> str:
    """Return how many tokens count, and those of the first row as text."""
    counts = batch["targets"] != IGNORED
    first = batch["targets"][0][counts[0]].tolist()
    return f"{int(counts.sum())} of {counts.numel()} tokens count; of the first row: {decoded(tokenizer, first)[:400]}"
