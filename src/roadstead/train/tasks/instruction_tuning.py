"""Instruction tuning: the assistant's answers of conversations are learned, and nothing else of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from annotated_types import Gt
from torch import nn

from roadstead.dataset.samples import Chat, Message, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import generation
from roadstead.evaluate.reports import Report
from roadstead.train import reading, tokens, writing
from roadstead.train.augment import OfBatch
from roadstead.train.chat import Template
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary
from roadstead.train.writing import Row


@task("instruction_tuning", zh="指令微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionTuning:
    """What the assistant says of conversations.

    `template` is a chat template (Jinja) in place of the tokenizer's own (ChatML where it has none). Conversations longer than
    `length` tokens are cut at the end and counted; one whose last answer is cut off wholly is refused. `packing` puts several
    into one row of `length` tokens, where none sees another. Judging writes at most `new_tokens` for the last answer of each
    conversation, unless `write` is false: then only its perplexity is reckoned, which is much quicker.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Chat,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    length: Annotated[int, Gt(2)] = 512
    packing: bool = False
    template: str | None = None
    new_tokens: Annotated[int, Gt(0)] = 128
    write: bool = True
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return no classes; raise BadInput naming a conversation in which the assistant says nothing, or not the last word."""
        for sample in samples:
            if not isinstance(sample.target, Chat) or not sample.target.messages:
                continue
            last = sample.target.messages[-1]
            if last.role != "assistant" or not last.content.strip():
                raise BadInput(
                    f"data: the conversation of sample {sample.id!r} does not end with what the assistant says"
                )
        return Vocabulary(samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "Instructor":
        """Bind the task; raise BadInput where training texts are unknown to the tokenizer, or their answers are cut off."""
        tokenizer = tokens.tokenizer_of(built, "instruction tuning")
        template = Template(tokenizer, self.template)
        said = self._surveyed(built, vocabulary.samples, template)
        return Instructor(
            vocabulary=vocabulary,
            template=template,
            criterion=loss or CrossEntropy(),
            length=self.length,
            pack=self.length if self.packing else None,
            new_tokens=self.new_tokens if self.write else 0,
            said=said,
        )

    def _surveyed(self, built: Built, samples: Sequence[Sample], template: Template) -> tuple[str, ...]:
        made = [template.turns(s.target.messages) for s in samples if isinstance(s.target, Chat)]
        said = reading.surveyed(
            built, samples, [len(one.ids) for one in made], self.length, allow_unknown=self.allow_unknown
        )
        lost = [s.id for s, one in zip(samples, made, strict=True) if not any(one.trained[one.answer : self.length])]
        if lost:
            raise BadInput(
                f"task.length: at {self.length} tokens nothing is left of the answers of {len(lost)} of {len(samples)} "
                f"conversations, such as {lost[0]!r}: raise it to {max(len(one.ids) for one in made)}, or leave them out"
            )
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructor:
    """Shows conversations to a language model and compares what it would say."""

    vocabulary: Vocabulary
    template: Template
    criterion: Loss
    length: int
    pack: int | None
    new_tokens: int
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> tuple[Message, ...]:
        """Return the turns; raise BadInput where a sample has none."""
        if not isinstance(sample.target, Chat) or not sample.target.messages:
            raise BadInput(f"sample {sample.id!r}: has no conversation")
        return sample.target.messages

    def encode(self, loaded: tuple[Message, ...]) -> tuple[Row, Row, tuple[int, ...]]:
        """Return the conversation's tokens, the same with the last answer alone to count, and the tokens before that answer."""
        made = self.template.turns(loaded)
        ids, trained = made.ids[: self.length], made.trained[: self.length]
        last = tuple(counts and place >= made.answer for place, counts in enumerate(trained))
        prompt = made.ids[: made.answer] if self.new_tokens else ()
        return Row(ids, trained), Row(ids, last), prompt

    def collate(self, examples: Sequence[tuple[Row, Row, tuple[int, ...]]]) -> Batch:
        """Return rows of tokens for the loss, and beside them what judging needs."""
        rows, last, prompts = zip(*examples, strict=True)
        pad = self.template.tokenizer.pad_token_id
        return {**writing.collated(rows, pad, self.pack), "last": last, "prompts": prompts}

    def units(self, batch: Batch) -> float:
        """Count the tokens of answers."""
        return writing.units(batch)

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the answers' tokens."""
        logits, true, _ = writing.logits(model, batch)
        return Losses(self.criterion(logits, true).sum(), self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return what the model writes for the last answer of each conversation, and how unlikely the true one is to it."""
        tokenizer, device = self.template.tokenizer, batch["input_ids"].device
        rows = {k: v.to(device) for k, v in writing.collated(batch["last"], tokenizer.pad_token_id).items()}
        sums, counts = writing.likelihoods(model, rows)
        texts = [""] * len(sums)
        if self.new_tokens:
            texts = writing.written(model, tokenizer, batch["prompts"], self.new_tokens, device)
        return [
            generation.Written(text, -float(total), int(n))
            for text, total, n in zip(texts, sums.tolist(), counts.tolist(), strict=True)
        ]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was written; by perplexity where nothing was."""
        main = None if self.new_tokens else "perplexity"
        return replace(
            generation.judge(samples, predictions, main=main, resamples=resamples), task="instruction_tuning"
        )

    def audit(self, batch: Batch) -> str:
        """Return the tokens that the loss is taken on, as text."""
        return "; ".join((writing.audit(batch, self.template.tokenizer), *self.said))
