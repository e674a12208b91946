"""Each kind of fault is found in a data set that has it, and a good one is called good."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from roadstead.dataset import masks
from roadstead.dataset.checks import SHOWN, check
from roadstead.dataset.samples import (
    Answer,
    Attributes,
    Chat,
    Entities,
    Label,
    Message,
    Objects,
    Pixels,
    Preference,
    Sample,
    Split,
    Target,
    Text,
)


def picture(path: Path, seed: int = 0) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    cv2.imwrite(str(path), cv2.resize(coarse, (64, 48), interpolation=cv2.INTER_CUBIC))
    return path


def boxed(path: Path | None, *boxes: tuple[float, ...], label: str = "truck", name: str = "s") -> Sample:
    target = Objects(boxes=np.array(boxes, dtype=float).reshape(-1, 4), labels=(label,) * len(boxes))
    return Sample(id=name, target=target, size=(64, 48), media=path)


def ids(*samples: Sample, **how: object) -> set[str]:
    return {one.id for one in check(samples, **how).found}  # type: ignore[arg-type]  # options of check


def test_a_good_set_is_called_good(tmp_path: Path) -> None:
    sides: tuple[Split, ...] = ("train", "train", "val", "val")
    good = [
        replace(boxed(picture(tmp_path / f"{k}.png", k), (0, 0, 64, 48), name=str(k)), split=side)
        for k, side in enumerate(sides)
    ]
    found = check(good, known=("truck",), counts={"samples": 4})
    assert (found.samples, found.pictures, found.found, found.bad) == (4, 4, (), False)
    assert found.lines()[-1] == "nothing is wrong"


@pytest.mark.parametrize(
    ("box", "wanted"),
    [
        ((5, 5, 5, 9), {"degenerate_box"}),
        ((5, 5, float("inf"), 9), {"degenerate_box"}),
        ((70, 5, 80, 9), {"box_outside"}),
        ((50, 5, 80, 9), {"box_beyond"}),
        ((0, 0, 64.4, 48), set()),
    ],
)
def test_boxes(box: tuple[float, ...], wanted: set[str], tmp_path: Path) -> None:
    assert ids(boxed(picture(tmp_path / "a.png"), box)) == wanted


def test_pictures(tmp_path: Path) -> None:
    good = picture(tmp_path / "a.png")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:200])
    (tmp_path / "copy.png").write_bytes(good.read_bytes())
    assert ids(boxed(tmp_path / "cut.png")) == {"corrupt_picture"}
    assert ids(boxed(None)) == {"missing_picture"}
    assert ids(Sample(id="a", target=Label("x"))) == {"missing_picture"}
    assert ids(replace(boxed(good), size=(48, 64))) == {"wrong_size"}
    two = boxed(good, name="a"), boxed(tmp_path / "copy.png", name="b")
    assert ids(*two) == {"duplicate"}
    assert ids(replace(two[0], split="train"), replace(two[1], split="val")) == {"leak"}
    assert ids(boxed(tmp_path / "gone.png"), pictures=False) == {"missing_picture"}


def test_masks(tmp_path: Path) -> None:
    one = boxed(picture(tmp_path / "a.png"), (0, 0, 5, 5))
    assert isinstance(one.target, Objects)
    empty = masks.encode(np.zeros((48, 64), dtype=bool))
    small = masks.encode(np.ones((4, 6), dtype=bool))
    assert ids(replace(one, target=replace(one.target, masks=(empty,)))) == {"empty_mask"}
    assert ids(replace(one, target=replace(one.target, masks=(small,)))) == {"mask_size"}


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (Label(" "), {"empty_class"}),
        (Attributes({"cover": ""}), {"empty_class"}),
        (Text(""), {"empty_text"}),
        (Entities(("a", "b"), ("O", "I-X")), {"bad_tags"}),
        (Entities((), ()), {"empty_text"}),
        (Answer("where?", "gate", 0), {"bad_answer"}),
        (Answer("where?", "gate", 3), set()),
        (Chat((Message("user", "x"),)), {"no_assistant"}),
        (Preference((Message("user", "x"),), "a", "a"), {"same_answers"}),
        (Pixels(("road",), values=np.ones((2, 2), dtype=np.uint8)), {"bad_pixels"}),
        (None, {"unlabelled"}),
    ],
)
def test_targets(target: Target | None, wanted: set[str]) -> None:
    assert ids(Sample(id="s", target=target, text="at gate 3")) == wanted


def test_classes_and_sides() -> None:
    def some(name: str, side: str, n: int) -> list[Sample]:
        return [
            Sample(id=f"{side}{name}{k}", target=Label(name), text=f"{side}{name}{k}", split=side)  # type: ignore[arg-type]  # a split
            for k in range(n)
        ]

    samples = [
        *some("truck", "train", 3),
        *some("Trucks", "train", 1),
        *some("truck", "val", 3),
        *some("bus", "val", 2),
    ]
    found = {one.id: one for one in check(samples, known=("truck", "bus", "tram")).found}
    assert found.keys() == {"unknown_class", "missing_class", "similar_classes", "class_in_no_training", "too_few"}
    assert found["similar_classes"].examples == ("Trucks and truck",)
    assert found["class_in_no_training"].examples == ("bus",)
    assert set(found["too_few"].examples) == {"Trucks: 1 in train", "Trucks: 0 in val"}
    assert ids() == {"no_samples"}
    assert ids(samples[0], samples[0]) == {"repeated_id"}
    assert ids(samples[0], Sample(id="x", target=Text("y"), text="z")) == {"mixed_targets"}


def test_examples_are_few_and_counted() -> None:
    found = check([Sample(id=str(k), target=Text(""), text="x") for k in range(9)], counts={"missing_pictures": 2})
    one, two = found.found
    assert (one.id, one.count, len(one.examples), two.id) == ("empty_text", 9, SHOWN, "reading")
    assert found.bad
    assert "    and 4 more" in found.lines()
    assert found.record()["found"][0]["severity"] == "error"
