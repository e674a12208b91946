"""What is made small: one file a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from roadstead.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

Of = Literal["classes", "pixels", "boxes", "scores", "sequence", "pairs", "logits"]


class Loss(Protocol):
    """A frozen dataclass whose fields are its settings; calling it gives the loss of each case, (n,), not reduced.

    By the kinds in `of`, what it is called with:
    - "classes": logits (n, c); targets (n,) int64 class indices (-100: does not count, its loss is 0) or (n, c) shares.
    - "pixels": logits (n, c, h, w); targets (n, h, w) int64 (255: does not count). One loss a picture.
    - "boxes": boxes (n, 4) and true boxes (n, 4), xyxy.
    - "scores": logits (n, c); targets (n, c), 0 to 1: the quality (IoU) of a match in its class, 0 elsewhere.
    - "sequence": logits (n, t, c), blank last; targets: a list of n int64 tensors of class indices.
    - "pairs": two sets of embeddings (n, d), L2-normalised; row i of one belongs to row i of the other.
    - "logits": logits (n, c) of the pupil and of the teacher.

    A loss may serve several kinds: it tells them apart by the dimensions of its logits.
    A loss with a field `counts` (how often each class occurs in training, tuple of int, default ()) is handed it.
    """

    of: ClassVar[tuple[Of, ...]]

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,)."""


plugins: Registry[Loss] = Registry("train.losses", "loss")
loss = plugins
