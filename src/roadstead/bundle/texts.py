"""From a text to what a model is shown: tokens, cut and filled up, by the tokenizer file beside the card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from roadstead.bundle.card import TextInput
from roadstead.errors import BadBundle
from roadstead.registry import extra_named

Columns = Mapping[str, npt.NDArray[np.int64]]
"""The model's inputs by name, (1, length) each."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Turns texts into columns; `tokenizer` is one of the package tokenizers."""

    spec: TextInput
    tokenizer: Any

    def columns(self, text: str | Sequence[str]) -> tuple[Columns, list[int | None]]:
        """Return the columns of a text, or of a row of words, and which word each token is a piece of."""
        encoded = self.tokenizer.encode(
            text if isinstance(text, str) else list(text), is_pretokenized=not isinstance(text, str)
        )
        found = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        return {name: np.array([found[name]], dtype=np.int64) for name in self.spec.columns}, encoded.word_ids


def texts(folder: Path, spec: TextInput) -> Texts:
    """Open the tokenizer of a bundle; raise BadBundle where there is none, MissingExtra without the package tokenizers."""
    file = folder / spec.tokenizer
    if not file.is_file():
        raise BadBundle(f"{folder}: text.tokenizer: there is no file {spec.tokenizer!r} in the folder")
    with extra_named("reading texts"):
        from tokenizers import Tokenizer
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except Exception as error:  # noqa: BLE001 - the package raises nothing finer than Exception
        raise BadBundle(f"{file}: cannot be read as a tokenizer: {error}") from None
    tokenizer.enable_truncation(spec.length)
    tokenizer.no_padding()
    return Texts(spec, tokenizer)
