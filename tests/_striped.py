"""A reader whose answers are known: every column of a picture says the sign that its brightness stands for."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from roadstead.bundle.folder import sha256

CHARACTERS = "皖京粤ABDFZ0123456789学"
WIDE, HIGH, STEP = 64, 8, 10
CARD = """
name = "striped"
version = "1"
task = "text_recognition"
sha256 = "{sha}"
licence = "Apache-2.0"
characters = "{characters}"
[input]
width = 64
height = 8
"""


def bundle(folder: Path) -> Path:
    """Write the model: a column that is `STEP` k bright (of 255) says sign k, black says nothing."""
    levels = np.append(np.arange(1, len(CHARACTERS) + 1), 0) * STEP / 255
    weight, bias = 2e4 * levels[None], -1e4 * levels**2
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["columns"], axes=[1, 2], keepdims=0),
        helper.make_node("Unsqueeze", ["columns"], ["steps"], axes=[2]),
        helper.make_node("MatMul", ["steps", "weight"], ["likely"]),
        helper.make_node("Add", ["likely", "bias"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "striped",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, HIGH, WIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", WIDE, len(CHARACTERS) + 1])],
        [
            numpy_helper.from_array(weight.astype(np.float32), "weight"),
            numpy_helper.from_array(bias.astype(np.float32), "bias"),
        ],
    )
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), folder / "model.onnx"
    )
    text = CARD.format(sha=sha256(folder / "model.onnx"), characters=CHARACTERS)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    return folder


def striped(text: str, high: int = HIGH) -> npt.NDArray[np.uint8]:
    """Return the picture (high, 64, 3) that spells a text."""
    image = np.zeros((high, WIDE, 3), np.uint8)
    each = WIDE // max(len(text), 1)
    for k, sign in enumerate(text):
        image[:, k * each : (k + 1) * each - 2] = STEP * (CHARACTERS.index(sign) + 1)
    return image
