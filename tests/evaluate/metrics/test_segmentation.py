"""Class maps against a straight reckoning, pixel by pixel."""

from pathlib import Path

import numpy as np
import pytest

from roadstead.dataset.samples import Pixels, Sample
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import segmentation
from roadstead.evaluate.metrics.segmentation import ClassMap, Map

LABELS = ("road", "渣土车", "water")


def made(n: int = 8, seed: int = 0) -> tuple[list[Map], list[Map]]:
    random = np.random.default_rng(seed)
    truths = [random.integers(0, 3, (12, 9)).astype(np.uint8) for _ in range(n)]
    said = [
        np.where(random.uniform(size=t.shape) < 0.7, t, random.integers(0, 3, t.shape)).astype(np.uint8) for t in truths
    ]
    for t in truths:
        t[random.uniform(size=t.shape) < 0.1] = 255
    return truths, said


def test_figures_are_those_of_counting_pixels() -> None:
    truths, said = made()
    report = segmentation.score(truths, [ClassMap(s) for s in said], LABELS, resamples=0)
    t, s = np.concatenate([x.ravel() for x in truths]), np.concatenate([x.ravel() for x in said])
    t, s = t[t != 255], s[t != 255]
    ious = [((t == k) & (s == k)).sum() / ((t == k) | (s == k)).sum() for k in range(3)]
    dices = [2 * ((t == k) & (s == k)).sum() / ((t == k).sum() + (s == k).sum()) for k in range(3)]
    assert report.metrics["miou"].value == pytest.approx(np.mean(ious), abs=1e-12)
    assert report.metrics["dice"].value == pytest.approx(np.mean(dices), abs=1e-12)
    assert report.metrics["pixel_accuracy"].value == pytest.approx((t == s).mean(), abs=1e-12)
    assert [report.per_class[name]["iou"].value for name in LABELS] == pytest.approx(ious)
    assert report.confusion["road"]["water"] == ((t == 0) & (s == 2)).sum()


def test_a_class_that_is_nowhere_is_not_part_of_the_mean() -> None:
    same = np.zeros((4, 4), dtype=np.uint8)
    report = segmentation.score([same, same], [ClassMap(same)] * 2, LABELS, resamples=10)
    assert report.metrics["miou"].value == 1.0
    assert report.per_class["water"]["iou"].value is None


def test_classes_of_samples_are_looked_up_by_name_in_values_and_files(tmp_path: Path) -> None:
    import cv2

    values = np.array([[0, 1], [1, 255]], dtype=np.uint8)
    file = tmp_path / "mask.png"
    cv2.imwrite(str(file), values)
    samples = [
        Sample(id="a", target=Pixels(("water", "road"), values=values), origin="one"),
        Sample(id="b", target=Pixels(("water", "road"), file=file), origin="two"),
        Sample(id="c", target=Pixels(("crane", "road"), file=file), origin="two"),
    ]
    truths = [segmentation.truth(s, LABELS).tolist() for s in samples]
    assert truths == [[[2, 0], [0, 255]], [[2, 0], [0, 255]], [[255, 0], [0, 255]]]
    said = [ClassMap(np.zeros((2, 2), dtype=np.uint8))] * 3
    report = segmentation.judge(samples, said, LABELS, resamples=10)
    assert report.per_slice["one"]["pixel_accuracy"].value == pytest.approx(2 / 3)
    assert report.worst[0].said == "water taken for road on 33.3% of the pixels"


def test_pictures_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    import cv2

    small, large = np.zeros((2, 2), dtype=np.uint8), np.zeros((4, 4), dtype=np.uint8)
    with pytest.raises(ValueError, match="do not fit together"):
        segmentation.score([small], [ClassMap(large)], LABELS)
    with pytest.raises(ValueError, match="beyond the 3"):
        segmentation.score([small + 3], [ClassMap(small)], LABELS)
    colour = tmp_path / "colour.png"
    cv2.imwrite(str(colour), np.zeros((2, 2, 3), dtype=np.uint8))
    with pytest.raises(BadInput, match="one channel"):
        segmentation.judge([Sample(id="a", target=Pixels(LABELS, file=colour))], [ClassMap(small)], LABELS)
