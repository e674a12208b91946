"""Partial fine-tuning: some of the parameters learn, the rest stays as it is."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt
from torch import nn

from roadstead.errors import BadInput, BadSettings
from roadstead.train.methods import method
from roadstead.train.methods._names import fits, matched, only, under
from roadstead.train.models import Built


@method("partial", zh="部分微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What learns: the head, the `last` so many blocks, and what `names` fit; of these, `only` some.

    `names` are patterns as for files that fit whole parts of a parameter's dotted name: "layer4", "encoder.layer.1*",
    "*.norm*". `only`: "head" (a linear probe), "bias" (BitFit, Ben Zaken et al. 2022) or "norms" (Frankle et al. 2021), of the
    whole model where neither `last` nor `names` is set. A new head always learns.

    Running statistics of frozen batch norms stay still: such a norm has a `train` of its own that keeps it in evaluation
    mode, so `model.train()` cannot move it. A norm follows `train` where all of its parameters learn.
    """

    last: Annotated[int, Gt(0)] | None = None
    names: tuple[str, ...] = ()
    only: Literal["head", "bias", "norms"] | None = None

    def __post_init__(self) -> None:
        if self.last is None and not self.names and self.only is None:
            raise BadSettings("method: partial needs to know what learns: set last, names or only")
        if self.only == "head" and (self.last is not None or self.names):
            raise BadSettings('method.only: "head" leaves nothing for last or names; remove them')

    def prepare(self, built: Built) -> nn.Module:
        """Freeze what is not to learn; raise BadInput where nothing would be left, or a pattern fits nothing."""
        module = built.module
        names = [name for name, _ in module.named_parameters()]
        chosen = self._chosen(built, names)
        norms = _norms(module)
        learning = {
            name
            for name in names
            if under(name, built.head)
            or (name in chosen and (self.only is None or (under(name, norms) if self.only == "norms" else _bias(name))))
        }
        if not learning:
            raise BadInput("method: partial: nothing would learn: the model has no new head and nothing else was named")
        only(module, learning.__contains__)
        return module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: nothing was added."""
        return module

    def _chosen(self, built: Built, names: list[str]) -> set[str]:
        """Return the parameters beside the head that may learn."""
        if self.only == "head":
            return set()
        if self.last is None and not self.names:
            return set(names)
        chosen = set(matched(names, self.names, "method.names")) if self.names else set()
        if self.last is not None:
            if self.last > len(built.blocks):
                raise BadInput(f"method.last: the model has {len(built.blocks)} blocks, not {self.last}")
            blocks = [prefix for block in built.blocks[-self.last :] for prefix in block]
            chosen.update(name for name in names if under(name, blocks))
        return chosen


def _bias(name: str) -> bool:
    return fits(name, ("bias", "*_bias"))


def _norms(module: nn.Module) -> tuple[str, ...]:
    """Return the names of all layers that normalise, whoever wrote them."""
    return tuple(name for name, part in module.named_modules() if "norm" in type(part).__name__.lower() and name)
