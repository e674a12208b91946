"""What is read, tagged, answered and written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.dataset.samples import Answer, Chat, Entities, Message, Sample, Text
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import answers, entities, generation, recognition
from roadstead.evaluate.metrics.answers import Answered
from roadstead.evaluate.metrics.entities import Tagged, spans
from roadstead.evaluate.metrics.generation import Written
from roadstead.evaluate.metrics.recognition import Read

PLATES = ["京A12345", "沪B67890", "粤C11111", ""]
READ = ["京A12345", "沪8B6780", "粤C1111", "X"]


@pytest.mark.torch
def test_reading() -> None:
    jiwer = pytest.importorskip("jiwer")
    report = recognition.score(PLATES, [Read(text, 0.5) for text in READ], resamples=50)
    known = jiwer.process_characters(PLATES[:3], READ[:3])
    edits = known.substitutions + known.insertions + known.deletions
    assert report.metrics["cer"].value == pytest.approx((edits + 1) / sum(len(p) for p in PLATES))
    assert report.metrics["cer"].of == 21
    assert report.metrics["exact"].value == 0.25
    assert report.per_class["character 1"]["accuracy"].value == 1.0
    assert report.per_class["character 2"]["accuracy"].value == pytest.approx(2 / 3)
    assert report.per_class["character 7"]["accuracy"].of == 3
    assert report.confusion["∅"]["8"] == 1
    assert report.confusion["∅"]["X"] == 1
    assert report.confusion["1"]["∅"] == 1
    assert report.worst[0].true == "沪B67890"


@pytest.mark.torch
def test_reading_of_samples_by_origin() -> None:
    pytest.importorskip("jiwer")
    samples = [Sample(id=f"p{i}", target=Text(t), origin="ab"[i % 2]) for i, t in enumerate(PLATES)]
    report = recognition.judge(samples, [Read(t) for t in READ], resamples=20)
    assert report.per_slice["a"]["exact"].value == 0.5
    assert [one.sample for one in report.worst] == ["p1", "p2", "p3"]


def straight_spans(tags: list[str]) -> set[tuple[str, int, int]]:
    """Return the entities of tags that are written by the rules: look at every stretch."""
    found = set()
    for a in range(len(tags)):
        for b in range(a + 1, len(tags) + 1):
            first, *rest = tags[a:b]
            kind = first[2:]
            after = tags[b] if b < len(tags) else "O"
            bio = first == f"B-{kind}" and all(t == f"I-{kind}" for t in rest) and after != f"I-{kind}"
            if first != "O" and bio:
                found.add((kind, a, b))
    return found


def straight_bioes(tags: list[str]) -> set[tuple[str, int, int]]:
    found = {(tag[2:], i, i + 1) for i, tag in enumerate(tags) if tag.startswith("S-")}
    for a in range(len(tags)):
        for b in range(a + 2, len(tags) + 1):
            kind = tags[a][2:]
            ends = tags[a] == f"B-{kind}" and tags[b - 1] == f"E-{kind}"
            if ends and all(t == f"I-{kind}" for t in tags[a + 1 : b - 1]):
                found.add((kind, a, b))
    return found


entity = st.tuples(st.sampled_from(["", "X", "Y"]), st.integers(1, 3))


@given(st.lists(entity, max_size=8))
def test_spans_of_tags_by_the_rules(parts: list[tuple[str, int]]) -> None:
    bio, bioes = [], []
    for kind, n in parts:
        bio += [f"B-{kind}", *[f"I-{kind}"] * (n - 1)] if kind else ["O"] * n
        single = [f"S-{kind}"] if n == 1 else [f"B-{kind}", *[f"I-{kind}"] * (n - 2), f"E-{kind}"]
        bioes += single if kind else ["O"] * n
    assert set(spans(bio)) == straight_spans(bio)
    assert set(spans(bioes)) == straight_bioes(bioes) == set(spans(bio))


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (("I-X", "I-X"), {("X", 0, 2)}),
        (("B-X", "I-Y"), {("X", 0, 1), ("Y", 1, 2)}),
        (("B-X", "B-X"), {("X", 0, 1), ("X", 1, 2)}),
        (("E-X", "I-X"), {("X", 0, 1), ("X", 1, 2)}),
        (("O",), set()),
        ((), set()),
    ],
)
def test_spans_of_tags_against_the_rules(tags: tuple[str, ...], found: set[tuple[str, int, int]]) -> None:
    assert set(spans(tags)) == found


def test_entities_are_right_only_whole() -> None:
    truths = [("B-X", "I-X", "O", "B-Y"), ("O", "B-X", "O", "O")]
    said = [Tagged(("B-X", "O", "O", "B-Y")), Tagged(("O", "B-X", "O", "B-X"))]
    report = entities.score(truths, said, resamples=50)
    figures = {name: report.metrics[name].value for name in ("precision", "recall", "f1", "macro_f1", "exact")}
    assert figures == pytest.approx(
        {"precision": 0.5, "recall": 2 / 3, "f1": 4 / 7, "macro_f1": (0.4 + 1) / 2, "exact": 0}
    )
    assert report.per_class["X"]["recall"].value == 0.5
    assert report.per_class["Y"]["f1"].value == 1.0
    with pytest.raises(ValueError, match="sample 0: 4 true and 1 said tags"):
        entities.score(truths, [Tagged(("O",)), said[1]])


def test_entities_of_samples_are_told_in_words() -> None:
    target = Entities(("truck", "京A", "12345", "left"), ("O", "B-PLATE", "I-PLATE", "O"))
    report = entities.judge([Sample(id="n1", target=target)], [Tagged(("O", "B-PLATE", "O", "O"))])
    assert (report.worst[0].said, report.worst[0].true) == ("PLATE: 京A", "PLATE: 京A 12345")
    assert report.worst[0].badness == 2


@pytest.mark.parametrize(
    ("true", "said", "f1"),
    [
        ("the red truck", "Red truck!", 1.0),
        ("red truck", "truck", 2 / 3),
        ("truck truck", "truck", 2 / 3),
        ("渣土车", "土车", 0.8),
        (None, None, 1.0),
        (None, "truck", 0.0),
        ("truck", None, 0.0),
        ("the", "a", 1.0),
    ],
)
def test_words_shared_with_the_true_answer(true: str | None, said: str | None, f1: float) -> None:
    assert answers.f1(true, said) == pytest.approx(f1)


def test_answers_with_and_without() -> None:
    truths: list[str | None] = ["red truck", "gate 3", None, None]
    said = [Answered("the red truck"), Answered("gate"), Answered(None, 0.9), Answered("gate 1")]
    report = answers.score(truths, said, resamples=20)
    assert report.metrics["exact"].value == 0.5
    assert report.metrics["f1"].value == pytest.approx((1 + 2 / 3 + 1 + 0) / 4)
    assert report.per_class["no answer"]["exact"].value == 0.5
    assert report.per_class["answer"]["f1"].of == 2
    samples = [Sample(id=str(i), text="…", target=Answer("q", t)) for i, t in enumerate(truths)]
    assert answers.judge(samples, said, resamples=20).worst[0].sample == "3"


@pytest.mark.torch
def test_structured_texts_are_judged_by_fields() -> None:
    pytest.importorskip("sacrebleu")
    truths = ['{"plate": "A1", "place": "gate", "at": {"hour": 7}}'] * 3
    said = ['{"plate": "a1", "place": "yard", "at": {"hour": 7}, "colour": "red"}', "no JSON", truths[0]]
    report = generation.score(truths, [Written(t, 2.0, 4) for t in said], resamples=50)
    figures = {name: report.metrics[name].value for name in ("field_accuracy", "parses", "invented", "exact")}
    assert figures == pytest.approx({"field_accuracy": 5 / 9, "parses": 2 / 3, "invented": 1 / 7, "exact": 1 / 3})
    assert report.per_class["place"]["accuracy"].value == pytest.approx(1 / 3)
    assert report.main == "field_accuracy"
    assert report.metrics["perplexity"].value == pytest.approx(math.exp(0.5))
    assert report.worst[0].said == "no JSON"


@pytest.mark.torch
def test_perplexity_is_over_all_tokens_and_less_is_better() -> None:
    pytest.importorskip("sacrebleu")
    report = generation.score(
        ["a b", "c d", "e"], [Written("", 2.0, 2), Written("", 9.0, 3), Written("")], resamples=50
    )
    assert (report.main, report.higher) == ("perplexity", False)
    assert report.value == pytest.approx(math.exp(11 / 5))
    assert report.metrics["perplexity"].of == 5
    assert any("1 texts have no tokens" in note for note in report.notes)
    lost = generation.score(["a b"], [Written("", 1e9, 2)], resamples=0)
    assert lost.value is not None
    assert lost.value > 1e300
    named = generation.score(["a b"], [Written("a b", 1.0, 2)], main="exact", resamples=0)
    assert (named.main, named.higher, named.value) == ("exact", True, 1.0)
    assert "perplexity" not in generation.score(["a"], [Written("a")], resamples=0).metrics


@pytest.mark.torch
def test_the_truth_of_a_conversation_is_its_last_answer() -> None:
    pytest.importorskip("sacrebleu")
    asked = Message("user", "what?")
    sample = Sample(id="c1", target=Chat((asked, Message("assistant", "a truck"))))
    assert generation.judge([sample], [Written("a truck")], resamples=0).metrics["exact"].value == 1.0
    with pytest.raises(BadInput, match="sample 'c2': has no text"):
        generation.judge([Sample(id="c2", target=Chat((asked,)))], [Written("")])


def test_nothing_to_judge_is_no_error() -> None:
    assert entities.score([], []).value is None
    assert answers.score([], []).value is None


@pytest.mark.torch
def test_nothing_read_or_written_is_no_error() -> None:
    pytest.importorskip("jiwer")
    pytest.importorskip("sacrebleu")
    assert recognition.score([], []).value is None
    assert generation.score([], []).value is None
