"""What tasks that read texts with an encoder share: padding, and what they have to say before the first step."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from roadstead.dataset.samples import Sample
from roadstead.train import tokens
from roadstead.train.models import Built

COLUMNS = ("input_ids", "attention_mask", "token_type_ids")
"""What an encoder may be handed."""
_FILL = {"attention_mask": 0, "token_type_ids": 0}


def padded(rows: Sequence[Sequence[int]], fill: int) -> Tensor:
    """Return rows of tokens as (n, longest), filled up at the right."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *([fill] * (longest - len(row)))] for row in rows], dtype=torch.long)


def columns(rows: Sequence[Mapping[str, Any]], pad: int) -> dict[str, Tensor]:
    """Return what a tokenizer gave for several texts as tensors, padded to the longest."""
    return {name: padded([row[name] for row in rows], _FILL.get(name, pad)) for name in COLUMNS if name in rows[0]}


def inputs(batch: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return what of a batch the model takes."""
    return {name: batch[name] for name in COLUMNS if name in batch}


def surveyed(
    built: Built, samples: Sequence[Sample], lengths: Sequence[int], length: int, *, allow_unknown: bool
) -> tuple[str, ...]:
    """Return what has to be said of training texts: what the tokenizer does not know, and how many are cut at `length` tokens.

    It is added to the model's notes too. Raise BadInput where too much is unknown. Without samples nothing is said.
    """
    if not samples:
        return built.notes
    tokens.demand_known(built.processor, samples, allow=allow_unknown)
    cut = sum(n > length for n in lengths)
    said = (f"{cut} of {len(lengths)} training texts are longer than {length} tokens and are cut",) if cut else ()
    return noted(built, (*tokens.notes(built.processor, samples), *said))


def noted(built: Built, said: Sequence[str]) -> tuple[str, ...]:
    """Add sentences to a model's notes that are not there yet; return all."""
    built.notes = (*built.notes, *(one for one in said if one not in built.notes))
    return built.notes


def decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    """Return tokens as text for a person, line ends shown."""
    return str(tokenizer.decode(list(ids))).replace("\n", "⏎")
