"""Runs a model of several inputs by their names, such as a text's tokens and which of them count."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from roadstead.errors import BadBundle, BadSettings
from roadstead.infer import Tensor

Inputs = Mapping[str, npt.NDArray[Any]]


class Named(Protocol):
    """One loaded model."""

    inputs: tuple[str, ...]

    def run(self, inputs: Inputs) -> list[Tensor]:
        """Return every output for inputs by name."""


def named(engine: str, model: Path, *, threads: int = 1) -> Named:
    """Load a model; raise BadBundle where the engine cannot run the file, BadSettings where there is no such engine."""
    if engine == "openvino":
        return _OpenVino(model, threads)
    if engine == "onnxruntime":
        return _OnnxRuntime(model, threads)
    raise BadSettings(f"engine: there is no {engine!r} for models of several inputs; take openvino or onnxruntime")


class _OpenVino:
    def __init__(self, model: Path, threads: int) -> None:
        import openvino as ov  # type: ignore[import-untyped]  # the package ships no types

        core = ov.Core()
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        try:
            compiled = core.compile_model(core.read_model(model), "CPU", settings)
        except RuntimeError as error:
            raise BadBundle(
                f"{model}: is no model that OpenVINO can run: {str(error).strip().splitlines()[-1]}"
            ) from error
        self._request = compiled.create_infer_request()
        self._outputs = len(compiled.outputs)
        self.inputs = tuple(port.any_name for port in compiled.inputs)

    def run(self, inputs: Inputs) -> list[Tensor]:
        self._request.infer(dict(inputs))
        return [np.array(self._request.get_output_tensor(k).data, np.float32) for k in range(self._outputs)]


class _OnnxRuntime:
    def __init__(self, model: Path, threads: int) -> None:
        import onnxruntime as ort  # type: ignore[import-untyped]  # the package ships no types
        import onnxruntime.capi.onnxruntime_pybind11_state as native  # type: ignore[import-untyped]  # the same

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except (native.Fail, native.InvalidGraph, native.InvalidProtobuf, native.NotImplemented) as error:
            reason = str(error).strip().splitlines()[-1]
            raise BadBundle(f"{model}: is no model that ONNX Runtime can run: {reason}") from error
        self.inputs = tuple(one.name for one in self._session.get_inputs())

    def run(self, inputs: Inputs) -> list[Tensor]:
        return [np.asarray(answer, np.float32) for answer in self._session.run(None, dict(inputs))]
