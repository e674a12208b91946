"""Conversations as tokens, and which of them are the assistant's: only those are learned.

Which tokens those are is found exactly, not guessed from marks: what a template writes for the turns before an answer (with
the call for the assistant to speak) must be how it begins what it writes with the answer; the rest is the answer.
Each part is turned into tokens by itself, so a prompt has in training the tokens that it has when the model is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from roadstead.dataset.samples import Message
from roadstead.errors import BadInput

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""The template of tokenizers that bring none."""


@dataclass(frozen=True, slots=True)
class Turns:
    """A conversation as tokens: `trained` says of each whether the loss is taken on it; `answer` is where the last answer begins."""

    ids: tuple[int, ...]
    trained: tuple[bool, ...]
    answer: int

    @property
    def count(self) -> int:
        """How many tokens the loss is taken on."""
        return sum(self.trained)


@dataclass(frozen=True, slots=True)
class Template:
    """How a tokenizer writes conversations. `text` is the template; none: the tokenizer's own, or ChatML."""

    tokenizer: Any
    text: str | None = None

    def prompt(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """Return the tokens up to where the assistant is to speak."""
        return self._ids(self._written(messages, call=True))

    def turns(self, messages: Sequence[Message]) -> Turns:
        """Return a conversation's tokens; raise BadInput where its answers cannot be told from the rest."""
        ids: list[int] = []
        trained: list[bool] = []
        written, answer = "", 0
        for k, message in enumerate(messages):
            if message.role != "assistant":
                continue
            before, after = self._written(messages[:k], call=True), self._written(messages[: k + 1], call=False)
            if not before.startswith(written) or not after.startswith(before):
                raise BadInput(
                    "model: its chat template writes a turn differently when the answer follows, so what is learned cannot "
                    "be told; set task.template to one that does not"
                )
            shown, said = self._ids(before[len(written) :]), self._ids(after[len(before) :])
            answer = len(ids) + len(shown)
            ids += [*shown, *said]
            trained += [*([False] * len(shown)), *self._learned(said)]
            written = after
        return Turns(tuple(ids), tuple(trained), answer)

    def _learned(self, said: Sequence[int]) -> list[bool]:
        """Return which tokens of an answer are learned: all up to the one that ends it; what follows is the template's."""
        end = self.tokenizer.eos_token_id
        last = len(said) - 1 - said[::-1].index(end) if end in said else len(said) - 1
        return [place <= last for place in range(len(said))]

    def _written(self, messages: Sequence[Message], *, call: bool) -> str:
        rows = [{"role": message.role, "content": message.content} for message in messages]
        own = self.text or getattr(self.tokenizer, "chat_template", None) or CHATML
        try:
            return str(
                self.tokenizer.apply_chat_template(rows, tokenize=False, add_generation_prompt=call, chat_template=own)
            )
        except _template_error() as error:
            raise BadInput(f"model: its chat template refuses a conversation: {error}") from None

    def _ids(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def _template_error() -> type[Exception]:
    from jinja2 import TemplateError

    return TemplateError
