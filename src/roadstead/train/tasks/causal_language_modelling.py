"""Causal language modelling: every token of a text from those before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from annotated_types import Gt
from torch import nn

from roadstead.dataset.samples import Sample, Target, Text
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import generation
from roadstead.evaluate.reports import Report
from roadstead.train import reading, tokens, writing
from roadstead.train.augment import OfBatch
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary
from roadstead.train.writing import Row


@task("causal_language_modelling", zh="因果语言建模")
@dataclass(frozen=True, slots=True, kw_only=True)
class CausalLanguageModelling:
    """How texts go on; judged by perplexity.

    Learned is the text that is to be written; what is shown before it (the sample's own text) is read and not learned. Longer texts
    are taken apart into pieces of `length` tokens, so nothing is cut. `packing` puts several into one row, where none sees
    another.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Text,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    length: Annotated[int, Gt(2)] = 256
    packing: bool = True
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return no classes; raise BadInput naming a sample without a text."""
        for sample in samples:
            if isinstance(sample.target, Text) and not sample.target.text.strip():
                raise BadInput(f"data: sample {sample.id!r} has no text to learn")
        return Vocabulary(samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "Continuer":
        """Bind the task; raise BadInput where the tokenizer knows too little of the training texts."""
        tokenizer = tokens.tokenizer_of(built, "causal language modelling")
        said = reading.surveyed(built, vocabulary.samples, (), self.length, allow_unknown=self.allow_unknown)
        pack = self.length if self.packing else None
        return Continuer(vocabulary, tokenizer, loss or CrossEntropy(), self.length, pack, said)


@dataclass(frozen=True, slots=True)
class Continuer:
    """Shows texts to a language model and compares how it would go on."""

    vocabulary: Vocabulary
    tokenizer: Any
    criterion: Loss
    length: int
    pack: int | None
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> tuple[str, str]:
        """Return what is shown and what is learned."""
        return sample.text, sample.target.text if isinstance(sample.target, Text) else ""

    def encode(self, loaded: tuple[str, str]) -> list[Row]:
        """Return the pieces of the text: those in which something is learned.

        Pieces overlap by one token, so that the first of a piece is learned too, at the end of the piece before.
        """
        shown, true = (list(self.tokenizer(text, add_special_tokens=False)["input_ids"]) for text in loaded)
        begin, end = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        ids = [begin if begin is not None else end, *shown, *true, end]
        trained = [*([False] * (1 + len(shown))), *([True] * (len(true) + 1))]
        step = self.length - 1
        pieces = [
            Row(tuple(ids[at : at + self.length]), tuple(trained[at : at + self.length]))
            for at in range(0, len(ids) - 1, step)
        ]
        return [piece for piece in pieces if any(piece.trained[1:])]

    def collate(self, examples: Sequence[list[Row]]) -> Batch:
        """Return rows of tokens, and beside them the pieces of each sample."""
        rows = [row for rows in examples for row in rows]
        return {**writing.collated(rows, self.tokenizer.pad_token_id, self.pack), "rows": list(examples)}

    def units(self, batch: Batch) -> float:
        """Count the tokens."""
        return writing.units(batch)

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the tokens."""
        logits, true, _ = writing.logits(model, batch)
        return Losses(self.criterion(logits, true).sum(), self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return how unlikely each sample's text is to the model; nothing is written."""
        rows = [row for rows in batch["rows"] for row in rows]
        made = writing.collated(rows, self.tokenizer.pad_token_id)
        sums, counts = writing.likelihoods(model, {k: v.to(batch["input_ids"].device) for k, v in made.items()})
        found, begin = [], 0
        for some in batch["rows"]:
            span = slice(begin, begin + len(some))
            found.append(generation.Written("", -float(sums[span].sum()), int(counts[span].sum())))
            begin += len(some)
        return found

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge by perplexity."""
        return replace(
            generation.judge(samples, predictions, main="perplexity", resamples=resamples),
            task="causal_language_modelling",
        )

    def audit(self, batch: Batch) -> str:
        """Return the tokens that the loss is taken on, as text."""
        return "; ".join((writing.audit(batch, self.tokenizer), *self.said))
