"""Preference tuning: of two answers the better one becomes likelier, without a model of rewards (DPO)."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import torch
from annotated_types import Ge, Gt, Lt
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn
from torch.nn import functional

from roadstead.dataset.samples import Message, Preference, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import preferences
from roadstead.evaluate.reports import Report
from roadstead.train import reading, tokens, writing
from roadstead.train.augment import OfBatch
from roadstead.train.chat import Template
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary
from roadstead.train.writing import Row

Variant = Literal["sigmoid", "ipo", "hinge"]


@task("preference_tuning", zh="偏好微调（DPO）")
@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceTuning:
    """Direct preference optimisation (Rafailov et al. 2023): how much likelier than to a reference the better answer is.

    `variant`: "sigmoid" (theirs; `smoothing` is the share of pairs whose order may be wrong), "ipo" (Azar et al. 2023, on means
    over tokens), "hinge" (Zhao et al., SLiC, 2023). `beta` holds the model to the `reference`: "adapters_off", the model without
    its adapters (LoRA and its like; needs no memory), or "copy", the model as the stage began, kept beside it. Conversations
    longer than `length` tokens are cut at the end and counted; one that loses a whole answer is refused.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Preference,)
    losses: ClassVar[tuple[str, ...]] = ()

    variant: Variant = "sigmoid"
    beta: Annotated[float, Gt(0)] = 0.1
    smoothing: Annotated[float, Ge(0), Lt(0.5)] = 0.0
    reference: Literal["adapters_off", "copy"] = "adapters_off"
    length: Annotated[int, Gt(2)] = 512
    template: str | None = None
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return no classes; raise BadInput naming a pair of equal answers."""
        for sample in samples:
            if isinstance(sample.target, Preference) and sample.target.chosen == sample.target.rejected:
                raise BadInput(f"data: both answers of sample {sample.id!r} are the same")
        return Vocabulary(samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,  # noqa: ARG002  # the task brings its own
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "Preferrer":
        """Bind the task, with a copy of the model where that is the reference; raise BadInput where answers are cut off."""
        tokenizer = tokens.tokenizer_of(built, "preference tuning")
        made = Preferrer(vocabulary, Template(tokenizer, self.template), self, None)
        pairs = [made.turns(s.target) for s in vocabulary.samples if isinstance(s.target, Preference)]
        lengths = [max(len(row.ids) for row, _ in pair) for pair in pairs]
        said = reading.surveyed(built, vocabulary.samples, lengths, self.length, allow_unknown=self.allow_unknown)
        lost = sum(any(answer >= self.length for _, answer in pair) for pair in pairs)
        if lost:
            raise BadInput(
                f"task.length: at {self.length} tokens nothing is left of an answer of {lost} of {len(pairs)} pairs: raise it to "
                f"{max(lengths)}, or leave them out"
            )
        kept = _frozen(built.module) if self.reference == "copy" else None
        return replace(made, kept=kept, said=said)


@dataclass(frozen=True, slots=True)
class Preferrer:
    """Shows pairs of answers to a language model and compares how likely they are to it and to the reference."""

    vocabulary: Vocabulary
    template: Template
    settings: PreferenceTuning
    kept: nn.Module | None
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> Preference:
        """Return the pair; raise BadInput where a sample has none."""
        if not isinstance(sample.target, Preference):
            raise BadInput(f"sample {sample.id!r}: has no pair of answers")
        return sample.target

    def turns(self, pair: Preference) -> tuple[tuple[Row, int], tuple[Row, int]]:
        """Return the better and the worse conversation as tokens that are not cut, and where each answer begins."""
        made = [
            self.template.turns((*pair.prompt, Message("assistant", text))) for text in (pair.chosen, pair.rejected)
        ]
        rows = [
            (Row(one.ids, tuple(t and k >= one.answer for k, t in enumerate(one.trained))), one.answer) for one in made
        ]
        return rows[0], rows[1]

    def encode(self, loaded: Preference) -> tuple[Row, Row]:
        """Return the better and the worse conversation as tokens; the last answer counts."""
        cut = self.settings.length
        better, worse = (Row(row.ids[:cut], row.trained[:cut]) for row, _ in self.turns(loaded))
        return better, worse

    def collate(self, examples: Sequence[tuple[Row, Row]]) -> Batch:
        """Return rows of tokens: all better ones, then all worse ones."""
        better, worse = zip(*examples, strict=True)
        return {**writing.collated([*better, *worse], self.template.tokenizer.pad_token_id), "pairs": len(better)}

    def units(self, batch: Batch) -> float:
        """Count the pairs."""
        return float(batch["pairs"])

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the pairs."""
        with self._reference(model) as reference, torch.no_grad():
            known, _ = writing.likelihoods(reference, batch)
        sums, counts = writing.likelihoods(model, batch)
        if self.settings.variant == "ipo":
            sums, known = sums / counts.clamp(min=1), known / counts.clamp(min=1)
        n = batch["pairs"]
        lost = dpo(
            sums[:n] - known[:n],
            sums[n:] - known[n:],
            self.settings.beta,
            self.settings.variant,
            self.settings.smoothing,
        )
        return Losses(lost.sum(), self.units(batch), parts={"chosen": float(sums[:n].detach().sum())})

    @contextmanager
    def _reference(self, model: nn.Module) -> Iterator[nn.Module]:
        """Return the reference, in evaluation mode; afterwards the model is as it was."""
        if self.kept is not None:
            yield self.kept.to(next(model.parameters()).device)
            return
        inner = writing.plain(model)
        layers = [part for part in inner.modules() if isinstance(part, BaseTunerLayer)]
        if not layers:
            raise BadInput(
                'task.reference: the model has no adapters that can be switched off: set it to "copy", or tune with lora'
            )
        learns = {name: p.requires_grad for name, p in inner.named_parameters()}
        was = inner.training
        inner.eval()
        for layer in layers:
            layer.enable_adapters(enabled=False)
        try:
            yield inner
        finally:
            for layer in layers:
                layer.enable_adapters(enabled=True)
            for name, p in inner.named_parameters():
                p.requires_grad_(learns[name])
            inner.train(was)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return how likely both answers are to the model: sums of log-shares."""
        sums, _ = writing.likelihoods(model, batch)
        values = sums.tolist()
        n = batch["pairs"]
        return [preferences.Likelihoods(a, b) for a, b in zip(values[:n], values[n:], strict=True)]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge which answer is likelier."""
        return replace(preferences.judge(samples, predictions, resamples=resamples), task="preference_tuning")

    def audit(self, batch: Batch) -> str:
        """Return the tokens that the loss is taken on, as text, of the first pair."""
        shown = []
        for k, name in ((0, "better"), (batch["pairs"], "worse")):
            row = batch["targets"][k]
            shown.append(
                f"{name}: {reading.decoded(self.template.tokenizer, row[row != tokens.IGNORED].tolist())[:300]}"
            )
        return "; ".join((f"{batch['pairs']} pairs", *shown, *self.said))


def dpo(better: Tensor, worse: Tensor, beta: float, variant: Variant, smoothing: float = 0.0) -> Tensor:
    """Return the loss of pairs, (n,), of how much likelier than to the reference both answers are (log-shares, (n,) each).

    "sigmoid" is equation 7 of Rafailov et al. 2023, with smoothing after Mitchell, "A note on DPO with noisy preferences",
    2023; "ipo" is equation 17 of Azar et al. 2023.
    """
    apart = better - worse
    if variant == "ipo":
        return (apart - 1 / (2 * beta)) ** 2
    if variant == "hinge":
        return functional.relu(1 - beta * apart)
    return -(1 - smoothing) * functional.logsigmoid(beta * apart) - smoothing * functional.logsigmoid(-beta * apart)


def _frozen(module: nn.Module) -> nn.Module:
    """Return a copy that does not learn."""
    return copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
