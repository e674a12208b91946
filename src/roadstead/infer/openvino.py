"""Intel's OpenVINO on the processor: ONNX files and OpenVINO's own (.xml)."""

from collections import deque
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
    """Runs in full precision, so that two machines answer the same.

    Pictures run one by one, `threads` of them at a time, each on one thread: a batch costs a processor no less, and a
    model whose batch dimension is free costs more than one that takes one picture.
    """

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        core = ov.Core()
        try:
            network = core.read_model(model)
            shape = network.inputs[0].partial_shape if len(network.inputs) == 1 else None
            if shape is not None and shape.rank.is_static and len(shape) and shape[0].is_dynamic:
                shape[0] = 1
                network.reshape(shape)
            settings = {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": threads,
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
        self._idle: deque[Any] = deque()

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
        whole = np.ascontiguousarray(batch, np.float32)
        parts = [whole[k : k + 1] for k in range(len(whole))] if self._input[:1] == (1,) else [whole]
        requests = [self._start(part) for part in parts]
        answers = [self._answer(request) for request in requests]
        return [np.concatenate(rows) for rows in zip(*answers, strict=True)] if len(answers) > 1 else answers[0]

    def _start(self, part: Tensor) -> "ov.InferRequest":
        """Begin with a part of a batch; making a request anew for each would cost more than a thirtieth of a small model's time."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        request.start_async({0: part}, share_inputs=True)
        return request

    def _answer(self, request: "ov.InferRequest") -> list[Tensor]:
        request.wait()
        answer = [np.array(request.get_output_tensor(i).data, np.float32) for i in range(len(self._outputs))]
        self._idle.append(request)
        return answer


def _shape(port: "ov.ConstOutput") -> Shape:
    return tuple(side.get_length() if side.is_static else None for side in port.partial_shape)
