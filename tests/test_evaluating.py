"""A bundle is judged without torch: what it is shown, what its numbers mean, and what is refused."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import tomli_w
from onnx import TensorProto, helper

from roadstead import evaluating
from roadstead.bundle.card import Card, Input, Reading, record
from roadstead.bundle.folder import sha256
from roadstead.dataset.samples import Attributes, Label, Objects, Pixels, Sample, Text
from roadstead.errors import BadBundle, BadInput, BadSettings


def network(file: Path, name: str, shape: list[Any], nodes: list[Any], out: list[Any], weights: list[Any] = ()) -> None:  # type: ignore[assignment]  # an empty list
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, out)],
        list(weights),
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(file))


def means(file: Path, side: int) -> None:
    """Write a network whose logits are the means of the three colours."""
    network(
        file,
        "images",
        ["n", 3, side, side],
        [helper.make_node("ReduceMean", ["images"], ["logits"], axes=[2, 3], keepdims=0)],
        ["n", 3],
    )


def bundle(folder: Path, **facts: Any) -> Path:
    card = Card(name="toy", version="1", sha256=sha256(folder / "model.onnx"), licence="Apache-2.0", **facts)
    (folder / "card.toml").write_text(tomli_w.dumps(record(card)), encoding="utf-8")
    return folder


def picture(folder: Path, name: str, colour: tuple[int, int, int], size: tuple[int, int] = (20, 10)) -> Path:
    image = np.full((size[1], size[0], 3), colour, np.uint8)
    cv2.imwrite(str(folder / f"{name}.png"), image[..., ::-1])
    return folder / f"{name}.png"


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    means(tmp_path / "model.onnx", 8)
    return bundle(
        tmp_path, task="image_classification", labels=("red", "green", "blue"), input=Input(width=8, height=8)
    )


def samples(folder: Path) -> tuple[Sample, ...]:
    said = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
    return tuple(
        Sample(id=name, media=picture(folder, name, colour), target=Label(name)) for name, colour in said.items()
    )


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_classes_are_told_by_their_place_in_the_card(colours: Path, tmp_path: Path, engine: str) -> None:
    pytest.importorskip("sklearn")
    judged = evaluating.judge(evaluating.opened(colours, engine=engine), samples(tmp_path), resamples=0)
    assert judged.report.metrics["accuracy"].value == 1.0
    assert judged.speed.per_second > 0
    assert (judged.speed.threads, judged.speed.engine) == (1, engine)
    assert judged.speed.p95_ms >= judged.speed.p50_ms >= judged.speed.model_p50_ms > 0


def test_attributes_are_cut_apart_in_the_order_of_the_card(tmp_path: Path) -> None:
    means(tmp_path / "model.onnx", 8)
    values = {"warm": ("yes", "no"), "any": ("one", "two")}
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Concat", ["means", "means"], ["six"], axis=1),
        helper.make_node("Slice", ["six", "from", "to", "axis"], ["logits"]),
    ]
    weights = [helper.make_tensor(n, TensorProto.INT64, [1], [v]) for n, v in (("from", 0), ("to", 4), ("axis", 1))]
    network(tmp_path / "model.onnx", "images", ["n", 3, 8, 8], nodes, ["n", 4], weights)
    folder = bundle(tmp_path, task="attributes", attributes=values, input=Input(width=8, height=8))
    model = evaluating.opened(folder)
    said = model.predict(Sample(id="a", media=picture(tmp_path, "a", (255, 0, 0)), target=Attributes({"warm": "yes"})))
    e = float(np.e)
    assert said.scores["warm"] == pytest.approx([e / (e + 1), 1 / (e + 1)])
    assert said.scores["any"] == pytest.approx([1 / (e + 1), e / (e + 1)])


def test_pixels_are_said_at_the_size_of_the_picture(tmp_path: Path) -> None:
    nodes = [helper.make_node("Identity", ["images"], ["logits"])]
    network(tmp_path / "model.onnx", "images", ["n", 3, 8, 8], nodes, ["n", 3, 8, 8])
    folder = bundle(
        tmp_path, task="semantic_segmentation", labels=("red", "green", "blue"), input=Input(width=8, height=8)
    )
    truth = Pixels(("red", "green", "blue"), values=np.full((10, 20), 1, np.uint8))
    sample = Sample(id="g", media=picture(tmp_path, "g", (0, 200, 0)), size=(20, 10), target=truth)
    judged = evaluating.judge(evaluating.opened(folder), [sample], resamples=0)
    assert judged.report.metrics["pixel_accuracy"].value == 1.0
    painted = Sample(id="o", media=sample.media, target=Objects(boxes=np.empty((0, 4)), labels=()))
    with pytest.raises(BadInput, match="pixel_masks"):
        evaluating.judge(evaluating.opened(folder), [painted])


def test_columns_become_a_text(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["columns"], axes=[2], keepdims=0),
        helper.make_node("Transpose", ["columns"], ["raw"], perm=[0, 2, 1]),
        helper.make_node("Mul", ["raw", "large"], ["logits"]),
    ]
    weights = [helper.make_tensor("large", TensorProto.FLOAT, [1], [20.0])]
    network(tmp_path / "model.onnx", "images", ["n", 3, 4, 6], nodes, ["n", 6, 3], weights)
    folder = bundle(
        tmp_path, task="text_recognition", characters="AB", input=Input(width=6, height=4), reading=Reading(beam=3)
    )
    image = np.zeros((4, 6, 3), np.uint8)
    for column, channel in enumerate((0, 0, 2, 0, 1, 2)):  # A A _ A B _
        image[:, column, channel] = 255
    cv2.imwrite(str(tmp_path / "t.png"), image[..., ::-1])
    judged = evaluating.judge(
        evaluating.opened(folder), [Sample(id="t", media=tmp_path / "t.png", target=Text("AAB"))], resamples=0
    )
    assert judged.report.value == 1.0


def test_what_cannot_be_judged_is_refused_in_one_sentence(colours: Path, tmp_path: Path) -> None:
    model = evaluating.opened(colours)
    with pytest.raises(BadInput, match="has no picture"):
        evaluating.judge(model, [Sample(id="x", target=Label("red"))])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match="can be decoded"):
        evaluating.judge(model, [Sample(id="x", media=tmp_path / "broken.png", target=Label("red"))])
    with pytest.raises(BadInput, match="no labelled sample"):
        evaluating.judge(model, [])
    with pytest.raises(BadInput, match="several formats"):
        evaluating.usual_format(Card(name="c", version="1", task="attributes", sha256="0" * 64, licence="x"))


def test_a_card_of_another_task_than_its_parts_is_refused(colours: Path) -> None:
    text = (colours / "card.toml").read_text(encoding="utf-8")
    (colours / "card.toml").write_text(text.replace("image_classification", "text_recognition"), encoding="utf-8")
    with pytest.raises(BadBundle, match="characters: is missing"):
        evaluating.opened(colours)


def test_what_a_command_line_asks_for() -> None:
    asked = evaluating.asked([Path("a")], "csv", ["columns.label=kind", "n=3"], ["lorry=truck", "bus="])
    assert asked.settings == {"columns": {"label": "kind"}, "n": 3}
    assert asked.class_map == {"lorry": "truck", "bus": ""}
    with pytest.raises(BadSettings, match="key=value"):
        evaluating.asked([], None, ["columns"], [])
    with pytest.raises(BadSettings, match="theirs=ours"):
        evaluating.asked([], None, [], ["lorry"])
