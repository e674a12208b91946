"""Texts as words, fields and overlaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.evaluate.fields import fields, form
from roadstead.evaluate.overlap import bleu, bleu_counts, chrf, chrf_counts, rouge_l
from roadstead.evaluate.words import common, is_han, plain, words


def straight(a: list[str], b: list[str]) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(st.lists(st.sampled_from("abcd"), max_size=20), st.lists(st.sampled_from("abcd"), max_size=20))
def test_the_longest_common_subsequence_is_that_of_the_table(a: list[str], b: list[str]) -> None:
    assert common(a, b) == straight(a, b)


def test_words_of_both_languages() -> None:
    assert words("the 渣土车 left, 3 次") == ["the", "渣", "土", "车", "left,", "3", "次"]
    assert plain("The truck, an 渣土车。") == ["truck", "渣", "土", "车"]
    assert is_han("渣土车 A12")
    assert not is_han("truck 车")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"plate": "A 1", "n": [1, 2]}', {"plate": "a 1", "n.0": "1", "n.1": "2"}),
        ('{"a": {}, "b": null, "c": true}', {"a": "{}", "b": "null", "c": "true"}),
        ("[1, 2]", None),
        ('{"a": 1', None),
        ("{}", {}),
    ],
)
def test_fields_of_json(text: str, expected: dict[str, str] | None) -> None:
    assert fields(text, "json") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plate: 京A12345\n地点：东 门\n\n- time: 07:30", {"plate": "京a12345", "地点": "东 门", "time": "07:30"}),
        ("Plate: A\nno field here", None),
        ("Plate: A\nplate: B", None),
        ("", None),
    ],
)
def test_fields_of_lines(text: str, expected: dict[str, str] | None) -> None:
    assert fields(text, "lines") == expected


def test_a_sentence_with_a_colon_is_no_table() -> None:
    assert form("Note: a truck left the gate.") is None
    assert form("plate: A\nplace: gate") == "lines"
    assert form('{"plate": "A"}') == "json"


TRUE = ["a tipper left gate 3 at 07:30, its load was not covered", "two trucks waited", "渣土车 未盖 篷布 驶出 工地"]
SAID = ["a tipper left gate 2 at 07:30 and its load was covered", "three trucks waited there", "渣土车 驶出 工地"]


@pytest.mark.torch
@pytest.mark.parametrize("some", [slice(0, 2), slice(0, 3), slice(2, 3)])
def test_added_counts_give_the_figures_of_the_library(some: slice) -> None:
    pytest.importorskip("sacrebleu")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    true, said = TRUE[some], SAID[some]
    counts, cut = bleu_counts(true, said)
    assert cut == ("zh" if some == slice(2, 3) else "13a")
    assert bleu(counts.sum(axis=0)) == pytest.approx(BLEU(tokenize=cut).corpus_score(said, [true]).score)
    import numpy as np

    sums = np.array([chrf_counts(t, s) for t, s in zip(true, said, strict=True)], dtype=np.float64).sum(axis=0)
    assert chrf(sums) == pytest.approx(CHRF().corpus_score(said, [true]).score)


def test_rouge() -> None:
    assert rouge_l("the truck left", "the truck left") == 1.0
    assert rouge_l("a b c d", "a c x d") == pytest.approx(0.75)
    assert rouge_l("a", "") == 0.0
    assert rouge_l("", "") == 1.0
