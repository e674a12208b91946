"""Boxes: COCO's figures to the last digit, and what resampling does to them."""

import time

import numpy as np
import pytest

from roadstead.dataset.samples import Objects, Sample
from roadstead.evaluate import average_precision as ap
from roadstead.evaluate.metrics import detection
from roadstead.evaluate.metrics.detection import Boxes

LABELS = ("car", "渣土车", "ship")


def scattered(random: np.random.Generator, n: int) -> np.ndarray:
    corner = random.uniform(0, 400, (n, 2))
    return np.hstack((corner, corner + np.exp(random.uniform(np.log(8), np.log(200), (n, 2)))))


def made(pictures: int, seed: int, *, most: int = 10, tied: bool = False) -> tuple[list[Objects], list[Boxes]]:
    random = np.random.default_rng(seed)
    truths, found = [], []
    for _ in range(pictures):
        n, m = int(random.integers(0, most)), int(random.integers(0, most))
        boxes, labels = scattered(random, n), [LABELS[k] for k in random.integers(0, 3, n)]
        truths.append(
            Objects(boxes=boxes, labels=tuple(labels), ignored=tuple((random.uniform(size=n) < 0.15).tolist()))
        )
        seen = np.flatnonzero(random.uniform(size=n) < 0.8)
        near = boxes[seen] + random.normal(size=(len(seen), 4)) * 3
        score = np.concatenate((random.beta(4, 2, len(seen)), random.beta(1, 4, m)))
        said = [labels[k] for k in seen] + [LABELS[k] for k in random.integers(0, 3, m)]
        found.append(Boxes(np.vstack((near, scattered(random, m))), score.round(1) if tied else score, tuple(said)))
    return truths, found


@pytest.mark.torch
@pytest.mark.parametrize(("seed", "tied"), [(0, False), (1, False), (2, True)])
def test_figures_are_those_of_faster_coco_eval(seed: int, *, tied: bool) -> None:
    pytest.importorskip("faster_coco_eval")
    from faster_coco_eval import COCO, COCOeval_faster  # type: ignore[import-untyped]  # ships no types

    truths, found = made(25, seed, tied=tied)
    objects: list[dict[str, object]] = []
    boxes: list[dict[str, object]] = []
    for i, (truth, said) in enumerate(zip(truths, found, strict=True)):
        for (x, y, r, b), label, crowd in zip(truth.boxes.tolist(), truth.labels, truth.ignored, strict=True):
            row = {"image_id": i, "category_id": LABELS.index(label), "bbox": [x, y, r - x, b - y]}
            objects.append({**row, "id": len(objects) + 1, "area": (r - x) * (b - y), "iscrowd": int(crowd)})
        for (x, y, r, b), score, label in zip(said.boxes.tolist(), said.scores.tolist(), said.labels, strict=True):
            boxes.append(
                {"image_id": i, "category_id": LABELS.index(label), "bbox": [x, y, r - x, b - y], "score": score}
            )
    images = [{"id": i, "width": 640, "height": 640} for i in range(len(truths))]
    classes = [{"id": k, "name": label} for k, label in enumerate(LABELS)]
    truth = COCO({"images": images, "annotations": objects, "categories": classes})
    judge = COCOeval_faster(truth, truth.loadRes(boxes), "bbox", print_function=lambda *_: None)
    judge.run()
    ours = detection.score(truths, found, LABELS, resamples=0).metrics
    names = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar")
    theirs = [*judge.stats[:6], judge.stats[8]]
    assert [ours[name].value for name in names] == pytest.approx(theirs, abs=1e-9)


def test_a_picture_that_counts_twice_is_a_picture_that_is_there_twice() -> None:
    truths, found = made(12, 5)
    times = [2, 0, 1, 3, 1, 0, 1, 2, 1, 1, 0, 1]
    rows = [(b.boxes, b.scores, b.labels) for b in found]
    repeated = [i for i, n in enumerate(times) for _ in range(n)]
    for label in LABELS:
        once = ap.match(truths, rows, label).curves(np.array(times, dtype=np.float64))
        copied = ap.match([truths[i] for i in repeated], [rows[i] for i in repeated], label)
        again = copied.curves(np.ones(len(repeated)))
        np.testing.assert_allclose(once[0], again[0], atol=1e-12)
        np.testing.assert_allclose(once[1], again[1], atol=1e-12)


def square(x: float, size: float = 50) -> list[float]:
    return [x, 0, x + size, size]


def test_recall_at_so_many_wrong_boxes_a_picture() -> None:
    truths = [Objects(boxes=np.array([square(0)]), labels=("car",)) for _ in range(4)]
    good = [Boxes(np.array([square(0)]), np.array([s]), ("car",)) for s in (0.9, 0.7, 0.5, 0.3)]
    wrong = [
        Boxes(np.array([square(0), square(200)]), np.array([s, f]), ("car",) * 2) for s, f in ((0.9, 0.6), (0.7, 0.4))
    ]
    found = [*wrong, *good[2:]]

    def recall(allowed: float) -> float | None:
        report = detection.score(truths, found, ("car",), false_per_picture=allowed, resamples=0)
        return report.metrics[f"recall@{allowed:g}fp"].value

    # By score: 0.9 right, 0.7 right, 0.6 wrong, 0.5 right, 0.4 wrong, 0.3 right.
    assert [recall(a) for a in (0.1, 0.25, 0.5)] == [0.5, 0.75, 1.0]


def test_what_is_ignored_is_neither_right_nor_wrong() -> None:
    truth = Objects(boxes=np.array([square(0), square(200)]), labels=("car", "car"), ignored=(False, True))
    both = Boxes(np.array([square(0), square(200)]), np.array([0.5, 0.9]), ("car", "car"))
    report = detection.score([truth], [both], ("car",), resamples=0)
    assert report.metrics["ap"].value == pytest.approx(1.0)
    assert report.metrics["ap"].of == 1
    assert not report.worst


def test_classes_without_objects_are_noted_and_worst_pictures_named() -> None:
    truth = Objects(boxes=np.array([square(0), square(100)]), labels=("car", "crane"))
    said = Boxes(np.array([square(300)]), np.array([0.9]), ("渣土车",))
    report = detection.judge([Sample(id="p1", target=truth)], [said], ("car", "渣土车"), resamples=10)
    assert report.per_class["渣土车"]["ap"].value is None
    assert report.metrics["ap"].value == 0.0
    assert any("crane" in note for note in report.notes)
    assert any("渣土车" in note for note in report.notes)
    assert (report.worst[0].said, report.worst[0].true) == ("wrong: 1 渣土车", "missed: 1 car")


def test_nothing_found_and_nothing_to_find() -> None:
    nothing = Boxes(np.zeros((0, 4)), np.zeros(0), ())
    truths, _ = made(6, 1)
    missed = detection.score(truths, [nothing] * 6, LABELS, resamples=10)
    assert (missed.metrics["ap"].value, missed.metrics["ar"].value) == (0.0, 0.0)
    empty = Objects(boxes=np.zeros((0, 4)), labels=())
    assert detection.score([empty] * 3, [nothing] * 3, LABELS, resamples=10).value is None


def test_intervals_of_three_hundred_pictures_take_seconds() -> None:
    truths, found = made(300, 7, most=15)
    began = time.process_time()
    report = detection.score(truths, found, LABELS, resamples=50)
    assert (time.process_time() - began) * 4 < 20
    ap50 = report.metrics["ap50"]
    assert ap50.low is not None
    assert ap50.high is not None
    assert ap50.low < ap50.high
