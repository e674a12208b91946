"""Tuning by parts: of a model put together of several networks, some learn and the others stay as they are."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len
from torch import nn

from roadstead.errors import BadInput
from roadstead.train.methods import method
from roadstead.train.methods._names import only, under
from roadstead.train.models import Built


@method("parts", zh="按部件微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What learns is what `train` names, such as "projector", "vision", "language" or "all"; the rest is frozen.

    In two stages, projector and then projector and language, it is the recipe of LLaVA (Liu et al., 2023); the text side of a
    pair of encoders alone is LiT (Zhai et al., 2022). Running statistics of frozen batch norms stay still.
    """

    train: Annotated[tuple[str, ...], Len(1)]

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the other parts; raise BadInput for a part that the model has not."""
        if not built.parts:
            raise BadInput("method: parts needs a model that is put together of parts; take partial with names")
        for name in self.train:
            if name not in built.parts and name != "all":
                raise BadInput(f"method.train: the model has no part {name!r}; there are {', '.join(built.parts)}, all")
        chosen = built.parts if "all" in self.train else self.train
        prefixes = [prefix for name in chosen for prefix in built.parts[name]]
        only(built.module, lambda name: under(name, prefixes))
        return built.module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: nothing was added."""
        return module
