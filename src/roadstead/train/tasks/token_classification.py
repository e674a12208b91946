"""Token classification: the tag of every token of a text, to find names in it (plates, companies, places)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from torch import nn

from roadstead.dataset.samples import Entities, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import entities
from roadstead.evaluate.reports import Report
from roadstead.train import reading, tags, tokens
from roadstead.train.augment import OfBatch
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary


@task("token_classification", zh="命名实体识别")
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClassification:
    """The tag of every token, BIO or BIOES.

    The loss is taken on the first piece of each token. Texts are cut at `length` pieces; what is cut off is said to be "O",
    and how many texts are cut is told. A text of which the tokenizer knows too little is refused unless `allow_unknown`.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Entities,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    labels: tuple[str, ...] = ()
    length: Annotated[int, Gt(2)] = 256
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the tags, "O" first; raise BadInput where nothing is ever named."""
        found = {tag for s in samples if isinstance(s.target, Entities) for tag in s.target.tags} | set(self.labels)
        if not found - {"O"}:
            raise BadInput("data: no token of the training samples has a tag besides O")
        strange = [tag for tag in sorted(found - {"O"}) if tag[:2] not in ("B-", "I-", "E-", "S-")]
        if strange:
            raise BadInput(f"data: the tag {strange[0]!r} is neither O nor one of B-, I-, E-, S- and a name")
        named = sorted(found - {"O"} - set(self.labels), key=lambda tag: (tag[2:], tag[0]))
        return Vocabulary(labels=(*(self.labels or ("O",)), *named), samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "Tagger":
        """Bind the task; raise BadInput where the tokenizer knows too little of the training texts."""
        tokenizer = tokens.tokenizer_of(built, "token classification")
        samples = vocabulary.samples
        lengths = [
            len(tokenizer(list(s.target.tokens), is_split_into_words=True)["input_ids"])
            for s in samples
            if isinstance(s.target, Entities)
        ]
        said = reading.surveyed(built, samples, lengths, self.length, allow_unknown=self.allow_unknown)
        return Tagger(vocabulary, tokenizer, loss or CrossEntropy(), self.length, said)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a tokenizer made of a row of tokens.

    `labels` has a tag's index for each piece, -100 where it is not the first of its token or the model has no such tag;
    `first` the places (token, piece) of first pieces; `tokens` says how many tokens there are, also of those cut off.
    """

    row: Mapping[str, Any]
    labels: list[int]
    first: list[tuple[int, int]]
    tokens: int


@dataclass(frozen=True, slots=True)
class Tagger:
    """Shows rows of tokens to an encoder and compares the tags that it gives their first pieces."""

    vocabulary: Vocabulary
    tokenizer: Any
    criterion: Loss
    length: int
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> Entities:
        """Return tokens and tags; raise BadInput where a sample has none."""
        if not isinstance(sample.target, Entities) or not sample.target.tokens:
            raise BadInput(f"sample {sample.id!r}: has no tokens")
        return sample.target

    def encode(self, loaded: Entities) -> "Pieces":
        """Return the pieces of the tokens and what is true of them."""
        row = self.tokenizer(list(loaded.tokens), is_split_into_words=True, truncation=True, max_length=self.length)
        words = row.word_ids()
        labels = [tokens.IGNORED] * len(words)
        first: list[tuple[int, int]] = []
        places = {label: k for k, label in enumerate(self.vocabulary.labels)}
        seen: set[int] = set()
        for piece, word in enumerate(words):
            if word is None or word in seen:
                continue
            seen.add(word)
            first.append((word, piece))
            labels[piece] = places.get(loaded.tags[word], tokens.IGNORED)
        return Pieces(row, labels, first, len(loaded.tokens))

    def collate(self, examples: Sequence["Pieces"]) -> Batch:
        """Return input_ids and what belongs to them, labels (n, longest), and where the first pieces are."""
        return {
            **reading.columns([one.row for one in examples], self.tokenizer.pad_token_id),
            "labels": reading.padded([one.labels for one in examples], tokens.IGNORED),
            "first": [one.first for one in examples],
            "counts": [one.tokens for one in examples],
        }

    def units(self, batch: Batch) -> float:
        """Count the tokens whose tag is known."""
        return float((batch["labels"] != tokens.IGNORED).sum())

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the tokens' first pieces."""
        counts = batch["labels"] != tokens.IGNORED
        logits = model(**reading.inputs(batch)).logits[counts]
        lost = self.criterion(logits, batch["labels"][counts]).sum()
        return Losses(lost, self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the best row of tags that keeps the rules of BIO or BIOES, one prediction a sample."""
        shares = model(**reading.inputs(batch)).logits.float().log_softmax(dim=-1).cpu().numpy().astype(np.float64)
        made = []
        for row, first, count in zip(shares, batch["first"], batch["counts"], strict=True):
            said = ["O"] * count
            best = tags.best(row[[piece for _, piece in first]], self.vocabulary.labels)
            for (word, _), tag in zip(first, best, strict=True):
                said[word] = tag
            made.append(entities.Tagged(tuple(said)))
        return made

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said."""
        return replace(entities.judge(samples, predictions, resamples=resamples), task="token_classification")

    def audit(self, batch: Batch) -> str:
        """Return the first pieces that the loss is taken on, each with its tag."""
        row, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
        shown = " ".join(
            f"{self.tokenizer.decode([piece]).strip()}/{self.vocabulary.labels[label]}"
            for piece, label in zip(row, labels, strict=True)
            if label != tokens.IGNORED
        )
        return "; ".join((f"{self.units(batch):g} tokens count; first text: {shown[:400]}", *self.said))
