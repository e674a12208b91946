"""Families of models that can be tuned: one file a family.

A family is a frozen dataclass whose fields are its settings. Weights come from a folder, a package that carries them, a hub
name, or are random; `weights` says which in every family that has a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from roadstead.registry import Registry
from roadstead.train.vocabulary import Vocabulary

if TYPE_CHECKING:
    from torch import nn

    from roadstead.bundle.card import Input


@dataclass(slots=True, eq=False, kw_only=True)
class Built:
    """A model ready to be tuned.

    `head` are the prefixes of the names of parameters that are new for this task; () where nothing is. `blocks` are the
    prefixes of all others from the input to the head, one entry a block: what partial tuning, unfreezing step by step and
    rates by layer count by. `processor` is a tokenizer or processor of transformers. `input` is what a picture has to look
    like. `parts` name what a model of several networks is put together of (projector, vision, language), by prefixes.
    `origin` says where the weights are from, `licence` under which licence; `notes` have to stand beside every figure.
    """

    module: nn.Module
    head: tuple[str, ...] = ()
    blocks: tuple[tuple[str, ...], ...] = ()
    processor: Any = None
    input: Input | None = None
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origin: str = "random"
    licence: str = ""
    notes: tuple[str, ...] = ()


class Family(Protocol):
    """A frozen dataclass whose fields are its settings."""

    tasks: ClassVar[frozenset[str]]
    """The tasks whose models it builds."""

    def build(self, task: str, vocabulary: Vocabulary) -> Built:
        """Return a model for a task of `tasks`; raise BadInput or MissingExtra in one sentence where that cannot be done."""


plugins: Registry[Family] = Registry("train.models", "model")
family = plugins
