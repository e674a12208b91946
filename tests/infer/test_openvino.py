"""OpenVINO runs a batch as the pictures that it holds, whatever the batch dimension of the file."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from roadstead.infer.openvino import OpenVino


def model(folder: Path, batch: int | str) -> Path:
    """Write a model that answers the mean of each picture's channels."""
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["picture"], ["means"], axes=[2, 3], keepdims=0)],
        "means",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [batch, 3, 4, 5])],
        [helper.make_tensor_value_info("means", TensorProto.FLOAT, [batch, 3])],
    )
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), path)
    return path


@pytest.mark.parametrize("batch", ["n", 1])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_batch_is_its_pictures(tmp_path: Path, batch: int | str, threads: int) -> None:
    engine = OpenVino(model(tmp_path, batch), threads=threads)
    assert (engine.input, engine.batchable) == ((1, 3, 4, 5), False)
    pictures = np.random.default_rng(0).random((7, 3, 4, 5), np.float32)
    (together,) = engine.run(pictures)
    np.testing.assert_allclose(together, pictures.mean(axis=(2, 3)), rtol=1e-5)
    (alone,) = engine.run(pictures[3:4])
    np.testing.assert_array_equal(alone, together[3:4])


def test_callers_of_several_threads_get_their_own_answers(tmp_path: Path) -> None:
    engine = OpenVino(model(tmp_path, "n"), threads=2)
    pictures = np.arange(200.0, dtype=np.float32).reshape(200, 1, 1, 1) * np.ones((1, 3, 4, 5), np.float32)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda k: float(engine.run(pictures[k : k + 1])[0][0, 0]), range(200)))
    assert answers == list(range(200))
