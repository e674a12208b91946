"""A card is believed only where it is whole and fits its model file."""

from pathlib import Path

import pytest

from roadstead.bundle.card import read_card
from roadstead.bundle.folder import load, sha256
from roadstead.errors import BadBundle

CARD = """
name = "toy"
version = "1"
task = "detect"
labels = ["car", "truck"]
sha256 = "{sha}"
licence = "Apache-2.0"

[input]
width = 64
height = 32

[boxes]
kind = "set"
outputs = ["logits", "boxes"]

[metrics]
map50 = 0.5
"""


def folder(tmp_path: Path, change: tuple[str, str] = ("", ""), model: bytes = b"a model") -> Path:
    (tmp_path / "model.onnx").write_bytes(model)
    text = CARD.format(sha=sha256(tmp_path / "model.onnx"))
    assert change[0] in text
    (tmp_path / "card.toml").write_text(text.replace(*change, 1), encoding="utf-8")
    return tmp_path


def test_a_whole_bundle_opens(tmp_path: Path) -> None:
    bundle = load(folder(tmp_path))
    assert bundle.card.labels == ("car", "truck")
    assert bundle.card.picture.width == 64
    assert bundle.card.thresholds.score == 0.3
    assert dict(bundle.card.metrics) == {"map50": 0.5}
    assert bundle.model == tmp_path / "model.onnx"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (('licence = "Apache-2.0"', ""), "licence"),
        (("width = 64", "width = 0"), "input.width"),
        (("height = 32", 'height = 32\nchanels = "bgr"'), "input.chanels: .*channels"),
        (("[metrics]", "[metriks]"), "metriks"),
        (('"logits", "boxes"', '"logits"'), "boxes.outputs"),
        (('kind = "set"', 'kind = "dense"'), "boxes.outputs"),
        (('kind = "set"', 'kind = "anchors"'), "boxes.kind"),
        (('"car", "truck"', '"car", "car"'), "labels"),
        (('"car", "truck"', ""), "labels"),
        (('task = "detect"', 'task = "sing"'), "task"),
        (('outputs = ["logits", "boxes"]', 'outputs = ["logits", "boxes"]\nstrides = [48]'), "boxes.strides"),
        (('version = "1"', 'version = "1"\nmodel = "../model.onnx"'), "model"),
        (('version = "1"', 'version = "1"\nmodel = "other.onnx"'), "model"),
        (("[input]\nwidth = 64\nheight = 32", "input = 3"), "input"),
        (('name = "toy"', "name = "), "TOML"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_by_file_and_field(
    tmp_path: Path, change: tuple[str, str], field: str
) -> None:
    with pytest.raises(BadBundle, match=field) as refusal:
        load(folder(tmp_path, change))
    assert "card.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_another_model_file_is_refused(tmp_path: Path) -> None:
    bundle = folder(tmp_path)
    (bundle / "model.onnx").write_bytes(b"another model")
    with pytest.raises(BadBundle, match="sha256"):
        load(bundle)


def test_a_folder_without_card_or_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadBundle, match=r"has no card\.toml"):
        load(tmp_path)
    with pytest.raises(BadBundle, match="no such bundle folder"):
        load(tmp_path / "nowhere")


def test_weights_beside_an_openvino_model_count_in(tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_bytes(b"net")
    alone = sha256(tmp_path / "model.xml")
    (tmp_path / "model.bin").write_bytes(b"weights")
    assert sha256(tmp_path / "model.xml") != alone


def test_reading_a_missing_card_names_it(tmp_path: Path) -> None:
    with pytest.raises(BadBundle, match=r"card\.toml"):
        read_card(tmp_path / "card.toml")


@pytest.mark.parametrize("part", ["[temperatures]\ncolour = 1.5", '[asked_of]\ncolour = ["truck"]'])
def test_what_is_said_of_an_attribute_that_is_not_there_is_refused(tmp_path: Path, part: str) -> None:
    name = part.partition("]")[0].strip("[")
    more = f'{part}\n[attributes]\ncover = ["a", "b"]\n[metrics]'
    with pytest.raises(BadBundle, match=rf"{name}.colour: there is no such attribute; there are: cover"):
        load(folder(tmp_path, ("[metrics]", more)))
