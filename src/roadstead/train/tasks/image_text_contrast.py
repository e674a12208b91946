"""Image-text contrast: a picture lies near its text and far from those of others, so that one finds the other."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_gather
from torch.nn import functional

from roadstead.bundle.card import Input
from roadstead.dataset.samples import Sample, Target, Text
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import retrieval
from roadstead.evaluate.reports import Report
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.models._pairs import Words
from roadstead.train.pictures import shown, stacked, tensor
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary


@task("image_text_contrast", zh="图文对比学习")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTextContrast:
    """Pictures and their texts. Each is compared with all others of a step, over all processes.

    Without a loss in the recipe it is the model's own, whose temperature (and, of the sigmoid loss, bias) learn; pairs of one
    and the same text are then no counter-examples to each other. Those of the recipe (info_nce, sigmoid, triplet) keep the
    temperature that they are given and take every other pair as a counter-example. `cut` lets texts be cut that are longer
    than the model reads; otherwise they are refused.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Text,)
    losses: ClassVar[tuple[str, ...]] = ("pairs",)

    cut: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return an empty vocabulary: any text may be asked for; raise BadInput where there is nothing to compare."""
        texts = {_text(sample) for sample in samples}
        if len(texts) < 2:
            raise BadInput("data: contrast needs at least two different texts; every picture has the same")
        return Vocabulary()

    def learner(self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]) -> "Matcher":
        """Bind the task."""
        if mix:
            raise BadInput("augment: batches of pairs cannot be mixed; remove what mixes them")
        if built.input is None or not isinstance(built.processor, Words):
            raise BadInput("model: has no side for pictures and one for texts; take dual_encoder")
        return Matcher(vocabulary, built.input, built.processor, loss, self.cut)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Shows pictures and texts to two networks and compares where they lie."""

    vocabulary: Vocabulary
    input: Input
    words: Words
    criterion: Loss | None
    cut: bool = False
    together: bool = True
    """A step is never cut: see `tasks.Together`."""

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture; raise BadInput where its text is longer than the model reads."""
        count = 0 if self.cut else self.words.count(_text(sample))
        if count > self.words.longest:
            raise BadInput(
                f"sample {sample.id!r}: its text has {count} tokens and the model reads {self.words.longest}; shorten it, or "
                "set task.cut"
            )
        return shown(sample)

    def encode(self, loaded: Shown) -> tuple[Tensor, str]:
        """Return the picture (3, h, w) and its text."""
        if not isinstance(loaded.target, Text):
            raise BadInput("an augmentation took the text away; remove it")
        return tensor(loaded.image, self.input), loaded.target.text

    def collate(self, examples: Sequence[tuple[Tensor, str]]) -> Batch:
        """Return images (n, 3, h, w), the tokens of the texts (n, length), and a number for each text, (n,) int64."""
        images, texts = zip(*examples, strict=True)
        keys = torch.tensor([_key(text) for text in texts])
        return {"images": stacked(images), "keys": keys, **self.words.tokens(texts)}

    def units(self, batch: Batch) -> float:
        """Count the pairs."""
        return float(len(batch["keys"]))

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the pairs, each compared with all of the step."""
        found = _run(model, batch)
        images, texts, keys, own = _gathered(
            found["images"], found["texts"], batch["keys"], training=model.training and torch.is_grad_enabled()
        )
        if self.criterion is not None:
            lost = self.criterion(images, texts)
        else:
            lost = _own(images, texts, keys, found["scale"], found.get("bias"))
        return Losses(lost[own].sum(), self.units(batch), outputs=(found["images"], found["texts"]))

    def predict(self, model: nn.Module, batch: Batch) -> list[retrieval.Pair]:
        """Return where each picture and each text lies."""
        found = _run(model, batch)
        images, texts = (found[side].double().cpu().numpy() for side in ("images", "texts"))
        return [retrieval.Pair(*row) for row in zip(images, texts, strict=True)]

    def score(self, samples: Sequence[Sample], predictions: Sequence[retrieval.Pair], *, resamples: int = 0) -> Report:
        """Judge how well one finds the other among all that are judged."""
        return retrieval.judge(samples, predictions, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return what is compared with what."""
        keys = batch["keys"].tolist()
        twice = len(keys) - len(set(keys))
        first = [self.words.said(row) for row in batch["input_ids"][:2]]
        return f"{len(keys)} pairs, each compared with {len(keys) - 1} others; {twice} texts occur again; " + "; ".join(
            repr(text) for text in first
        )


def _own(images: Tensor, texts: Tensor, keys: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
    """Return the loss of each pair with a temperature that learns: InfoNCE as in CLIP, or with a bias the sigmoid loss of SigLIP.

    Pairs of one text (equal keys) are left out of the comparison with each other.
    """
    logits = scale * images @ texts.T
    itself = torch.eye(len(keys), dtype=torch.bool, device=keys.device)
    twin = (keys[:, None] == keys[None, :]) & ~itself
    if bias is not None:
        signs = itself.to(logits.dtype) * 2 - 1
        return -functional.logsigmoid(signs * (logits + bias)).masked_fill(twin, 0.0).sum(1)
    logits = logits.masked_fill(twin, -torch.inf)
    right = torch.arange(len(keys), device=keys.device)
    there = functional.cross_entropy(logits, right, reduction="none")
    return (there + functional.cross_entropy(logits.T, right, reduction="none")) / 2


def _run(model: nn.Module, batch: Batch) -> dict[str, Tensor]:
    tokens = {name: batch[name] for name in ("input_ids", "attention_mask") if name in batch}
    found: dict[str, Tensor] = model(batch["images"], tokens)
    return found


def _gathered(images: Tensor, texts: Tensor, keys: Tensor, *, training: bool) -> tuple[Tensor, Tensor, Tensor, slice]:
    """Return the embeddings and keys of all processes, and which rows are this one's own.

    Gradients flow back to the process that an embedding came from, so the processes together take the step that one would take.
    """
    if not (training and distributed.is_available() and distributed.is_initialized()):
        return images, texts, keys, slice(None)
    if distributed.get_world_size() == 1:
        return images, texts, keys, slice(None)
    begin = distributed.get_rank() * len(keys)
    every = [torch.empty_like(keys) for _ in range(distributed.get_world_size())]
    distributed.all_gather(every, keys)
    images, texts = (
        torch.cat(all_gather(side.contiguous()))  # type: ignore[no-untyped-call]  # so torch has it
        for side in (images, texts)
    )
    return images, texts, torch.cat(every), slice(begin, begin + len(keys))


def _key(text: str) -> int:
    """Return a number for a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")


def _text(sample: Sample) -> str:
    if sample.media is None:
        raise BadInput(f"sample {sample.id!r}: has no picture, which image_text_contrast needs; leave it out")
    if not isinstance(sample.target, Text) or not sample.target.text.strip():
        raise BadInput(f"sample {sample.id!r}: has no text for its picture; write one, or leave it out")
    return sample.target.text
