"""Intel's OpenVINO on the processor: ONNX files and OpenVINO's own (.xml)."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov  # type: ignore[import-untyped]  # the package ships no types

from roadstead.errors import BadBundle
from roadstead.infer import Shape, Tensor, engine


@engine("openvino")
class OpenVino:
    """Runs in full precision, so that two machines answer the same; each call is an asynchronous request of its own."""

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        core = ov.Core()
        try:
            network = core.read_model(model)
            settings = {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": "f32",
                "ENABLE_CPU_PINNING": False,
            }
            self._compiled = core.compile_model(network, "CPU", settings)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise BadBundle(f"{model}: is no model that OpenVINO can run: {reason}") from error
        if len(self._compiled.inputs) != 1:
            raise BadBundle(f"{model}: has {len(self._compiled.inputs)} inputs; a detector takes one picture")
        self._input = _shape(self._compiled.inputs[0])
        self._outputs = MappingProxyType({o.any_name: _shape(o) for o in self._compiled.outputs})

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
        request = self._compiled.create_infer_request()
        request.start_async({0: np.ascontiguousarray(batch, np.float32)}, share_inputs=True)
        request.wait()
        return [np.array(request.get_output_tensor(i).data, np.float32) for i in range(len(self._outputs))]


def _shape(port: "ov.ConstOutput") -> Shape:
    return tuple(side.get_length() if side.is_static else None for side in port.partial_shape)
