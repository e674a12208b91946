"""From a conversation about a picture to what a vision-language model takes, and which of its tokens are learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from roadstead.dataset.samples import Message
from roadstead.errors import BadInput
from roadstead.types import Image

PLACE = "<image>"
"""Where a picture stands in a message."""
UNCOUNTED = -100
"""The label of a token that the loss is not taken on."""

QUESTION = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %} {{ message['content'][0]['text'] }}\n"
    "{% else %}{{ 'Question: ' if message['role'] == 'user' else '' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{{ ' Answer:' if message['role'] == 'user' else '\n' }}{% endif %}{% endfor %}"
)
"""What is asked of a model that was never taught a chat: the form of BLIP-2 (Li et al., 2023). Its pictures stand first."""

_TEXT = frozenset({"input_ids", "attention_mask", "mm_token_type_ids"})
"""What has one entry a token; all else belongs to the pictures."""


@dataclass(frozen=True, slots=True)
class Read:
    """One conversation: `tokens` (length,) each, `pictures` with a leading dimension, and `labels` (length,).

    The last answer begins at token `answer`: what lies before is what a model is asked.
    """

    tokens: Mapping[str, Tensor]
    pictures: Mapping[str, Tensor]
    labels: Tensor
    answer: int


class Reader:
    """Reads conversations for one model by its processor (of transformers)."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self.tokenizer = processor.tokenizer
        self._template = getattr(processor, "chat_template", None) or QUESTION
        if not self.tokenizer.is_fast:
            raise BadInput("model: its tokenizer cannot say where a token stands, so answers cannot be told apart")

    def read(self, messages: Sequence[Message], image: Image) -> Read:
        """Return a conversation as tokens and pixels; labels are set on what the assistant says and on its ends alone.

        The text is cut into tokens once, so the model sees in training what it sees when it is asked. A token that lies half in
        a question is not learned.
        """
        text, answers = self._written(messages)
        bos = self.tokenizer.bos_token
        special = not (bos and text.startswith(bos))
        cut = self.tokenizer(text, add_special_tokens=special, return_offsets_mapping=True, verbose=False)
        within = [
            any(a <= start and end <= b for a, b in answers) and end > start for start, end in cut["offset_mapping"]
        ]
        last = [
            start >= answers[-1][0] and inside for (start, _), inside in zip(cut["offset_mapping"], within, strict=True)
        ]
        made = self._processor(text=text, images=image, add_special_tokens=special, return_tensors="pt")
        tokens = {name: value[0] for name, value in made.items() if name in _TEXT}
        counted, final = _spread(cut["input_ids"], tokens["input_ids"].tolist(), within, last)
        if not any(final):
            raise BadInput(
                "the last answer has no token to learn from: it is empty, or the chat template leaves it out"
            )
        labels = torch.where(torch.tensor(counted), tokens["input_ids"], torch.tensor(UNCOUNTED))
        pictures = {name: value for name, value in made.items() if name not in _TEXT and isinstance(value, Tensor)}
        return Read(tokens, pictures, labels, final.index(True))

    def _written(self, messages: Sequence[Message]) -> tuple[str, list[tuple[int, int]]]:
        """Return the conversation in the model's form, and from where to where in it each answer goes.

        Found by writing it out up to each answer and up to its end: so it holds for every template that only ever adds.
        """
        turns = [{"role": m.role, "content": _parts(m.content)} for m in messages]
        answers = []
        for k, message in enumerate(messages):
            if message.role != "assistant":
                continue
            before, after = self._render(turns[:k], asked=True), self._render(turns[: k + 1], asked=False)
            if not after.startswith(before.rstrip()):
                raise BadInput(
                    "model: its chat template rewrites what was said before, so answers cannot be told apart"
                )
            answers.append((len(before.rstrip() if not after.startswith(before) else before), len(after.rstrip())))
        text = self._render(turns, asked=False)
        end = self.tokenizer.eos_token
        stripped = text.rstrip()
        if end and not stripped.endswith(end):
            text = stripped + end
            answers[-1] = (answers[-1][0], len(text))
        return text, answers

    def _render(self, turns: list[dict[str, Any]], *, asked: bool) -> str:
        text: str = self._processor.apply_chat_template(
            turns, chat_template=self._template, tokenize=False, add_generation_prompt=asked
        )
        return text

    def said(self, tokens: Sequence[int] | Tensor) -> str:
        """Return tokens as text, without special ones."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    def shown(self, tokens: Sequence[int] | Tensor) -> str:
        """Return tokens as text, special ones and all."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=False)
        return text


def batched(reads: Sequence[Read], padding: int, *, asked: bool) -> dict[str, Tensor]:
    """Return conversations as one input of a model: whole and padded at the end, or `asked` only, padded in front.

    Pictures in tiles of different number are filled up with empty tiles, which the model leaves out by itself.
    """
    made: dict[str, Tensor] = {}
    for name in reads[0].tokens:
        rows = [read.tokens[name][: read.answer] if asked else read.tokens[name] for read in reads]
        made[name] = padded(rows, padding if name == "input_ids" else 0, front=asked)
    for name in reads[0].pictures:
        made[name] = _joined([read.pictures[name] for read in reads])
    return made


def padded(rows: Sequence[Tensor], value: int, *, front: bool = False) -> Tensor:
    """Return rows (length,) as one table (n, longest), filled up with a value."""
    longest = max(len(row) for row in rows)
    table = torch.full((len(rows), longest), value, dtype=rows[0].dtype)
    for k, row in enumerate(rows):
        begin = longest - len(row) if front else 0
        table[k, begin : begin + len(row)] = row
    return table


def _joined(pictures: Sequence[Tensor]) -> Tensor:
    if pictures[0].ndim == 5:  # (1, tiles, 3, h, w): LLaVA-NeXT
        most = max(p.shape[1] for p in pictures)
        pictures = [torch.cat([p, p.new_zeros(1, most - p.shape[1], *p.shape[2:])], dim=1) for p in pictures]
    return torch.cat(list(pictures))


def _parts(content: str) -> list[dict[str, str]]:
    """Return a message as transformers writes one: pictures and texts in their order."""
    parts: list[dict[str, str]] = []
    for k, text in enumerate(content.split(PLACE)):
        if k:
            parts.append({"type": "image"})
        stripped = text.strip("\n")
        if stripped:
            parts.append({"type": "text", "text": stripped})
    return parts or [{"type": "text", "text": ""}]


def _spread(short: Sequence[int], long: Sequence[int], *marks: Sequence[bool]) -> tuple[list[bool], ...]:
    """Carry marks from tokens with one placeholder a picture to those with all of its tokens; what was put in is unmarked."""
    spread = tuple([False] * len(long) for _ in marks)
    place = 0
    for k, token in enumerate(long):
        if place < len(short) and short[place] == token:
            for out, mark in zip(spread, marks, strict=True):
                out[k] = mark[place]
            place += 1
    if place < len(short):
        raise BadInput("model: its processor changes the text itself, so answers cannot be told apart")
    return spread
