"""Votes over the best views of a track, by a tiny model whose answers are known: the redder a picture, the more uncovered."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from roadstead.bundle.folder import sha256
from roadstead.describe.attributes import FORGOTTEN_S, AttributeVotes
from roadstead.errors import BadBundle, BadSettings
from roadstead.types import Frame, Track

CARD = """
name = "toy"
version = "1"
task = "{task}"
sha256 = "{sha}"
licence = "Apache-2.0"
[input]
width = 16
height = 16
[attributes]
cover = ["covered", "uncovered", "cannot_tell"]
dirt = ["clean", "dirty"]
"""
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def bundle(folder: Path, task: str = "attributes", outputs: int = 5) -> Path:
    """Write a model whose logits are 4 times the mean red, green and blue, and then clean against dirty by red."""
    weight = np.zeros((3, 5), np.float32)
    weight[1, 0], weight[0, 1], weight[2, 2] = 4.0, 4.0, 4.0  # green: covered, red: uncovered, blue: cannot tell
    weight[0, 4] = 4.0
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Constant", [], ["w"], value=numpy_helper.from_array(weight[:, :outputs], "w_value")),
        helper.make_node("MatMul", ["mean", "w"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, 16, 16])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", outputs])],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), folder / "model.onnx"
    )
    text = CARD.format(sha=sha256(folder / "model.onnx"), task=task)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    return folder


def votes(folder: Path, **settings: Any) -> AttributeVotes:
    return AttributeVotes(path=bundle(folder), engine="onnxruntime", **settings)


def told(folder: Path, more: str) -> AttributeVotes:
    """Return a describer whose card says more."""
    card = bundle(folder) / "card.toml"
    card.write_text(f"{card.read_text(encoding='utf-8')}\n{more}\n", encoding="utf-8")
    return AttributeVotes(path=folder, engine="onnxruntime", margin=0.0)


def frame(t: float, colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> Frame:
    image = np.full((200, 320, 3), 128, np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = colour
    return Frame("gate", t, image)


def track(t: float, box: tuple[int, int, int, int], name: str = "gate-1", label: str = "truck") -> Track:
    boxes: npt.NDArray[np.float64] = np.array([box], dtype=np.float64)
    return Track(name, "gate", label, 0.0, np.array([t]), boxes, np.array([0.9]))


BOX = (40, 40, 140, 120)


def test_views_vote_and_the_better_ones_weigh_more(tmp_path: Path) -> None:
    describer = votes(tmp_path, margin=0.0)
    (seen,) = describer.describe(frame(1.0, RED, BOX), [track(1.0, BOX)])
    assert seen.attributes["cover"].label == "uncovered"
    assert seen.attributes["dirt"].label == "dirty"
    assert seen.attributes["cover"].views == 1
    small = (50, 50, 90, 90)
    (seen,) = describer.describe(frame(2.0, GREEN, small), [track(2.0, small)])
    cover = seen.attributes["cover"]
    share = float(np.exp(4) / (np.exp(4) + 2))
    assert cover.label == "uncovered"
    assert cover.views == 1
    assert cover.score == pytest.approx((80 * share + 40 * (1 - share) / 2) / 120, abs=1e-3)


def test_cannot_tell_is_no_label_and_an_unlikely_one_neither(tmp_path: Path) -> None:
    (seen,) = votes(tmp_path, margin=0.0).describe(frame(1.0, BLUE, BOX), [track(1.0, BOX)])
    assert seen.attributes["cover"].label is None
    assert seen.attributes["cover"].views == 1
    assert seen.attributes["dirt"].label in ("clean", "dirty")
    (seen,) = votes(tmp_path, margin=0.0, least=0.99).describe(frame(1.0, RED, BOX), [track(1.0, BOX)])
    assert seen.attributes["cover"].label is None


def test_what_must_not_be_missed_weighs_more(tmp_path: Path) -> None:
    orange = (150, 170, 0)
    plain, careful = (
        votes(tmp_path, margin=0.0, least=0.3),
        votes(tmp_path, margin=0.0, least=0.3, weights={"cover": {"uncovered": 3.0}}),
    )
    said = [
        one.describe(frame(1.0, orange, BOX), [track(1.0, BOX)])[0].attributes["cover"].label
        for one in (plain, careful)
    ]
    assert said == ["covered", "uncovered"]


def test_only_the_best_views_are_kept_and_few_are_looked_at_on_one_picture(tmp_path: Path) -> None:
    describer = votes(tmp_path, margin=0.0, views=2, at_most=1)
    for k in range(4):
        (seen,) = describer.describe(frame(k, RED, BOX), [track(k, BOX)])
    assert seen.attributes["cover"].views == 2
    two = [track(9.0, BOX, "a"), track(9.0, (180, 40, 220, 80), "b")]
    first, second = describer.describe(frame(9.0, RED, BOX), two)
    assert first.attributes
    assert not second.attributes


@pytest.mark.parametrize("box", [(0, 40, 100, 120), (40, 40, 60, 120), (220, 40, 319, 120)])
def test_boxes_at_the_edge_and_small_ones_are_no_views(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    (seen,) = votes(tmp_path).describe(frame(1.0, RED, box), [track(1.0, box)])
    assert not seen.attributes


def test_other_labels_and_tracks_that_are_hidden_are_not_looked_at_and_keep_their_votes(tmp_path: Path) -> None:
    describer = votes(tmp_path, labels=("truck",))
    tracks = [track(1.0, BOX, "a", "car"), track(0.5, BOX, "b"), track(1.0, BOX, "c")]
    seen = describer.describe(frame(1.0, RED, BOX), tracks)
    assert [one.id for one in seen] == ["a", "b", "c"]
    assert [bool(one.attributes) for one in seen] == [False, False, True]
    (later,) = describer.describe(frame(2.0, GREEN, BOX), [track(1.0, BOX, "c")])
    assert later.attributes == seen[2].attributes


def test_what_is_not_asked_of_a_label_is_not_voted_on(tmp_path: Path) -> None:
    describer = told(tmp_path, '[asked_of]\ncover = ["truck"]\ndirt = ["truck", "vessel"]')
    tracks = [track(1.0, BOX, "a"), track(1.0, BOX, "b", "vessel"), track(1.0, BOX, "c", "car")]
    seen = describer.describe(frame(1.0, RED, BOX), tracks)
    assert [sorted(one.attributes) for one in seen] == [["cover", "dirt"], ["dirt"], []]


def test_a_temperature_makes_shares_more_alike_and_changes_no_answer(tmp_path: Path) -> None:
    (plain,) = votes(tmp_path, margin=0.0).describe(frame(1.0, RED, BOX), [track(1.0, BOX)])
    (milder,) = told(tmp_path, "[temperatures]\ncover = 2.0").describe(frame(1.0, RED, BOX), [track(1.0, BOX)])
    assert plain.attributes["cover"].score == pytest.approx(np.exp(4) / (np.exp(4) + 2), abs=1e-3)
    assert milder.attributes["cover"].score == pytest.approx(np.exp(2) / (np.exp(2) + 2), abs=1e-3)
    assert milder.attributes["cover"].label == "uncovered"
    assert milder.attributes["dirt"] == plain.attributes["dirt"]


def test_a_track_that_is_long_gone_is_forgotten(tmp_path: Path) -> None:
    describer = votes(tmp_path)
    describer.describe(frame(1.0, RED, BOX), [track(1.0, BOX)])
    describer.describe(frame(2.0 + FORGOTTEN_S, RED, BOX), [])
    (seen,) = describer.describe(frame(2.5 + FORGOTTEN_S, RED, (0, 0, 9, 9)), [track(2.5 + FORGOTTEN_S, (0, 0, 9, 9))])
    assert not seen.attributes


def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"weights: the model knows no attribute 'colour'; it knows cover, dirt"):
        votes(tmp_path, weights={"colour": {"red": 2.0}})
    with pytest.raises(BadSettings, match=r"weights\.cover: there is no value 'open'; there are covered"):
        votes(tmp_path, weights={"cover": {"open": 2.0}})
    with pytest.raises(BadBundle, match="have 5 values, but output 'logits' has 4"):
        AttributeVotes(path=bundle(tmp_path, outputs=4), engine="onnxruntime")
    text = (tmp_path / "card.toml").read_text(encoding="utf-8")
    other = text.replace('task = "attributes"', 'task = "image_classification"\nlabels = ["a", "b"]')
    (tmp_path / "card.toml").write_text(other.partition("[attributes]")[0], encoding="utf-8")
    with pytest.raises(BadBundle, match="attributes are voted on by a model for attributes"):
        AttributeVotes(path=tmp_path, engine="onnxruntime")
