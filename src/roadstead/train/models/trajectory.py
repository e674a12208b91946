"""Small networks for ways: convolutions along time, or a recurrent layer."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn

from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.tasks._ways import FEATURES
from roadstead.train.vocabulary import Vocabulary


@family("trajectory", zh="轨迹网络（一维卷积或 GRU）")
@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """`along` "cnn" are `layers` convolutions of `hidden` channels, each over a longer stretch; "gru" a recurrent layer each way."""

    along: Literal["cnn", "gru"] = "cnn"
    hidden: Annotated[int, Gt(0)] = 64
    layers: Annotated[int, Gt(0)] = 3
    drop: Annotated[float, Ge(0), Lt(1)] = 0.1
    tasks: ClassVar[frozenset[str]] = frozenset({"trajectory_classification"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # there is one task
        """Return the network, with random weights."""
        module = Ways(self._along(), nn.Dropout(self.drop), nn.Linear(2 * self.hidden, vocabulary.outputs))
        return Built(module=module, head=("head",), blocks=in_order(module, ("head",)))

    def _along(self) -> nn.Module:
        if self.along == "gru":
            return Recurrent(self.hidden, self.layers)
        parts: list[Any] = []
        for k in range(self.layers):
            reach = 2**k
            entering = self.hidden if k else len(FEATURES)
            parts.append(
                nn.Sequential(
                    nn.Conv1d(entering, self.hidden, 5, padding=2 * reach, dilation=reach, bias=False),
                    nn.BatchNorm1d(self.hidden),
                    nn.ReLU(),
                )
            )
        return nn.Sequential(*parts)


class Ways(nn.Module):
    """Gives logits (n, classes) of ways (n, 6, points), from the mean and the maximum along time."""

    def __init__(self, along: nn.Module, drop: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.along, self.drop, self.head = along, drop, head

    def forward(self, ways: Tensor) -> Tensor:
        """Return the logits."""
        seen = self.along(ways)
        whole = torch.cat((seen.mean(dim=2), seen.amax(dim=2)), dim=1)
        logits: Tensor = self.head(self.drop(whole))
        return logits


class Recurrent(nn.Module):
    """A GRU in both directions; takes and gives (n, channels, points)."""

    def __init__(self, hidden: int, layers: int) -> None:
        super().__init__()
        self.inner = nn.GRU(len(FEATURES), hidden, layers, batch_first=True, bidirectional=True)
        self.join = nn.Linear(2 * hidden, hidden)

    def forward(self, ways: Tensor) -> Tensor:
        """Return (n, hidden, points)."""
        seen: Tensor = self.join(self.inner(ways.transpose(1, 2))[0])
        return seen.transpose(1, 2)
