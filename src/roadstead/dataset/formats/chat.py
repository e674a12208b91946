"""Chats: JSON Lines with the messages of a conversation, or a prompt with a chosen and a rejected answer.

    <folder>/<split>.jsonl, samples.jsonl; or the only one, or the one that `file` names

    {"messages": [{"role": "user", "content": "…"}, …], "image": "a.jpg"}
    {"conversations": [{"from": "human", "value": "…"}, …], "image": "a.jpg"}         as ShareGPT has it
    {"prompt": "…" or messages, "chosen": "…" or messages, "rejected": "…" or messages}

Content may be a list of parts (`{"type": "text", "text": "…"}`, `{"type": "image"}`); a picture's place becomes `<image>`.
A list `images` may hold one picture.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import checked, placed
from roadstead.dataset.formats._rows import (
    Row,
    by_split,
    demand,
    facts,
    left,
    maybe_text,
    media_of,
    of_facts,
    read_lines,
    split_files,
    unique,
    write_lines,
)
from roadstead.dataset.formats._targets import message_rows
from roadstead.dataset.samples import Chat, Message, Preference, Sample, Split, Target
from roadstead.errors import BadInput

IMAGE = "<image>"
Role = Literal["system", "user", "assistant"]
_ROLES: Mapping[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}


@format_("chat", zh="对话与偏好数据（JSON Lines）")
@dataclass(frozen=True, slots=True, kw_only=True)
class Chats:
    """Conversations, with a picture or without, and preferences. `file` names the one file to read, where there are others."""

    loses: ClassVar[frozenset[str]] = frozenset({"text", "way"})
    targets: ClassVar[tuple[type[Target], ...]] = (Chat, Preference)
    file: str = ""
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: missing_pictures (the sample is yielded without)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a line; raise BadInput naming file and line."""
        for file, split in split_files(folder, (".jsonl",), self.file):
            rows = enumerate(read_lines(file), start=1)
            yield from unique((self._sample(row, where, folder, split, k) for k, (where, row) in rows), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a file for each split."""
        for split, some in by_split(samples).items():
            write_lines(folder / f"{split or 'samples'}.jsonl", [self._row(sample, folder) for sample in some])

    def _sample(self, row: Row, where: str, folder: Path, split: Split | None, number: int) -> Sample:
        image = _image(row, where)
        return Sample(
            id=maybe_text(row, "id", where) or f"{split or 'samples'}/{number}",
            target=_target(row, where),
            media=media_of(image, folder, where, self._counts),
            **facts(row, where, split),
        )

    def _row(self, sample: Sample, folder: Path) -> Row:
        demand(sample, self.targets, "chat")
        row: Row = {"id": sample.id}
        match sample.target:
            case Chat(messages=messages):
                row["messages"] = message_rows(messages)
            case Preference(prompt=prompt, chosen=chosen, rejected=rejected):
                row |= {"prompt": message_rows(prompt), "chosen": chosen, "rejected": rejected}
            case _:
                raise BadInput(f"sample {sample.id!r}: has no chat, and the format has no place for that; write jsonl")
        if sample.media is not None:
            row["image"] = placed(sample.media, folder, f"pictures/{checked(sample.id)}")
        return row | of_facts(sample)


def _image(row: Row, where: str) -> str:
    several = row.get("images") or []
    if not isinstance(several, list) or len(several) > 1:
        raise BadInput(
            f"{where}: a sample has one picture at most; put several together, or tell them in several samples"
        )
    one = several[0] if several else row.get("image")
    if isinstance(one, dict):
        one = one.get("path")
    if one is not None and not isinstance(one, str):
        raise BadInput(f"{where}: image must be the path of a file")
    return one or ""


def _target(row: Row, where: str) -> Target:
    if "chosen" in row or "rejected" in row:
        prompt = row.get("prompt")
        said = (Message("user", prompt),) if isinstance(prompt, str) else _messages(prompt, f"{where}: prompt")
        return Preference(
            said, _answer(row.get("chosen"), f"{where}: chosen"), _answer(row.get("rejected"), f"{where}: rejected")
        )
    messages = row["messages"] if "messages" in row else row.get("conversations")
    if messages is None:
        raise BadInput(f"{where}: has neither messages (or conversations) nor prompt, chosen and rejected")
    return Chat(_messages(messages, where))


def _messages(rows: Any, where: str) -> tuple[Message, ...]:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{where}: needs a list of messages, each with role and content")
    found = []
    for k, row in enumerate(rows, start=1):
        role = row.get("role", row.get("from"))
        if role not in _ROLES:
            raise BadInput(f"{where}: message {k}: role {str(role)!r:.30} is none of {', '.join(_ROLES)}")
        found.append(Message(_ROLES[role], _content(row.get("content", row.get("value")), f"{where}: message {k}")))
    return tuple(found)


def _content(value: Any, where: str) -> str:
    """Return a message's text; parts are put together in order."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise BadInput(f"{where}: content must be a text or a list of parts")
    parts = []
    for part in value:
        what = part.get("type") if isinstance(part, dict) else None
        if what == "text" and isinstance(part.get("text"), str):
            parts.append(part["text"])
        elif what in ("image", "image_url"):
            parts.append(IMAGE)
        else:
            raise BadInput(f"{where}: a part of the content is neither a text nor an image")
    return "".join(parts)


def _answer(value: Any, where: str) -> str:
    """Return an answer that is a text, or the last turn of messages, which must be the assistant's."""
    if isinstance(value, str):
        return value
    messages = _messages(value, where)
    if messages[-1].role != "assistant":
        raise BadInput(f"{where}: its last message is not the assistant's")
    return messages[-1].content
