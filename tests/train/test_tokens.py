"""How much a tokenizer knows is counted and told, and too little is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402

from _language import CHATS, LABELS, NAMES, PAIRS, QUESTIONS, SUMMARIES, sample  # noqa: E402
from roadstead.dataset.samples import Label  # noqa: E402
from roadstead.errors import BadInput  # noqa: E402
from roadstead.train import tokens  # noqa: E402


def words(*known: str) -> PreTrainedTokenizerFast:
    plain = Tokenizer(models.WordLevel({"[UNK]": 0, **{w: k for k, w in enumerate(known, 1)}}, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="[UNK]")  # type: ignore[no-untyped-call]  # transformers does not type it


@given(st.text(max_size=40))
def test_bytes_write_everything(text: str) -> None:
    tokenizer = tokens.byte_tokenizer()
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    assert tokens.unknown(tokenizer, [text]).rate == 0


def test_unknown_words_are_counted_and_named() -> None:
    found = tokens.unknown(words("the", "truck"), ["the truck left", "渣土车 the"])
    assert (found.tokens, found.unknown, found.examples) == (5, 2, ("left", "渣土车"))
    assert str(found) == "the tokenizer does not know 40.00% of 5 tokens in 2 training texts, such as left 渣土车"
    assert tokens.unknown(words("a"), []).rate == 0


def test_pieces_of_characters_are_unknown() -> None:
    bigger = tokens.byte_tokenizer()
    bigger.add_tokens(["truck"])
    assert tokens.unknown(bigger, ["truck 车"]).unknown == 3


def test_too_much_is_refused_unless_allowed() -> None:
    few = [sample(k, Label("a"), "the truck") for k in range(19)] + [sample(19, Label("a"), "the 车")]
    tokens.demand_known(words("the", "truck"), few, allow=False)
    many = [*few, sample(20, Label("a"), "渣 土")]
    with pytest.raises(BadInput, match=r"more than 5%.*task\.allow_unknown = true"):
        tokens.demand_known(words("the", "truck"), many, allow=False)
    tokens.demand_known(words("the", "truck"), many, allow=True)


def test_every_text_of_a_sample_is_looked_at() -> None:
    shown = [tokens.texts_of(some[0]) for some in (LABELS, NAMES, CHATS, SUMMARIES, QUESTIONS, PAIRS)]
    assert shown == [
        ["too fast 0"],
        ["truck AB12 CDE left"],
        ["hi", "yes"],
        ["the truck left", "left"],
        ["Which?", "truck AB12 left"],
        ["which?", "AB12", "no idea 0"],
    ]
