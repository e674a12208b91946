"""Every task of texts, with tiny models: it learns, a batch is the sum of its samples, and what it says has the right form."""

from typing import Any

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import _language as little  # noqa: E402
from roadstead.errors import BadInput  # noqa: E402
from roadstead.train.methods.lora import Lora  # noqa: E402
from roadstead.train.tasks.causal_language_modelling import CausalLanguageModelling  # noqa: E402
from roadstead.train.tasks.instruction_tuning import InstructionTuning  # noqa: E402
from roadstead.train.tasks.preference_tuning import PreferenceTuning  # noqa: E402
from roadstead.train.tasks.question_answering import QuestionAnswering  # noqa: E402
from roadstead.train.tasks.sequence_to_sequence import SequenceToSequence  # noqa: E402
from roadstead.train.tasks.text_classification import TextClassification  # noqa: E402
from roadstead.train.tasks.token_classification import TokenClassification  # noqa: E402

CASES: dict[str, tuple[Any, Any, Any]] = {
    "text_classification": (TextClassification(), little.encoder, little.LABELS),
    "token_classification": (TokenClassification(), little.encoder, little.NAMES),
    "question_answering": (QuestionAnswering(length=40, stride=8), little.encoder, little.QUESTIONS),
    "sequence_to_sequence": (SequenceToSequence(written=24), little.both, little.SUMMARIES),
    "causal_language_modelling": (CausalLanguageModelling(length=8), little.decoder, little.TEXTS),
    "instruction_tuning": (InstructionTuning(new_tokens=3), little.decoder, little.CHATS),
    "instruction_tuning packed": (
        InstructionTuning(new_tokens=3, packing=True, write=False),
        little.decoder,
        little.CHATS,
    ),
    "preference_tuning": (PreferenceTuning(reference="copy"), little.decoder, little.PAIRS),
}


def bound(name: str) -> tuple[Any, Any, Any]:
    plan, model, samples = CASES[name]
    words = plan.vocabulary(samples)
    built = model(name.split(maxsplit=1)[0], words)
    return built, plan.learner(built, words, None, ()), samples


def collated(learner: Any, samples: Any) -> Any:
    return learner.collate([learner.encode(learner.load(one)) for one in samples])


@pytest.mark.parametrize("name", CASES)
def test_a_task_learns_and_says_what_it_means(name: str) -> None:
    built, learner, samples = bound(name)
    batch = collated(learner, samples)
    whole = learner.loss(built.module, batch)
    parts = [learner.loss(built.module, collated(learner, [one])) for one in samples]
    assert whole.units == learner.units(batch) == sum(part.units for part in parts) > 0
    assert float(whole.total.detach()) == pytest.approx(sum(float(p.total.detach()) for p in parts), rel=1e-5)
    optimiser = torch.optim.AdamW(built.module.parameters(), lr=3e-3)
    for _ in range(4):
        lost = learner.loss(built.module, batch)
        (lost.total / lost.units).backward()
        optimiser.step()
        optimiser.zero_grad()
    with torch.inference_mode():
        assert float(learner.loss(built.module, batch).total) < float(whole.total)
        predictions = learner.predict(built.module, batch)
    report = learner.score(samples, predictions, resamples=0)
    assert report.task == name.split(maxsplit=1)[0]
    assert report.samples == len(samples) == len(predictions)
    assert report.value is not None
    assert learner.audit(batch)


def test_loss_is_taken_on_first_pieces_and_tags_come_back_whole() -> None:
    built, learner, samples = bound("token_classification")
    batch = collated(learner, samples)
    assert batch["labels"][0][batch["labels"][0] >= 0].tolist() == [0, 1, 2, 0]
    assert learner.units(batch) == 8
    short = TokenClassification(length=10)
    words = short.vocabulary(samples)
    cut = short.learner(built, words, None, ())
    with torch.inference_mode():
        said = cut.predict(built.module, collated(cut, samples))
    assert [len(one.tags) for one in said] == [4, 4]
    assert said[0].tags[-1] == "O"
    assert any("are cut" in note for note in built.notes)


def test_long_texts_are_read_in_windows_and_an_answer_is_found_in_them() -> None:
    _, learner, samples = bound("question_answering")
    batch = collated(learner, samples)
    windows = batch["windows"][1]
    assert len(windows) > 1
    assert {a for w in windows for a, b in w.offsets if b} >= set(range(1, len(samples[1].text)))
    assert learner.tokenizer.decode(batch["input_ids"][0][batch["start"][0] : batch["end"][0] + 1]) == "AB12"
    assert batch["start"][1:].tolist() == [0] * len(windows)
    starts, ends = torch.full(batch["input_ids"].shape, -5.0), torch.full(batch["input_ids"].shape, -5.0)
    starts[0, batch["start"][0]] = ends[0, batch["end"][0]] = 9.0
    starts[1:, 0] = ends[1:, 0] = 9.0
    first = learner._best(batch["asked"][0], batch["windows"][0], starts[:1].numpy(), ends[:1].numpy())
    second = learner._best(batch["asked"][1], windows, starts[1:].numpy(), ends[1:].numpy())
    assert (first.text, second.text) == ("AB12", None)


def test_an_answer_that_is_not_in_its_text_is_refused() -> None:
    from roadstead.dataset.samples import Answer

    wrong = little.sample(7, Answer("Which?", "XY99"), "truck AB12")
    with pytest.raises(BadInput, match="'s7' does not stand in its text"):
        QuestionAnswering().vocabulary([wrong])


def test_pieces_of_a_long_text_learn_every_token_once() -> None:
    built, learner, samples = bound("causal_language_modelling")
    rows = learner.encode(learner.load(samples[0]))
    text = [token for row in rows for token, counts in zip(row.ids[1:], row.trained[1:], strict=True) if counts]
    assert learner.tokenizer.decode(text) == "the truck left<|im_end|>"
    assert built.notes == ("the tokenizer does not know 0.00% of 29 tokens in 3 training texts",)


def test_a_conversation_that_loses_its_answer_is_refused() -> None:
    plan = InstructionTuning(length=30)
    words = plan.vocabulary(little.CHATS)
    built = little.decoder("instruction_tuning", words)
    with pytest.raises(BadInput, match=r"nothing is left of the answers of 1 of 2 conversations, such as 's1'"):
        plan.learner(built, words, None, ())
    with pytest.raises(BadInput, match="'s9' does not end with what the assistant says"):
        plan.vocabulary([little.sample(9, little.chat("hi"))])


def test_only_answers_are_audited() -> None:
    _, learner, samples = bound("instruction_tuning")
    assert "of the first row: yes<|im_end|>;" in learner.audit(collated(learner, samples))


@pytest.mark.parametrize("variant", ["sigmoid", "ipo", "hinge"])
def test_preferences_are_measured_against_the_model_without_adapters(variant: Any) -> None:
    plan = PreferenceTuning(variant=variant, beta=0.5)
    words = plan.vocabulary(little.PAIRS)
    built = little.decoder("preference_tuning", words)
    learner = plan.learner(built, words, None, ())
    batch = collated(learner, little.PAIRS)
    with pytest.raises(BadInput, match=r"task\.reference"):
        learner.loss(built.module, batch)
    kept = plan.__class__(variant=variant, beta=0.5, reference="copy").learner(built, words, None, ())
    Lora(targets="all-linear").prepare(built)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, p in built.module.named_parameters():
            if "lora_B" in name:
                p.normal_(std=0.5)
    with torch.inference_mode():
        judged = float(learner.loss(built.module, batch).total)
    lost = learner.loss(built.module, batch)
    lost.total.backward()  # type: ignore[no-untyped-call]  # so torch has it
    assert judged == pytest.approx(float(lost.total.detach()), rel=1e-5)
    assert float(lost.total.detach()) == pytest.approx(float(kept.loss(built.module, batch).total.detach()), rel=1e-5)
    assert all(
        (p.grad is not None) == ("lora_" in name) for name, p in built.module.named_parameters() if p.requires_grad
    )
    assert {name for name, p in built.module.named_parameters() if p.requires_grad} == {
        name for name, _ in built.module.named_parameters() if "lora_" in name
    }


def test_dpo_is_the_formula_of_the_paper() -> None:
    from roadstead.train.tasks.preference_tuning import dpo

    better, worse = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 1.0])
    one = [-0.1 * 0.5, 0.1 * 3.0]  # minus beta times how far apart
    by_hand = [float(torch.tensor(x).exp().log1p()) for x in one]
    assert dpo(better, worse, 0.1, "sigmoid").tolist() == pytest.approx(by_hand)
    turned = [float(torch.tensor(-x).exp().log1p()) for x in one]
    smooth = [0.9 * a + 0.1 * b for a, b in zip(by_hand, turned, strict=True)]
    assert dpo(better, worse, 0.1, "sigmoid", 0.1).tolist() == pytest.approx(smooth)
    assert dpo(better, worse, 0.1, "ipo").tolist() == pytest.approx([(0.5 - 5) ** 2, (-3 - 5) ** 2])
    assert dpo(better, worse, 0.1, "hinge").tolist() == pytest.approx([0.95, 1.3])
