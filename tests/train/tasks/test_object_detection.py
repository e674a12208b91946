"""The task of finding objects: what is learned, what is said, and what does not count."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead.bundle.boxes import decode
from roadstead.bundle.card import Card
from roadstead.bundle.prepare import prepare
from roadstead.dataset.samples import Objects, Sample
from roadstead.errors import BadInput, BadSettings
from roadstead.train.augment import Shown
from roadstead.train.vocabulary import Vocabulary
from roadstead.types import readonly

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
cv2 = pytest.importorskip("cv2")
pytest.importorskip("timm")
detection = pytest.importorskip("roadstead.train.tasks.object_detection")
dense = pytest.importorskip("roadstead.train.models.torchvision_detector")
detecting = pytest.importorskip("roadstead.train.models._detecting")

WORDS = Vocabulary(labels=("car", "person"))


def objects(*rows: tuple[list[float], str, bool]) -> Objects:
    """Return objects of boxes, labels, and whether they are ignored."""
    boxes = readonly(np.array([box for box, _, _ in rows], dtype=float).reshape(-1, 4), 4)
    return Objects(boxes=boxes, labels=tuple(r[1] for r in rows), ignored=tuple(r[2] for r in rows))


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    rng = np.random.default_rng(0)
    made = []
    for k in range(2):
        cv2.imwrite(str(tmp_path / f"{k}.png"), rng.integers(0, 255, (60, 100, 3), dtype=np.uint8))
        target = objects(
            ([10, 10, 50, 40], "car", False), ([60, 20, 90, 55], "bus", False), ([0, 0, 9, 9], "car", True)
        )
        made.append(Sample(id=f"road_{k}", target=target, size=(100, 60), media=tmp_path / f"{k}.png"))
    return made


def bound(words: Vocabulary = WORDS, **changes: Any) -> tuple[Any, Any]:
    """Return a small detector of 64 px and its learner."""
    torch.manual_seed(0)
    family = dense.TorchvisionDetector(width=64, height=64, channels=16, layers=1, levels=3)
    built = family.build("object_detection", words)
    return built.module.eval(), detection.ObjectDetection(**changes).learner(built, words, None, ())


def test_the_vocabulary_is_what_counts_in_the_samples(samples: list[Sample]) -> None:
    assert detection.ObjectDetection(labels=("person",)).vocabulary(samples).labels == ("person", "bus", "car")
    with pytest.raises(BadInput, match="no training sample has one that counts"):
        detection.ObjectDetection().vocabulary([Sample(id="a", target=objects(([0, 0, 9, 9], "car", True)))])
    with pytest.raises(BadSettings, match="there is no class 'ship'; there are: bus, car"):
        detection.ObjectDetection(unlabelled={"*": ("ship",)}).vocabulary(samples)


def test_a_batch_holds_boxes_as_shares_and_says_what_does_not_count(samples: list[Sample]) -> None:
    _, learner = bound()
    batch = learner.collate([learner.encode(learner.load(s)) for s in samples])
    truth = batch["truths"][0]
    # 100 x 60 px lie in 64 x 64 at 0.64, at the top: (10, 10, 50, 40) px has its centre at (30, 25) * 0.64 / 64.
    assert torch.allclose(truth.boxes, torch.tensor([[0.30, 0.25 * 60 / 60, 0.40, 0.30]]), atol=0.01)
    assert truth.classes.tolist() == [0]
    assert truth.ignored_classes.tolist() == [0]
    assert learner.units(batch) == 2
    assert learner.audit(batch) == "2 pictures, 2 boxes: 2 car; 2 regions do not count"


def test_classes_without_boxes_in_some_pictures_are_no_background_there(samples: list[Sample]) -> None:
    _, learner = bound(unlabelled={"road_1": ("person",)})
    plain, amended = (learner.load(s) for s in samples)
    assert [len(plain.target), len(amended.target)] == [3, 4]
    assert amended.target.labels[-1] == "person"
    assert amended.target.ignored[-1]
    truth = learner.encode(amended).truth
    assert truth.ignored_classes.tolist() == [0, 1]
    found = [detection.Boxes(readonly([[60, 20, 90, 55]], 4), readonly([0.9]), ("person",))]
    wrong = learner.score(samples[:1], found).worst
    right = learner.score(samples[1:], found).worst
    assert "1 person" in wrong[0].said
    assert not right or "person" not in right[0].said


def test_the_sum_of_losses_does_not_depend_on_how_a_step_is_cut(samples: list[Sample]) -> None:
    module, learner = bound()
    examples = [learner.encode(learner.load(s)) for s in samples]
    with torch.no_grad():
        whole = learner.loss(module, learner.collate(examples))
        parts = [learner.loss(module, learner.collate([one])) for one in examples]
    assert whole.units == sum(p.units for p in parts)
    assert float(whole.total) == pytest.approx(sum(float(p.total) for p in parts), rel=1e-5)
    assert float(whole.total) == pytest.approx(sum(whole.parts.values()), rel=1e-5)


def test_a_picture_without_objects_counts_as_one_unit() -> None:
    module, learner = bound()
    empty = Shown(np.zeros((60, 100, 3), np.uint8), objects())
    batch = learner.collate([learner.encode(empty)])
    assert learner.units(batch) == 1
    assert torch.isfinite(learner.loss(module, batch).total)
    assert learner.audit(batch) == "1 pictures, 0 boxes: none"


@pytest.mark.parametrize("score", [0.004, 0.02])
def test_the_bundle_that_watches_finds_the_same_boxes(samples: list[Sample], score: float) -> None:
    module, learner = bound(score=score, at_most=100)
    batch = learner.collate([learner.encode(learner.load(s)) for s in samples])
    with torch.no_grad():
        said = learner.predict(module, batch)
        rows = detecting.exportable(module)(batch["images"]).numpy()
    card = Card(name="d", version="1", task="detect", labels=WORDS.labels, sha256="0" * 64, licence="x",
                input=learner.input, boxes=detecting.output(module))  # fmt: skip
    for k, one in enumerate(said):
        found = decode(card, {"rows": rows[k]}, score)
        watching = prepare(learner.load(samples[k]).image, learner.input)[1].back(found.boxes)
        assert (len(one.labels) > 0) == (score < 0.01)
        assert one.labels == tuple(WORDS.labels[c] for c in found.classes[:100])
        assert np.allclose(one.boxes, watching[:100], atol=0.5)
        assert np.allclose(one.scores, found.scores[:100], atol=1e-5)


def test_tiles_look_at_parts_too(samples: list[Sample]) -> None:
    module, learner = bound(score=0.004, tiles=2, at_most=50)
    batch = learner.collate([learner.encode(learner.load(s)) for s in samples])
    with torch.no_grad():
        tiled = learner.predict(module, batch)
    assert all(0 < len(one.labels) <= 50 for one in tiled)
    assert all((one.boxes >= 0).all() and (one.boxes[:, 2] <= 100).all() for one in tiled)


def test_what_a_detector_cannot_use_is_refused() -> None:
    built = dense.TorchvisionDetector(width=64, height=64, channels=16, layers=1).build("object_detection", WORDS)
    task = detection.ObjectDetection()
    with pytest.raises(BadSettings, match=r"loss: a detector brings its own; set model.class_loss"):
        task.learner(built, WORDS, lambda a, b: a, ())
    with pytest.raises(BadSettings, match="take mosaic"):
        task.learner(built, WORDS, None, (object(),))
