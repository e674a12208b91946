"""Gradual unfreezing: the head learns first, then block after block towards the input."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le
from torch import nn

from roadstead.errors import BadInput
from roadstead.train.methods import method
from roadstead.train.methods._names import only, under
from roadstead.train.models import Built


@method("unfreeze", zh="渐进解冻")
@dataclass(frozen=True, slots=True, kw_only=True)
class Unfreeze:
    """Each block begins to learn at its share of the training, the last first (Howard & Ruder, ULMFiT, 2018).

    By `until` (a share of all steps) everything learns, or the `most` last blocks. What lies in no block (a position
    embedding) begins with the first block. Where nothing is new, the last block takes the place of the head.
    """

    until: Annotated[float, Gt(0), Le(1)] = 0.5
    most: Annotated[int, Gt(0)] | None = None

    def prepare(self, built: Built) -> nn.Module:
        """Let everything learn that ever will, so that the optimiser knows it; `advance` freezes what has to wait."""
        if not built.blocks:
            raise BadInput("method: unfreeze needs a model whose blocks are known; take full or partial")
        if self.most is not None and self.most > len(built.blocks):
            raise BadInput(f"method.most: the model has {len(built.blocks)} blocks, not {self.most}")
        self._let(built, built.module, len(self._order(built)))
        return built.module

    def advance(self, built: Built, module: nn.Module, progress: float) -> None:
        """Let the head and as many blocks learn as `progress` (0 to 1) asks for; a function of it alone."""
        order = self._order(built)
        self._let(built, module, 1 + min(int(progress / self.until * (len(order) - 1) + 1e-9), len(order) - 1))

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: nothing was added."""
        return module

    def _order(self, built: Built) -> list[tuple[str, ...]]:
        """Return what begins to learn together, first to last."""
        blocks = list(reversed(built.blocks))[: self.most]
        return [built.head, *blocks] if built.head else blocks

    def _let(self, built: Built, module: nn.Module, count: int) -> None:
        order = self._order(built)
        learning = [prefix for part in order[:count] for prefix in part]
        waiting = [prefix for block in (*built.blocks, built.head) for prefix in block]
        rest = count == len(order) and self.most is None
        only(module, lambda name: under(name, learning) or (rest and not under(name, waiting)))
