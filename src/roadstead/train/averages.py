"""The running mean of weights over steps, which often judges better than the last ones (Polyak & Juditsky 1992)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.distributed.tensor.experimental import implicit_replication


class Ema:
    """Keeps an exponential mean of what learns; `decay` is reached slowly, so the first steps do not weigh for ever.

    Statistics that norms keep are averaged too: those of the last weights do not fit the mean of the weights.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        learned: dict[str, Tensor] = {name: p for name, p in module.named_parameters() if p.requires_grad}
        kept = module.state_dict()
        statistics = {name: b for name, b in module.named_buffers() if name in kept and b.is_floating_point()}
        self._live = learned | statistics
        self._together = (tuple(learned), tuple(statistics))
        self._decay = decay
        self.steps = 0
        self.mean = {name: p.detach().clone() for name, p in self._live.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights of one more step in: mean += (1 - d) (weights - mean), d = min(decay, (1 + t) / (10 + t))."""
        self.steps += 1
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        with implicit_replication():
            for names in filter(None, self._together):
                torch._foreach_lerp_([self.mean[n] for n in names], [self._live[n] for n in names], 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the mean in the place of the weights for a while."""
        own = {name: p.detach().clone() for name, p in self._live.items()}
        self._put(self.mean)
        try:
            yield
        finally:
            self._put(own)

    def put(self) -> None:
        """Put the mean in the place of the weights for good."""
        self._put(self.mean)

    def whole(self) -> dict[str, Tensor]:
        """Return the mean, gathered where processes hold parts of it; every process calls this."""
        return {name: m.full_tensor() if isinstance(m, DTensor) else m for name, m in self.mean.items()}

    def load(self, mean: Mapping[str, Tensor], steps: int) -> None:
        """Go on from a saved mean."""
        self.mean = {name: _shared(mean[name].clone(), p) for name, p in self._live.items()}
        self.steps = steps

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, p in self._live.items():
            p.copy_(values[name])


def _shared(whole: Tensor, like: Tensor) -> Tensor:
    """Share a tensor out as another one is."""
    return distribute_tensor(whole, like.device_mesh, like.placements) if isinstance(like, DTensor) else whole
