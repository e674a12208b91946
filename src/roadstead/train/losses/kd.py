"""Knowledge distillation: the pupil learns the teacher's shares of all classes, softened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt
from torch import Tensor
from torch.nn import functional

from roadstead.train.losses import Of, loss


@loss("kd", zh="知识蒸馏损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Kd:
    """T^2 KL(teacher || pupil) of softmaxes at temperature T (Hinton et al., 2015); no slope goes to the teacher."""

    of: ClassVar[tuple[Of, ...]] = ("logits",)

    temperature: Annotated[float, Gt(0)] = 4.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,)."""
        pupil = functional.log_softmax(outputs.float() / self.temperature, dim=1)
        teacher = functional.log_softmax(targets.detach().float() / self.temperature, dim=1)
        terms = functional.kl_div(pupil, teacher, reduction="none", log_target=True)
        return terms.sum(1) * self.temperature**2
