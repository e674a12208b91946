"""Models that read one text and write another (T5, BART, mBART, Marian …) of transformers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import transformers

from roadstead.errors import BadInput
from roadstead.train import tokens
from roadstead.train.models import Built, _language, family
from roadstead.train.vocabulary import Vocabulary


@family("transformers_seq2seq", zh="transformers 序列到序列模型")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersSeq2seq:
    """An encoder and a decoder; nothing of them is new.

    `weights`: a folder as transformers saves it; "hub" with `name` (needs a network); or "random" with `config`, a table with
    model_type and sizes. A random model takes its tokenizer from the folder `tokenizer`, or reads and writes bytes.
    """

    weights: Literal["random", "hub"] | Path = "random"
    name: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    tokenizer: Path | None = None
    tasks: ClassVar[frozenset[str]] = frozenset({"sequence_to_sequence"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # it serves one task
        """Return the model; raise BadInput where there are no such weights."""
        kind = transformers.AutoModelForSeq2SeqLM
        if self.weights == "random":
            reader = _language.tokenizer(self.tokenizer)
            marks = {"pad_token_id": reader.pad_token_id, "eos_token_id": reader.eos_token_id}
            begin = {"bos_token_id": reader.bos_token_id, "decoder_start_token_id": reader.pad_token_id}
            sizes = {"vocab_size": len(reader), "forced_eos_token_id": None, **marks, **begin}
            module, origin = _language.made(kind, _language.configured(self.config, **sizes)), "random"
        else:
            place: str | Path = self.name if self.weights == "hub" else Path(self.weights)
            if not str(place):
                raise BadInput('model.name: weights = "hub" needs the name of a model')
            reader, module = _language.tokenizer(place), _language.loaded(kind, place)
            origin = f"hub: {place}" if self.weights == "hub" else f"folder {Path(place).name}"
        return Built(
            module=module,
            blocks=_language.blocks(module, ()),
            processor=reader,
            origin=origin,
            licence="see the hub's page" if self.weights == "hub" else "",
            notes=tokens.notes(reader, vocabulary.samples),
        )
