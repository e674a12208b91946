"""From a torch module to files that run without torch: ONNX by two exporters, OpenVINO IR, and INT8 by NNCF."""

import contextlib
import io
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt
import torch

from roadstead.errors import BadInput
from roadstead.train.leaving import Leaving

Exporter = Literal["torchscript", "dynamo"]
EXPORTERS: tuple[Exporter, ...] = ("torchscript", "dynamo")
"""In the order they are tried: the first takes seconds and also writes what the second has no functions for (DETRs)."""
OPSET = 18
_FAILURES = (
    RuntimeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    torch.onnx.OnnxExporterError,
)
"""What the exporters raise for models that they cannot write; they name no common root."""


def onnx(leaving: Leaving, file: Path, exporter: Exporter) -> None:
    """Write an ONNX file whose batch dimension is free; raise BadInput where the exporter cannot."""
    free = {0: "n", 1: "length"} if leaving.longest else {0: "n"}
    try:
        # what exporters warn of (tracing, deprecation) is judged by the gate, on numbers
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            if exporter == "torchscript":
                axes = dict.fromkeys(leaving.inputs, free) | {name: {0: "n"} for name in leaving.outputs}
                how: dict[str, Any] = {"dynamo": False, "opset_version": OPSET, "dynamic_axes": axes}
            else:
                shapes = tuple(dict.fromkeys(free, torch.export.Dim.DYNAMIC) for _ in leaving.inputs)
                how = {"dynamo": True, "external_data": False, "verbose": False}
                how["dynamic_shapes"] = (shapes,) if len(shapes) > 1 or leaving.longest else shapes
            torch.onnx.export(
                leaving.module.eval(),
                leaving.examples,
                str(file),
                input_names=list(leaving.inputs),
                output_names=list(leaving.outputs),
                **how,
            )
    except _FAILURES as error:
        raise BadInput(f"the exporter {exporter} cannot write the model: {_first(error)}") from error


def openvino(source: Path, file: Path) -> None:
    """Write an ONNX file as OpenVINO IR in full precision; raise BadInput where OpenVINO cannot read it."""
    import openvino as ov  # type: ignore[import-untyped]  # the package ships no types

    try:
        ov.save_model(ov.Core().read_model(source), str(file), compress_to_fp16=False)
    except RuntimeError as error:
        raise BadInput(f"OpenVINO cannot read the ONNX file: {_first(error)}") from error


def int8(
    source: Path,
    file: Path,
    inputs: Sequence[Mapping[str, npt.NDArray[Any]]],
    *,
    transformer: bool,
    keep_float: Sequence[str] = (),
) -> None:
    """Write an IR with weights and activations of 8 bits, calibrated on inputs of real samples; raise BadInput where that fails.

    Layers whose name holds a part of `keep_float` stay as they are. NNCF reports nothing about it to anybody.
    """
    os.environ.setdefault("NNCF_CI", "1")  # its own switch against telemetry, read when it is imported
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # nncf warns of torch versions; the model here is OpenVINO's
        import nncf  # type: ignore[import-untyped]  # the package ships no types
        import openvino as ov

        nncf.set_log_level(40)
        scope = nncf.IgnoredScope(patterns=[f".*{part}.*" for part in keep_float], validate=False)
        try:
            model = nncf.quantize(
                ov.Core().read_model(source),
                nncf.Dataset(list(inputs), dict),
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(inputs),
                model_type=nncf.ModelType.TRANSFORMER if transformer else None,
                ignored_scope=scope if keep_float else None,
            )
            ov.save_model(model, str(file), compress_to_fp16=False)
        except (
            RuntimeError,
            ValueError,
            nncf.ValidationError,
            nncf.InternalError,
            nncf.UnsupportedModelError,
        ) as error:
            raise BadInput(f"NNCF cannot quantise the model: {_first(error)}") from error


def _first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]
