"""Of conversations exactly the assistant's tokens count."""

from typing import Any

import pytest

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from _language import chat  # noqa: E402
from roadstead.dataset.samples import Message  # noqa: E402
from roadstead.errors import BadInput  # noqa: E402
from roadstead.train.chat import CHATML, Template, Turns  # noqa: E402
from roadstead.train.tokens import byte_tokenizer  # noqa: E402

GENERATION = (
    "{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n{% generation %}{{ m.content }}<|im_end|>"
    "{% endgeneration %}\n{% else %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def learned(template: Template, turns: Turns) -> str:
    return str(template.tokenizer.decode([t for t, counts in zip(turns.ids, turns.trained, strict=True) if counts]))


def test_answers_count_and_nothing_else() -> None:
    template = Template(byte_tokenizer())
    messages = chat("渣土车?", "是", "where?", "Mill Lane").messages
    turns = template.turns(messages)
    assert learned(template, turns) == "是<|im_end|>Mill Lane<|im_end|>"
    assert template.tokenizer.decode(turns.ids) == (
        "<|im_start|>user\n渣土车?<|im_end|>\n<|im_start|>assistant\n是<|im_end|>\n"
        "<|im_start|>user\nwhere?<|im_end|>\n<|im_start|>assistant\nMill Lane<|im_end|>\n"
    )
    assert turns.ids[: turns.answer] == template.prompt(messages[:-1])


def test_masks_are_those_of_a_template_that_marks_them() -> None:
    tokenizer = byte_tokenizer()
    messages = chat("a", "b c", "d", "e").messages
    made = Template(tokenizer, GENERATION).turns(messages)
    rows = [{"role": m.role, "content": m.content} for m in messages]
    true: Any = tokenizer.apply_chat_template(
        rows, chat_template=GENERATION, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    assert list(made.ids) == true["input_ids"]
    assert [int(t) for t in made.trained] == true["assistant_masks"]


def test_a_template_that_writes_turns_anew_is_refused() -> None:
    restless = "{{ messages | length }}" + CHATML
    with pytest.raises(BadInput, match=r"task\.template"):
        Template(byte_tokenizer(), restless).turns(chat("a", "b").messages)
    refusing = "{{ raise_exception('no system turn') }}"
    with pytest.raises(BadInput, match="no system turn"):
        Template(byte_tokenizer(), refusing).turns((Message("system", "x"), Message("assistant", "y")))
