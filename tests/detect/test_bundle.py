"""Real models through both engines: tiny ones built here whose answers are known, and YOLOX-nano where the data is."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from roadstead.bundle.folder import sha256
from roadstead.detect.bundle import BundleDetector
from roadstead.errors import BadBundle, BadSettings
from roadstead.types import Frame, Image

ENGINES = ["openvino", "onnxruntime"]
CARD = """
name = "toy"
version = "1"
task = "detect"
labels = ["car", "truck"]
sha256 = "{sha}"
licence = "Apache-2.0"
[input]
width = 32
height = 32
scale = 1
{input}
[boxes]
{boxes}
"""
SET = 'kind = "set"\noutputs = ["logits", "boxes"]'
DENSE = 'kind = "dense"\noutputs = ["rows"]\nstrides = [16]\nactivation = "none"'


def constant(name: str, values: npt.ArrayLike) -> onnx.NodeProto:
    return helper.make_node(
        "Constant", [], [name], value=numpy_helper.from_array(np.asarray(values, np.float32), name + "_value")
    )


def model(path: Path, outputs: dict[str, npt.NDArray[np.float32]], batch: int | str) -> None:
    """Write a model that answers fixed rows, plus nought times the picture, plus the picture's mean in the last column."""
    nodes = [helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=1)]
    nodes.append(helper.make_node("Squeeze", ["mean"], ["level"], axes=[3]))
    for name, rows in outputs.items():
        where = np.zeros((1, *rows.shape), np.float32)
        where[..., -1] = 1.0
        nodes += [constant(f"{name}_fixed", rows[None]), constant(f"{name}_where", where)]
        nodes.append(helper.make_node("Mul", ["level", f"{name}_where"], [f"{name}_added"]))
        nodes.append(helper.make_node("Add", [f"{name}_fixed", f"{name}_added"], [name]))
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [batch, 3, 32, 32])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [batch, *rows.shape]) for n, rows in outputs.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), path)


def folder(
    tmp_path: Path,
    outputs: dict[str, npt.NDArray[np.float32]],
    boxes: str,
    *,
    batch: int | str = "n",
    picture: str = "",
) -> Path:
    model(tmp_path / "model.onnx", outputs, batch)
    text = CARD.format(sha=sha256(tmp_path / "model.onnx"), boxes=boxes, input=picture)
    (tmp_path / "card.toml").write_text(text, encoding="utf-8")
    return tmp_path


def a_set() -> dict[str, npt.NDArray[np.float32]]:
    logits = np.array([[2.0, -9.0], [-9.0, -9.0], [-9.0, -0.5]], np.float32)
    boxes = np.array([[0.5, 0.5, 0.5, 0.25], [0.5, 0.5, 1, 1], [0.25, 0.25, 0.5, -0.5]], np.float32)
    boxes[2, 3] = 0.5
    return {"logits": logits, "boxes": boxes}


def a_dense() -> dict[str, npt.NDArray[np.float32]]:
    rows = np.zeros((4, 7), np.float32)
    rows[1] = [0.0, 0.0, 0.0, 0.0, 0.9, 1.0, 0.0]
    rows[2] = [0.5, 0.5, 0.0, np.log(3.0), 0.8, 0.0, 1.0]
    rows[2, 6] = 0.5
    return {"rows": rows}


def frame(level: int = 0, size: tuple[int, int] = (64, 32)) -> Frame:
    return Frame("north", 5.0, np.full((size[1], size[0], 3), level, np.uint8))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("batch", ["n", 1])
def test_a_set_model_is_read(tmp_path: Path, engine: str, batch: int | str) -> None:
    detector = BundleDetector(path=folder(tmp_path, a_set(), SET, batch=batch), engine=engine)
    found = detector.detect(frame())
    detector.close()
    assert (found.camera, found.t, found.size) == ("north", 5.0, (64, 32))
    assert found.labels == ("car", "truck")
    np.testing.assert_allclose(found.boxes, [[16, 12, 48, 20], [0, 0, 32, 16]], atol=1e-4)
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp([-2.0, 0.5])), atol=1e-5)


def test_tiles_look_at_parts_too_and_leave_out_what_their_edges_cut(tmp_path: Path) -> None:
    detector = BundleDetector(path=folder(tmp_path, a_set(), SET), tiles=2, overlap=0.0)
    found = detector.detect(frame())
    detector.close()
    boxes = {label: found.boxes[[one == label for one in found.labels]] for label in ("car", "truck")}
    cars = [[16, 12, 48, 20], [8, 6, 24, 10], [40, 6, 56, 10], [8, 22, 24, 26], [40, 22, 56, 26]]
    np.testing.assert_allclose(boxes["car"], cars, atol=1e-4)
    np.testing.assert_allclose(boxes["truck"], [[0, 0, 32, 16], [0, 0, 16, 8]], atol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_answer_depends_on_the_picture_and_its_callers_are_kept_apart(tmp_path: Path, engine: str) -> None:
    detector = BundleDetector(path=folder(tmp_path, a_set(), SET), engine=engine)
    heights = []
    for level in (0, 51):
        found = detector.detect(frame(level))
        heights.append(float(found.boxes[0, 3] - found.boxes[0, 1]))
    detector.close()
    assert heights == pytest.approx([8.0, 8.0 + 0.2 * 32], abs=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_dense_model_is_read_and_letterboxed(tmp_path: Path, engine: str) -> None:
    where = folder(tmp_path, a_dense(), DENSE, picture='resize = "letterbox"\npad_at = "end"\npad_value = 0')
    detector = BundleDetector(path=where, engine=engine)
    found = detector.detect(frame())
    detector.close()
    # second column, first row of the 2 x 2 grid; then first column, second row, cut at the picture's edge
    np.testing.assert_allclose(found.boxes, [[16, 0, 48, 16], [0, 0, 32, 32]], atol=1e-3)
    np.testing.assert_allclose(found.scores, [0.9, 0.4], atol=1e-6)


def test_score_and_classes_narrow_what_is_reported(tmp_path: Path) -> None:
    where = folder(tmp_path, a_set(), SET)
    for more, labels in (({"score": 0.5}, ("car",)), ({"classes": ("truck",)}, ("truck",)), ({"score": 0.95}, ())):
        settings: dict[str, Any] = {"path": where, **more}
        detector = BundleDetector(**settings)
        assert detector.detect(frame()).labels == labels
        detector.close()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("width = 32", "width = 64", "input.width"),
        ("height = 32", "height = 16", "input.height"),
        ('"car", "truck"', '"car", "truck", "bus"', "labels"),
        ('"logits", "boxes"', '"logits", "box"', "boxes.outputs"),
    ],
)
def test_a_model_that_does_not_fit_its_card_is_refused(
    tmp_path: Path, engine: str, old: str, new: str, field: str
) -> None:
    where = folder(tmp_path, a_set(), SET)
    card = where / "card.toml"
    card.write_text(card.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadBundle, match=field) as refusal:
        BundleDetector(path=where, engine=engine)
    assert "card.toml" in str(refusal.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, engine: str) -> None:
    where = folder(tmp_path, a_set(), SET)
    text = (where / "card.toml").read_text(encoding="utf-8")
    old = sha256(where / "model.onnx")
    (where / "model.onnx").write_bytes(b"no model at all")
    (where / "card.toml").write_text(text.replace(old, sha256(where / "model.onnx")), encoding="utf-8")
    with pytest.raises(BadBundle, match=r"model\.onnx"):
        BundleDetector(path=where, engine=engine)


def test_it_says_which_model_it_runs(tmp_path: Path) -> None:
    made = BundleDetector(path=folder(tmp_path, a_set(), SET))
    assert made.model == {"bundle": "toy", "version": "1", "sha256": sha256(tmp_path / "model.onnx")}
    made.close()


def test_a_class_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="dump_truck"):
        BundleDetector(path=folder(tmp_path, a_set(), SET), classes=("dump_truck",))


COCO_VEHICLES = {1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}


@pytest.mark.data
def test_yolox_nano_sees_the_same_through_both_engines(data: Path, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").symlink_to(data / "weights" / "yolox_nano" / "yolox_nano.onnx")
    labels = [COCO_VEHICLES.get(i, f"other_{i}") for i in range(80)]
    text = CARD.format(
        sha=sha256(tmp_path / "model.onnx"),
        input='channels = "bgr"\nresize = "letterbox"\npad_at = "end"',
        boxes='kind = "dense"\noutputs = ["output"]\nstrides = [8, 16, 32]\nactivation = "none"\nnms_iou = 0.45',
    )
    text = text.replace('["car", "truck"]', str(labels)).replace("scale = 1", "scale = 255")
    text = text.replace("width = 32", "width = 416").replace("height = 32", "height = 416")
    (tmp_path / "card.toml").write_text(text, encoding="utf-8")
    first, second = (BundleDetector(path=tmp_path, engine=engine) for engine in ENGINES)
    seen = 0
    for path in sorted((data / "detect" / "road" / "val").glob("highway_*.jpg"))[:12]:
        image: Image = np.asarray(cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB), np.uint8)
        a, b = first.detect(Frame("c", 0.0, image)), second.detect(Frame("c", 0.0, image))
        assert a.labels == b.labels
        np.testing.assert_allclose(a.boxes, b.boxes, atol=0.05)
        np.testing.assert_allclose(a.scores, b.scores, atol=1e-3)
        seen += sum(label in COCO_VEHICLES.values() for label in a.labels)
    assert seen >= 12
