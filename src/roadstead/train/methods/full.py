"""Full fine-tuning: every parameter learns."""

from dataclasses import dataclass

from torch import nn

from roadstead.train.methods import method
from roadstead.train.methods._names import only, release
from roadstead.train.models import Built


@method("full", zh="全量微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """Nothing is frozen and nothing is added."""

    def prepare(self, built: Built) -> nn.Module:
        """Let every parameter learn that can (integers cannot), and every norm follow `train`."""
        release(built.module)
        only(built.module, lambda _: True)
        return built.module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: nothing was added."""
        return module
