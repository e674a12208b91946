"""ONNX Runtime on the processor."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort  # type: ignore[import-untyped]  # the package ships no types
import onnxruntime.capi.onnxruntime_pybind11_state as native  # type: ignore[import-untyped]  # the same

from roadstead.errors import BadBundle
from roadstead.infer import Shape, Tensor, engine


@engine("onnxruntime")
class OnnxRuntime:
    """Threads wait for work asleep: a spinning thread takes the core that decodes the next picture."""

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except (native.Fail, native.InvalidGraph, native.InvalidProtobuf, native.NotImplemented) as error:
            reason = str(error).strip().splitlines()[-1]
            raise BadBundle(f"{model}: is no model that ONNX Runtime can run: {reason}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise BadBundle(f"{model}: has {len(inputs)} inputs; a detector takes one picture")
        self._name = inputs[0].name
        self._input = _shape(inputs[0].shape)
        self._outputs = MappingProxyType({o.name: _shape(o.shape) for o in self._session.get_outputs()})

    @property
    def input(self) -> Shape:
        """The shape of the one input."""
        return self._input

    @property
    def outputs(self) -> Mapping[str, Shape]:
        """The shape of each output by name."""
        return self._outputs

    @property
    def batchable(self) -> bool:
        """Whether the first dimension may be larger than one."""
        return self._input[0] is None

    def run(self, batch: npt.NDArray[Any]) -> list[Tensor]:
        """Return every output for a batch (n, 3, h, w)."""
        answers = self._session.run(None, {self._name: np.ascontiguousarray(batch, np.float32)})
        return [np.asarray(answer, np.float32) for answer in answers]


def _shape(sides: list[Any]) -> Shape:
    return tuple(side if isinstance(side, int) else None for side in sides)
