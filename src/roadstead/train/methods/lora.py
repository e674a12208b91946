"""LoRA: beside each chosen layer learns a product of two thin matrices."""

from dataclasses import dataclass

from torch import nn

from roadstead.train.methods import _peft, method
from roadstead.train.methods._lora import LowRank
from roadstead.train.models import Built


@method("lora", zh="LoRA 低秩适配")
@dataclass(frozen=True, slots=True, kw_only=True)
class Lora(LowRank):
    """W + alpha / r · B A, where only A and B learn (Hu et al. 2022); by PEFT, on linear layers and convolutions.

    `targets` are patterns of layer names, "all-linear", or nothing for what is usual: query and value of most transformers,
    every linear layer and convolution without groups of anything else. `rslora` divides by the root of r (Kalajdzievski
    2023). `init`: "pissa" (Meng et al. 2024) and "olora" (Büyükakyüz 2024) start from the weight's own directions and change
    the base to match, so their adapters belong to a base prepared the same way. The new head learns whole; batch norms of the
    frozen base stay still.
    """

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put the two matrices beside each chosen layer; the product is 0 at first."""
        return self.beside(built, _peft.targets(built, self.targets))
