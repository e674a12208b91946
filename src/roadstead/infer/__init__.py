"""Runs a model file: one file an engine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from roadstead.registry import Registry

Tensor = npt.NDArray[np.float32]
Shape = tuple[int | None, ...]
"""The sides of a tensor; None for one that may vary."""


class Engine(Protocol):
    """One loaded model. Built as `engine(model: Path, *, threads: int)`; may be called from several threads at once.

    Building it raises BadBundle where the file is no model that the engine can run.
    """

    def __init__(self, model: Path, *, threads: int = 1) -> None: ...

    @property
    def input(self) -> Shape:
        """The shape of the one input."""

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by name, in the order of the model file."""

    @property
    def batchable(self) -> bool:
        """Whether the first dimension may be larger than one."""

    def run(self, batch: npt.NDArray[Any]) -> list[Tensor]:
        """Return every output for a batch (n, 3, h, w), in the order of the model file."""


plugins: Registry[Engine] = Registry("infer", "engine")
engine = plugins
