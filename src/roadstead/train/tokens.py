"""Tokenizers: how much of a text one knows, and a small one of plain bytes that knows everything a little."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from roadstead.dataset.samples import Answer, Chat, Entities, Preference, Sample, Text
from roadstead.errors import BadInput
from roadstead.train.models import Built

MOST_UNKNOWN = 0.05
"""A larger share of unknown tokens is refused."""
MOST_TEXTS = 2000
"""So many texts are looked at, taken evenly from all."""
IGNORED = -100
"""The label of a token that does not count."""
_MARKS = {
    "pad_token": "<pad>",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
    "bos_token": "<|im_start|>",
    "eos_token": "<|im_end|>",
}
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Unknown:
    """How many tokens texts have, how many of them the tokenizer does not know, and a few words with such tokens."""

    texts: int
    tokens: int
    unknown: int
    examples: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """The share of tokens that are unknown, 0 to 1."""
        return self.unknown / self.tokens if self.tokens else 0.0

    def __str__(self) -> str:
        words = f", such as {' '.join(self.examples)}" if self.examples else ""
        return (
            f"the tokenizer does not know {self.rate:.2%} of {self.tokens} tokens in {self.texts} training texts{words}"
        )


def unknown(tokenizer: Any, texts: Sequence[str]) -> Unknown:
    """Return how much of some texts a tokenizer does not know.

    Unknown are its unknown token, and pieces smaller than a character: a tokenizer of bytes writes every text, but a model
    that saw a script only in such pieces has not learned it. Where all its tokens are bytes nothing is unknown.
    """
    chosen = texts[:: max(-(-len(texts) // MOST_TEXTS), 1)]
    if not chosen:
        return Unknown(0, 0, 0)
    rows = tokenizer(list(chosen), add_special_tokens=False)["input_ids"]
    strange = _strange(tokenizer, {token for row in rows for token in row})
    missed = sum(token in strange for row in rows for token in row)
    words = dict.fromkeys(word for text in chosen[:50] for word in text.split() if missed)
    examples: list[str] = []
    for word in words:
        if len(examples) < 3 and strange & set(tokenizer(word, add_special_tokens=False)["input_ids"]):
            examples.append(word[:20])
    return Unknown(len(chosen), sum(len(row) for row in rows), missed, tuple(examples))


def _strange(tokenizer: Any, ids: set[int]) -> set[int]:
    """Return those of some tokens that stand for nothing the model knows."""
    found = {tokenizer.unk_token_id} & ids
    if len(tokenizer) > 256 + len(_MARKS):
        found |= {token for token in ids if _REPLACEMENT in tokenizer.decode([token])}
    return found


def texts_of(sample: Sample) -> list[str]:
    """Return every text of a sample that a model is shown or has to write."""
    match sample.target:
        case Entities(tokens=tokens):
            return [" ".join(tokens)]
        case Text(text=text):
            return [one for one in (sample.text, text) if one]
        case Answer(question=question):
            return [question, sample.text]
        case Chat(messages=messages):
            return [message.content for message in messages]
        case Preference(prompt=prompt, chosen=chosen, rejected=rejected):
            return [*(message.content for message in prompt), chosen, rejected]
    return [sample.text]


def known(tokenizer: Any, samples: Sequence[Sample]) -> Unknown:
    """Return how much of samples' texts a tokenizer does not know."""
    return unknown(tokenizer, [text for sample in samples for text in texts_of(sample)])


def notes(tokenizer: Any, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the sentence about unknown tokens that has to be told before training; nothing without samples."""
    return (str(known(tokenizer, samples)),) if samples else ()


def demand_known(tokenizer: Any, samples: Sequence[Sample], *, allow: bool) -> None:
    """Raise BadInput where too much of the training texts is unknown to the tokenizer, unless that is allowed."""
    if allow or not samples:
        return
    found = known(tokenizer, samples)
    if found.rate > MOST_UNKNOWN:
        raise BadInput(
            f"model: {found}, more than {MOST_UNKNOWN:.0%}: take a model of that language, or set task.allow_unknown = true"
        )


def tokenizer_of(built: Built, task: str) -> Any:
    """Return a model's tokenizer; raise BadInput where it reads no text."""
    if built.processor is None or not hasattr(built.processor, "convert_ids_to_tokens"):
        raise BadInput(f"model: reads no text, so it cannot be trained for {task}")
    return built.processor


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer whose tokens are the 256 bytes of UTF-8 and a few marks; the same every time, so it is never saved.

    Pairs are `[CLS] a [SEP] b [SEP]`; turns of a chat stand between <|im_start|> and <|im_end|>.
    """
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    places = {token: place for place, token in enumerate((*_MARKS.values(), *letters))}
    plain = Tokenizer(BPE(vocab=places, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    plain.decoder = decoders.ByteLevel()
    plain.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", places["[CLS]"]), ("[SEP]", places["[SEP]"])],
    )
    made: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers does not type it
        tokenizer_object=plain, clean_up_tokenization_spaces=False, **_MARKS
    )
    return made
