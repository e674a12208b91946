"""Extractive question answering: where in a text the answer to a question stands, or that it is not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn
from torch.nn import functional

from roadstead.dataset.samples import Answer, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import answers
from roadstead.evaluate.reports import Report
from roadstead.train import reading, tokens
from roadstead.train.augment import OfBatch
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary
from roadstead.types import Floats

_NOWHERE = -1e4
"""The logit of a place where no answer can begin or end; fp16 holds it."""


@task("question_answering", zh="抽取式问答")
@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswering:
    """The first and the last token of the answer (Devlin et al., BERT, 2018, 4.2 and 4.3); the first token of all where there is none.

    Texts longer than `length` tokens (with the question) are read in windows that share `stride` tokens, so nothing is cut. An
    answer is given where it is better than none by `threshold`, and has at most `answer` tokens.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Answer,)
    losses: ClassVar[tuple[str, ...]] = ()

    length: Annotated[int, Gt(8)] = 256
    stride: Annotated[int, Ge(0)] = 64
    answer: Annotated[int, Gt(0)] = 30
    threshold: float = 0.0
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return no classes; raise BadInput naming a sample whose answer is not in its text."""
        for sample in samples:
            if isinstance(sample.target, Answer):
                _start(sample)
        return Vocabulary(samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,  # noqa: ARG002  # the task brings its own
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "Answerer":
        """Bind the task; raise BadInput where the tokenizer knows too little of the training texts."""
        tokenizer = tokens.tokenizer_of(built, "question answering")
        said = reading.surveyed(built, vocabulary.samples, (), self.length, allow_unknown=self.allow_unknown)
        return Answerer(vocabulary, tokenizer, self, said)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the text that it is about, and where its answer stands there, characters; None: nowhere."""

    id: str
    question: str
    text: str
    answer: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text with the question: tokens, where an answer may be, where it is, and the characters of each token."""

    row: Mapping[str, list[int]]
    allowed: list[bool]
    start: int
    end: int
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Answerer:
    """Shows questions with texts to an encoder and compares where it points."""

    vocabulary: Vocabulary
    tokenizer: Any
    settings: QuestionAnswering
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> Asked:
        """Return question, text and where the answer stands; raise BadInput where it does not, or there is no text."""
        if not isinstance(sample.target, Answer):
            raise BadInput(f"sample {sample.id!r}: has no question")
        start = _start(sample)
        end = None if start is None else start + len(sample.target.text or "")
        return Asked(
            sample.id, sample.target.question, sample.text, None if start is None or end is None else (start, end)
        )

    def encode(self, loaded: Asked) -> tuple[Asked, list[Window]]:
        """Return the windows of the text; raise BadInput where a question leaves no room for one."""
        length, stride = self.settings.length, self.settings.stride
        room = length - len(self.tokenizer(loaded.question, "")["input_ids"])
        if room <= stride:
            raise BadInput(
                f"sample {loaded.id!r}: its question leaves room for {room} tokens of text and windows share {stride}: raise "
                "task.length or lower task.stride"
            )
        made = self.tokenizer(
            loaded.question,
            loaded.text,
            truncation="only_second",
            max_length=length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        return loaded, [self._window(made, k, loaded.answer) for k in range(len(made["input_ids"]))]

    def _window(self, made: Any, k: int, answer: tuple[int, int] | None) -> Window:
        offsets = [(int(a), int(b)) for a, b in made["offset_mapping"][k]]
        text = [part == 1 for part in made.sequence_ids(k)]
        start = end = 0
        if answer is not None:
            inside = [p for p, (a, b) in enumerate(offsets) if text[p] and a < answer[1] and b > answer[0]]
            whole = inside and offsets[inside[0]][0] <= answer[0] and offsets[inside[-1]][1] >= answer[1]
            if whole:
                start, end = inside[0], inside[-1]
        row = {name: made[name][k] for name in reading.COLUMNS if name in made}
        return Window(row, [True, *text[1:]], start, end, offsets)

    def collate(self, examples: Sequence[tuple[Asked, list[Window]]]) -> Batch:
        """Return the windows of all samples as input_ids and what belongs to them (n, longest), and the true places (n,)."""
        windows = [window for _, some in examples for window in some]
        longest = max(len(window.allowed) for window in windows)
        allowed = [[*window.allowed, *([False] * (longest - len(window.allowed)))] for window in windows]
        return {
            **reading.columns([window.row for window in windows], self.tokenizer.pad_token_id),
            "allowed": torch.tensor(allowed),
            "start": torch.tensor([window.start for window in windows]),
            "end": torch.tensor([window.end for window in windows]),
            "asked": [asked for asked, _ in examples],
            "windows": [some for _, some in examples],
        }

    def units(self, batch: Batch) -> float:
        """Count the windows."""
        return float(len(batch["start"]))

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum over windows of the mean of both places' cross-entropies."""
        starts, ends = self._logits(model, batch)
        lost = functional.cross_entropy(starts, batch["start"], reduction="sum")
        lost = (lost + functional.cross_entropy(ends, batch["end"], reduction="sum")) / 2
        return Losses(lost, self.units(batch), outputs=torch.cat([starts, ends]))

    def _logits(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        made = model(**reading.inputs(batch))
        starts, ends = (
            one.float().masked_fill(~batch["allowed"], _NOWHERE) for one in (made.start_logits, made.end_logits)
        )
        return starts, ends

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the best answer of all windows of each sample, None where none is likelier."""
        starts, ends = (one.cpu().numpy().astype(np.float64) for one in self._logits(model, batch))
        made, begin = [], 0
        for asked, windows in zip(batch["asked"], batch["windows"], strict=True):
            span = slice(begin, begin + len(windows))
            made.append(self._best(asked, windows, starts[span], ends[span]))
            begin += len(windows)
        return made

    def _best(self, asked: Asked, windows: Sequence[Window], starts: Floats, ends: Floats) -> answers.Answered:
        nothing = min(float(s[0] + e[0]) for s, e in zip(starts, ends, strict=True))
        best, place = -np.inf, (0, 0)
        for window, start, end in zip(windows, starts, ends, strict=True):
            places = [p for p, may in enumerate(window.allowed) if may and p > 0]
            if not places:
                continue
            pairs = start[places][:, None] + end[places][None, :]
            upper = np.triu(np.ones_like(pairs), 0) - np.triu(np.ones_like(pairs), self.settings.answer)
            pairs = np.where(upper > 0, pairs, -np.inf)
            a, b = np.unravel_index(int(pairs.argmax()), pairs.shape)
            if pairs[a, b] > best:
                best, place = float(pairs[a, b]), (window.offsets[places[a]][0], window.offsets[places[b]][1])
        sure = 1 / (1 + float(np.exp(-np.clip(best - nothing, -50, 50))))
        if best - nothing <= self.settings.threshold:
            return answers.Answered(None, 1 - sure)
        return answers.Answered(asked.text[slice(*place)], sure)

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge the answers."""
        return replace(answers.judge(samples, predictions, resamples=resamples), task="question_answering")

    def audit(self, batch: Batch) -> str:
        """Return the questions of a batch with what is to be found, read back from the tokens."""
        shown = []
        for asked, windows in zip(batch["asked"][:4], batch["windows"], strict=False):
            found = [
                reading.decoded(self.tokenizer, w.row["input_ids"][w.start : w.end + 1]) for w in windows if w.start
            ]
            shown.append(f"{asked.question} → {found[0] if found else '(nothing)'}")
        return "; ".join((f"{self.units(batch):g} windows: {' | '.join(shown)}", *self.said))


def _start(sample: Sample) -> int | None:
    """Return where a sample's answer stands in its text; raise BadInput where it does not, or there is no text."""
    target = sample.target
    if not sample.text.strip():
        raise BadInput(f"data: sample {sample.id!r} has a question and no text to answer it from")
    if not isinstance(target, Answer) or target.text is None:
        return None
    start = sample.text.find(target.text) if target.start is None else target.start
    if start < 0 or sample.text[start : start + len(target.text)] != target.text:
        raise BadInput(f"data: the answer of sample {sample.id!r} does not stand in its text: {target.text!r:.60}")
    return start
