"""Sequence to sequence: a text is read and another one written (a summary, a translation, a report)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import functional
from transformers import GenerationConfig

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
from roadstead.train.tokens import IGNORED
from roadstead.train.vocabulary import Vocabulary


@task("sequence_to_sequence", zh="序列到序列（摘要、翻译）")
@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceToSequence:
    """What is to be written of a text.

    `prefix` goes before every text, where a model was taught to expect one ("summarize: "). Texts are cut at `length` tokens,
    what is to be written at `written`, and how many are cut is told. Judging writes at most `written` tokens for each text, unless
    `write` is false: then only perplexity is reckoned.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Text,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    prefix: str = ""
    length: Annotated[int, Gt(2)] = 512
    written: Annotated[int, Gt(1)] = 128
    write: bool = True
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return no classes; raise BadInput naming a sample without a text to read, or with nothing to write."""
        for sample in samples:
            if not sample.text.strip():
                raise BadInput(f"data: sample {sample.id!r} has no text to read")
            if isinstance(sample.target, Text) and not sample.target.text.strip():
                raise BadInput(f"data: nothing is to be written for sample {sample.id!r}")
        return Vocabulary(samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "Rewriter":
        """Bind the task; raise BadInput where the tokenizer knows too little of the training texts."""
        tokenizer = tokens.tokenizer_of(built, "sequence to sequence")
        start = getattr(getattr(built.module, "config", None), "decoder_start_token_id", None)
        if start is None:
            raise BadInput("model: does not say with which token writing begins (decoder_start_token_id)")
        made = Rewriter(vocabulary, tokenizer, loss or CrossEntropy(), self, int(start))
        rows = [made.encode(made.load(sample), cut=False) for sample in vocabulary.samples]
        said = reading.surveyed(
            built, vocabulary.samples, [len(r[0]) for r in rows], self.length, allow_unknown=self.allow_unknown
        )
        cut = sum(len(written) > self.written for _, written in rows)
        if cut:
            said = reading.noted(
                built, (f"{cut} of {len(rows)} texts to write are longer than {self.written} tokens and are cut",)
            )
        return Rewriter(vocabulary, tokenizer, made.criterion, self, int(start), said)


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Shows texts to a model and compares what it would write."""

    vocabulary: Vocabulary
    tokenizer: Any
    criterion: Loss
    settings: SequenceToSequence
    start: int
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> tuple[str, str]:
        """Return the text to read and the one to write."""
        return f"{self.settings.prefix}{sample.text}", sample.target.text if isinstance(sample.target, Text) else ""

    def encode(self, loaded: tuple[str, str], *, cut: bool = True) -> tuple[list[int], list[int]]:
        """Return both as tokens, the second with its end mark (which is left where a text is cut)."""
        text, true = loaded
        shown = list(self.tokenizer(text)["input_ids"])
        written = list(self.tokenizer(true, add_special_tokens=False)["input_ids"])
        end = self.tokenizer.eos_token_id
        if not cut:
            return shown, [*written, end]
        if len(shown) > self.settings.length:
            shown = [*shown[: self.settings.length - 1], shown[-1]]
        return shown, [*written[: self.settings.written - 1], end]

    def collate(self, examples: Sequence[tuple[list[int], list[int]]]) -> Batch:
        """Return input_ids and attention_mask (n, t) of what is read, and targets (n, u) of what is to be written."""
        shown, written = zip(*examples, strict=True)
        return {
            "input_ids": reading.padded(shown, self.tokenizer.pad_token_id),
            "attention_mask": reading.padded([[1] * len(row) for row in shown], 0),
            "targets": reading.padded(written, IGNORED),
        }

    def units(self, batch: Batch) -> float:
        """Count the tokens to write."""
        return writing.units(batch)

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the tokens to write."""
        logits, counts = self._logits(model, batch)
        made = logits[counts]
        return Losses(self.criterion(made, batch["targets"][counts]).sum(), self.units(batch), outputs=made)

    def _logits(self, model: nn.Module, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
        targets: Tensor = batch["targets"]
        before = functional.pad(targets[:, :-1], (1, 0), value=self.start)
        before = before.masked_fill(before == IGNORED, self.tokenizer.pad_token_id)
        made = model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            decoder_input_ids=before,
            use_cache=False,
        )
        return made.logits, targets != IGNORED

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return what the model writes of each text, and how unlikely the true one is to it."""
        logits, counts = self._logits(model, batch)
        lost = functional.cross_entropy(
            logits.float().transpose(1, 2), batch["targets"], ignore_index=IGNORED, reduction="none"
        )
        texts = self._written(model, batch) if self.settings.write else [""] * len(lost)
        return [
            generation.Written(text, float(nll), int(n))
            for text, nll, n in zip(texts, lost.sum(dim=1).tolist(), counts.sum(dim=1).tolist(), strict=True)
        ]

    def _written(self, model: nn.Module, batch: Batch) -> list[str]:
        how = GenerationConfig(  # type: ignore[no-untyped-call]  # transformers does not type it
            max_new_tokens=self.settings.written,
            do_sample=False,
            pad_token_id=self.tokenizer.pad_token_id,
            eos_token_id=self.tokenizer.eos_token_id,
            decoder_start_token_id=self.start,
        )
        inner: Any = writing.plain(model)
        with torch.no_grad():
            made = inner.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], generation_config=how
            )
        return [str(text).strip() for text in self.tokenizer.batch_decode(made, skip_special_tokens=True)]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was written; by perplexity where nothing was."""
        main = None if self.settings.write else "perplexity"
        return replace(
            generation.judge(samples, predictions, main=main, resamples=resamples), task="sequence_to_sequence"
        )

    def audit(self, batch: Batch) -> str:
        """Return the tokens that the loss is taken on, as text."""
        return "; ".join((writing.audit(batch, self.tokenizer), *self.said))
