"""`roadstead evaluate` as a user runs it: a bundle on data sets side by side, and what is refused."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import tomli_w
from onnx import TensorProto, helper
from typer.testing import CliRunner

from roadstead import cli
from roadstead.bundle.card import Card, Input, record
from roadstead.bundle.folder import sha256
from roadstead.errors import BadInput, RoadsteadError

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def run(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["evaluate", *map(str, args)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A classifier whose logits are the means of the three colours."""
    folder = tmp_path / "toy"
    folder.mkdir()
    node = helper.make_node("ReduceMean", ["images"], ["logits"], axes=[2, 3], keepdims=0)
    graph = helper.make_graph(
        [node],
        "toy",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    card = Card(
        name="toy",
        version="1",
        task="image_classification",
        sha256=sha256(folder / "model.onnx"),
        licence="Apache-2.0",
        labels=tuple(COLOURS),
        input=Input(width=8, height=8),
    )
    (folder / "card.toml").write_text(tomli_w.dumps(record(card)), encoding="utf-8")
    return folder


def pictures(folder: Path, **names: str) -> Path:
    """Write two pictures of each colour into folders, each called as `names` say (its own name otherwise)."""
    for colour, value in COLOURS.items():
        place = folder / names.get(colour, colour)
        place.mkdir(parents=True, exist_ok=True)
        for k in range(2):
            cv2.imwrite(str(place / f"{colour}{k}.png"), np.full((10, 12, 3), value, np.uint8)[..., ::-1])
    return folder


def test_data_sets_stand_side_by_side(bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    right, wrong = pictures(tmp_path / "right"), pictures(tmp_path / "wrong", red="blue", blue="red")
    code, out = run(bundle, right, wrong, "--json", "--out", tmp_path / "out")
    assert code == 0
    told = json.loads(out)
    assert told == json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    accuracy = {name: table["metrics"]["accuracy"]["value"] for name, table in told["reports"].items()}
    assert accuracy == {"right": 1.0, "wrong": pytest.approx(1 / 3)}
    assert {name: speed["threads"] for name, speed in told["speeds"].items()} == {"right": 1, "wrong": 1}
    code, text = run(bundle, wrong, "--engine", "onnxruntime")
    assert code == 0
    assert "accuracy" in text
    assert "onnxruntime, 1 thread, a sample at a time" in text
    assert "said" in text


def test_classes_of_the_data_may_have_other_names(bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    other = pictures(tmp_path / "other", red="rouge", blue="bleu")
    _, out = run(bundle, other, "--json", "--class", "rouge=red", "--class", "bleu=blue")
    assert json.loads(out)["reports"]["other"]["metrics"]["accuracy"]["value"] == 1.0


def test_what_cannot_be_judged_is_refused(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="name a data set"):
        run(bundle)
    with pytest.raises(BadInput, match="no such folder"):
        run(bundle, tmp_path / "nowhere")
    with pytest.raises(RoadsteadError):
        run(bundle, pictures(tmp_path / "right"), "--engine", "tensorrt")
