"""Vision-language tuning: what the assistant says in a conversation about a picture."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import functional

from roadstead.dataset.samples import Chat, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import generation
from roadstead.evaluate.reports import Report
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.models._vlm_reading import PLACE, UNCOUNTED, Read, Reader, batched, padded
from roadstead.train.pictures import shown
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary

_ASKED = "asked_"
"""Before the names of what a model is shown when it has to answer."""
_KEPT_OUT = ("labels", "final")


@task("vision_language", zh="视觉语言微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class VisionLanguage:
    """Conversations about one picture each, its place marked `<image>`; the loss is on what the assistant says alone.

    `longest` is how many tokens a conversation may have, those of the picture counted; `answer` how many the model may write
    when it is judged, 0: none, and it is judged by perplexity alone.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Chat,)
    losses: ClassVar[tuple[str, ...]] = ()

    longest: Annotated[int, Gt(0)] = 4096
    answer: Annotated[int, Gt(-1)] = 64

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return an empty vocabulary: the model's own is used; raise BadInput for samples that are no talk about a picture."""
        for sample in samples:
            _demand(sample)
        return Vocabulary()

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,  # noqa: ARG002  # the model's own loss
        mix: Sequence[OfBatch],
    ) -> "Talker":
        """Bind the task."""
        if mix:
            raise BadInput("augment: batches of conversations cannot be mixed; remove what mixes them")
        if getattr(built.processor, "image_processor", None) is None:
            raise BadInput("model: reads no pictures, so it cannot be trained for vision_language")
        return Talker(vocabulary, Reader(built.processor), self.longest, self.answer)


@dataclass(frozen=True, slots=True, eq=False)
class Talker:
    """Shows a model pictures and conversations, and has it answer."""

    vocabulary: Vocabulary
    reader: Reader
    longest: int
    answer: int
    padding: int = field(init=False)

    def __post_init__(self) -> None:
        tokenizer = self.reader.tokenizer
        padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
        object.__setattr__(self, "padding", int(padding or 0))

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture; raise BadInput where the conversation is not about it, or is too long."""
        _demand(sample)
        return shown(sample)

    def encode(self, loaded: Shown) -> Read:
        """Return the conversation as tokens and the picture as the model takes it."""
        if not isinstance(loaded.target, Chat):
            raise BadInput("an augmentation took the conversation away; remove it")
        read = self.reader.read(loaded.target.messages, loaded.image)
        if len(read.labels) > self.longest:
            raise BadInput(
                f"a conversation has {len(read.labels)} tokens with its picture, more than task.longest, {self.longest}: "
                f"{loaded.target.messages[-1].content[:60]!r}; raise it, or make pictures smaller by max_pixels or tiles"
            )
        return read

    def collate(self, examples: Sequence[Read]) -> Batch:
        """Return what the model takes, `labels` (n, length), where the last answers begin (`final`), and the questions alone."""
        whole = batched(examples, self.padding, asked=False)
        asked = batched(examples, self.padding, asked=True)
        own = {f"{_ASKED}{name}": value for name, value in asked.items() if name in examples[0].tokens}
        labels = padded([read.labels for read in examples], UNCOUNTED)
        return {**whole, **own, "labels": labels, "final": torch.tensor([read.answer for read in examples])}

    def units(self, batch: Batch) -> float:
        """Count the tokens that the loss is taken on."""
        return float((batch["labels"] != UNCOUNTED).sum())

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the tokens that the assistant says."""
        lost, _ = _token_losses(model, batch)
        return Losses(lost.sum(), self.units(batch))

    def predict(self, model: nn.Module, batch: Batch) -> list[generation.Written]:
        """Return what the model answers (greedily), and how unlikely the true last answer is to it."""
        lost, begin = _token_losses(model, batch)
        counted = batch["labels"][:, begin:] != UNCOUNTED
        place = torch.arange(begin, batch["labels"].shape[1], device=lost.device)
        last = counted & (place[None, :] >= batch["final"].to(lost.device)[:, None])
        nll, tokens = (lost * last).sum(1).tolist(), last.sum(1).tolist()
        said = self._answers(model, batch) if self.answer else [""] * len(nll)
        return [generation.Written(*row) for row in zip(said, nll, tokens, strict=True)]

    def score(
        self, samples: Sequence[Sample], predictions: Sequence[generation.Written], *, resamples: int = 0
    ) -> Report:
        """Judge the answers."""
        main = None if self.answer else "perplexity"
        return generation.judge(samples, predictions, main=main, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the tokens that the loss is taken on, between marks, and how many there are of which."""
        labels = batch["labels"]
        told = [
            f"{int((row != UNCOUNTED).sum())} tokens: {self.reader.shown(row[row != UNCOUNTED])!r}" for row in labels
        ]
        count, whole = int(self.units(batch)), int(batch["attention_mask"].sum())
        return f"{count} of {whole} tokens count, none of a picture; " + "; ".join(told)

    def _answers(self, model: nn.Module, batch: Batch) -> list[str]:
        """Have the model answer; a wrapped one (data parallel) is unwrapped, since only the plain one can generate."""
        plain = _plain(model)
        shown = {name: value for name, value in _inputs(batch).items() if f"{_ASKED}{name}" not in batch}
        asked = {name.removeprefix(_ASKED): value for name, value in batch.items() if name.startswith(_ASKED)}
        length = asked["input_ids"].shape[1]
        made = plain.generate(
            **shown, **asked, max_new_tokens=self.answer, do_sample=False, pad_token_id=self.padding, use_cache=True
        )
        if made.shape[1] > length and torch.equal(made[:, :length], asked["input_ids"]):
            made = made[:, length:]  # some families repeat the question
        return [self.reader.said(row).strip() for row in made]


def _plain(model: nn.Module) -> Any:
    """Return the model of transformers that a wrapper (data parallel) holds."""
    return model.module if isinstance(getattr(model, "module", None), nn.Module) else model


def _inputs(batch: Batch) -> Mapping[str, Tensor]:
    """Return what the model takes of a batch."""
    return {name: value for name, value in batch.items() if name not in _KEPT_OUT and not name.startswith(_ASKED)}


def _token_losses(model: nn.Module, batch: Batch) -> tuple[Tensor, int]:
    """Return the loss of each token (n, length - begin), 0 where it does not count, and `begin`, the first place looked at.

    Where the family can, logits are reckoned from the first counted token of the batch on: what comes before, pictures above
    all, would cost a row of the whole vocabulary each.
    """
    labels = batch["labels"]
    counted = (labels != UNCOUNTED).any(0)
    first = int(counted.int().argmax()) if bool(counted.any()) else labels.shape[1] - 1
    begin = max(first, 1)
    keep = {}
    if "logits_to_keep" in inspect.signature(_plain(model).forward).parameters:
        keep = {"logits_to_keep": labels.shape[1] - begin + 1}
    logits = model(**_inputs(batch), **keep, use_cache=False).logits
    logits = logits[:, -(labels.shape[1] - begin + 1) : -1].float()
    wanted = labels[:, begin:]
    lost = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=UNCOUNTED, reduction="none")
    return lost.view_as(wanted), begin


def _demand(sample: Sample) -> None:
    """Raise BadInput where a sample is no conversation about one picture that ends with an answer."""
    if sample.media is None:
        raise BadInput(f"sample {sample.id!r}: has no picture, which vision_language needs; leave it out")
    if not isinstance(sample.target, Chat):
        raise BadInput(f"sample {sample.id!r}: has no conversation")
    messages = sample.target.messages
    places = [m.role for m in messages for _ in range(m.content.count(PLACE))]
    if len(places) != 1:
        raise BadInput(
            f"sample {sample.id!r}: has one picture and {len(places)} places for it; write {PLACE} once in a question"
        )
    if places[0] == "assistant":
        raise BadInput(f"sample {sample.id!r}: the assistant's answer holds {PLACE}; a picture belongs into a question")
    if not messages or messages[-1].role != "assistant":
        raise BadInput(f"sample {sample.id!r}: does not end with the assistant's answer, so there is nothing to learn")
