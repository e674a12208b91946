"""The class of every pixel: indices by name, painted objects, several bands, sums, and a loss that falls."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from _bound import batch, demand_sums, learned, said
from roadstead.bundle.card import Input
from roadstead.dataset import masks
from roadstead.dataset.samples import Objects, Pixels, Sample
from roadstead.errors import BadInput, BadSettings
from roadstead.train.augment.mixup import Mixup
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.losses.dice import Dice
from roadstead.train.models import Built
from roadstead.train.models.segmentation import Segmentation
from roadstead.train.pictures import read_bands, stack
from roadstead.train.tasks.semantic_segmentation import Segmenter, SemanticSegmentation, paint

pytestmark = pytest.mark.torch
NAMES = ("ground", "lorry")


@pytest.fixture
def some(tmp_path: Path) -> list[Sample]:
    made = []
    for k in range(4):
        classes = np.zeros((24, 40), np.uint8)
        classes[6 : 14 + k, 5 * k : 5 * k + 15] = 1
        picture = np.where(classes[..., None] == 1, (220, 60, 40), (60, 90, 60)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{k}.png"), picture)
        made.append(Sample(id=str(k), target=Pixels(NAMES, values=classes), media=tmp_path / f"{k}.png"))
    return made


def bound(some: list[Sample], model: Segmentation | None = None, **settings: object) -> tuple[Segmenter, Built]:
    task = SemanticSegmentation(**settings)  # type: ignore[arg-type]  # settings of the test
    words = task.vocabulary(some)
    torch.manual_seed(0)
    model = model or Segmentation(encoder="resnet10t", width=64, height=32)
    built = model.build("semantic_segmentation", words)
    return task.learner(built, words, None, ()), built


def test_it_learns_and_answers_at_the_size_of_the_picture(some: list[Sample]) -> None:
    learner, built = bound(some, also=({"kind": "dice"},))
    first, last = learned(learner, built, some, steps=8, lr=2e-3)
    assert last < first * 0.8
    predictions = said(learner, built, some)
    assert {p.values.shape for p in predictions} == {(24, 40)}
    assert learner.score(some, predictions).main == "miou"
    assert learner.audit(batch(learner, some)).startswith("4 pictures, 100.0% of the pixels count: ground 8")


def test_losses_are_summed_and_parts_add_up(some: list[Sample]) -> None:
    learner, built = bound(some, also=({"kind": "dice"},))
    nothing = Sample(id="n", target=Pixels(NAMES, values=np.full((24, 40), 255, np.uint8)), media=some[0].media)
    assert demand_sums(learner, built, [*some[:2], nothing]) == 2
    one = batch(learner, some)
    logits = built.module.eval()(one["images"])
    lost = learner.loss(built.module, one)
    both = CrossEntropy()(logits, one["classes"]).sum() + Dice()(logits, one["classes"]).sum()
    torch.testing.assert_close(lost.total, both)
    assert set(lost.parts) == {"crossentropy", "dice"}


def test_classes_are_looked_up_by_name(some: list[Sample]) -> None:
    learner, _ = bound(some, labels=("lorry", "ground"))
    first = some[0].target
    assert isinstance(first, Pixels)
    other = Sample(id="o", target=Pixels(("lorry", "kerb"), values=first.values), media=some[0].media)
    classes = batch(learner, [some[0], other])["classes"]
    assert classes[0].unique().tolist() == [0, 1]
    assert (classes[0] == 0).float().mean() < 0.3
    assert classes[1].unique().tolist() == [0, 255]


def test_objects_are_painted_and_what_is_not_known_does_not_count(some: list[Sample]) -> None:
    square = masks.Polygons(rings=(np.array([[2.0, 2], [8, 2], [8, 8], [2, 8]]),))
    found = Objects(
        boxes=np.array([[2.0, 2, 8, 8], [10, 0, 14, 4], [20, 0, 24, 4]]),
        labels=("lorry", "lorry", "lorry"),
        masks=(square, None, square),
        ignored=(False, False, True),
    )
    classes = paint(found, ("background", "lorry"), 0, (24, 40))
    assert classes[3, 3] == 1
    assert classes[1, 1] == 0
    assert classes[2, 11] == 255
    assert classes[2, 21] == 255
    assert (classes == 1).sum() == 36
    sample = Sample(id="s", target=found, media=some[0].media, size=(40, 24))
    learner, built = bound([sample])
    assert learner.vocabulary.labels == ("background", "lorry")
    assert learner.score([sample], said(learner, built, [sample])).samples == 1


def test_four_bands_go_in_as_shares(tmp_path: Path, some: list[Sample]) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (24, 40, 4)).astype(np.uint16)
    np.save(tmp_path / "a.npy", values)
    sample = Sample(id="a", target=some[0].target, media=tmp_path / "a.npy")
    small = Segmentation(encoder="resnet10t", width=64, height=32, channels=4)
    learner, built = bound([sample], small, channels=4)
    images = batch(learner, [sample])["images"]
    assert images.shape == (1, 4, 32, 64)
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1
    assert said(learner, built, [sample])[0].values.shape == (24, 40)
    with pytest.raises(BadSettings, match=r"task.channels: is 3, but the model takes 4"):
        bound([sample], small)
    with pytest.raises(BadInput, match="has 4 bands, the model takes 5"):
        read_bands(tmp_path / "a.npy", 5)


def test_bands_are_read_whole_or_refused(tmp_path: Path) -> None:
    colours = np.zeros((5, 6, 4), np.uint8)
    colours[..., 0], colours[..., 3] = 200, 9
    cv2.imwrite(str(tmp_path / "a.png"), cv2.cvtColor(colours, cv2.COLOR_RGBA2BGRA))
    np.testing.assert_array_equal(read_bands(tmp_path / "a.png", 4), colours)
    header = struct.pack("<2sHIH", b"II", 42, 8, 2)
    tags = struct.pack("<HHIHH", 256, 3, 1, 6, 0) + struct.pack("<HHIHH", 277, 3, 1, 7, 0)
    (tmp_path / "b.tif").write_bytes(header + tags + b"\0" * 4)
    with pytest.raises(BadInput, match=r"b.tif: is no picture"):
        read_bands(tmp_path / "b.tif", 7)
    with pytest.raises(BadInput, match="cannot be read"):
        read_bands(tmp_path / "none.tif", 7)


def test_no_data_becomes_nothing() -> None:
    spec = Input(width=4, height=4)
    held = stack(np.array([[[np.nan, 0.5]]], np.float32), spec)
    assert held.shape == (2, 4, 4)
    assert held[0].tolist() == [[0.0] * 4] * 4
    assert float(held[1].mean()) == 0.5


@pytest.mark.data
def test_a_tiff_with_its_bands_apart_is_refused(data: Path) -> None:
    with pytest.raises(BadInput, match=r"holds 4 bands, of which 1 can be read; write it as \.npy"):
        read_bands(data / "remote/rasterio/RGBA.uint16.tif", 4)
    assert read_bands(data / "remote/rasterio/alpha.tif", 4).shape == (1223, 1223, 4)


def test_what_does_not_fit_is_refused(some: list[Sample]) -> None:
    words = SemanticSegmentation().vocabulary(some)
    built = Segmentation(encoder="resnet10t", width=32, height=32).build("semantic_segmentation", words)
    with pytest.raises(BadSettings, match="cannot be mixed"):
        SemanticSegmentation().learner(built, words, None, (Mixup(),))
    with pytest.raises(BadSettings, match=r"task.also\[0\]: giou is no loss for pixels"):
        SemanticSegmentation(also=({"kind": "giou"},)).learner(built, words, None, ())
    with pytest.raises(BadInput, match="needs 2 to 254 classes; found none"):
        SemanticSegmentation().vocabulary([])
    learner, _ = bound(some)
    wrong = Sample(id="w", target=Pixels(NAMES, values=np.zeros((9, 9), np.uint8)), media=some[0].media)
    with pytest.raises(BadInput, match="must be alike"):
        batch(learner, [wrong])
