"""Text recognition: what stands in a picture of one line, such as a number plate or a vessel's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Gt
from torch import Tensor, nn

from roadstead.bundle.card import Input
from roadstead.bundle.reading import best_path, best_text, joined, likelihood
from roadstead.dataset.samples import Sample, Target, Text
from roadstead.errors import BadInput, BadSettings
from roadstead.evaluate.metrics import recognition
from roadstead.evaluate.reports import Report
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.losses.ctc import Ctc
from roadstead.train.models import Built
from roadstead.train.pictures import shown, stacked, tensor
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary


@task("text_recognition", zh="文字识别")
@dataclass(frozen=True, slots=True, kw_only=True)
class TextRecognition:
    """What is written in a picture, by CTC.

    `characters` set the order of the characters; those of the training samples that are not among them follow, sorted.
    `beam` 1 takes the likeliest path, more the likeliest text among so many. `join_rows` cuts pictures of two rows (yellow plates
    of lorries and buses) and puts the rows side by side.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Text,)
    losses: ClassVar[tuple[str, ...]] = ("sequence",)

    characters: str = ""
    beam: Annotated[int, Gt(0)] = 1
    join_rows: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the characters; raise BadInput where there are none, or a character is named twice."""
        if len(set(self.characters)) != len(self.characters):
            raise BadInput("task.characters: names a character twice")
        found = {c for s in samples if isinstance(s.target, Text) for c in s.target.text.strip()}
        characters = self.characters + "".join(sorted(found - set(self.characters)))
        if not characters:
            raise BadInput("data: no text has a character to learn")
        return Vocabulary(characters=characters)

    def learner(self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]) -> "TextReader":
        """Bind the task; raise BadSettings for augmentations that mix pictures: a mixed text is none."""
        if built.input is None:
            raise BadInput("model: takes no pictures, so it cannot be trained for text recognition")
        if mix:
            raise BadSettings("augment: pictures of texts cannot be mixed; leave mixup and cutmix out")
        return TextReader(vocabulary, built.input, loss or Ctc(), self.beam, self.join_rows)


@dataclass(frozen=True, slots=True)
class TextReader:
    """Shows pictures of lines to a network and compares what it reads."""

    vocabulary: Vocabulary
    input: Input
    criterion: Loss
    beam: int = 1
    join_rows: bool = False

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture; two rows become one where that is asked for."""
        seen = shown(sample)
        return seen.with_(image=joined(seen.image)) if self.join_rows else seen

    def encode(self, loaded: Shown) -> tuple[Tensor, Tensor | None]:
        """Return the picture (3, h, w) and its characters, None where the model does not know one of them."""
        text = loaded.target.text.strip() if isinstance(loaded.target, Text) else ""
        known = self.vocabulary.characters
        spelt = torch.tensor([known.index(c) for c in text]) if text and set(text) <= set(known) else None
        return tensor(loaded.image, self.input), spelt

    def collate(self, examples: Sequence[tuple[Tensor, Tensor | None]]) -> Batch:
        """Return images (n, 3, h, w) and a list of n texts."""
        images, texts = zip(*examples, strict=True)
        return {"images": stacked(images), "texts": list(texts)}

    def units(self, batch: Batch) -> float:
        """Count the pictures whose text can be spelt."""
        return float(sum(text is not None for text in batch["texts"]))

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the pictures whose text can be spelt."""
        logits = model(batch["images"])
        known = [k for k, text in enumerate(batch["texts"]) if text is not None]
        values = self.criterion(logits[known], [batch["texts"][k] for k in known])  # type: ignore[arg-type]  # "sequence" takes a list
        return Losses(values.sum(), self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return what each picture reads, and the share of all paths that spell it."""
        logs = model(batch["images"]).float().log_softmax(dim=2).cpu().numpy().astype(np.float64)
        return [self._read(rows) for rows in logs]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was read."""
        return recognition.judge(samples, predictions, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the texts of a batch as the model's characters spell them."""
        characters = self.vocabulary.characters
        spelt = [
            "(unknown characters)" if text is None else "".join(characters[int(k)] for k in text)
            for text in batch["texts"]
        ]
        return f"{len(spelt)} pictures: {', '.join(spelt[:16])}"

    def _read(self, logs: Any) -> recognition.Read:
        said = best_path(logs) if self.beam == 1 else best_text(logs, self.beam)
        text = "".join(self.vocabulary.characters[k] for k in said)
        return recognition.Read(text, min(likelihood(logs, said), 1.0))
