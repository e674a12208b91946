"""A folder is read as a recipe says: classes renamed, one split, so many; what does not fit is refused."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.reading import mapped, read
from roadstead.dataset.samples import Attributes, Entities, Label, Objects, Pixels, Sample, Split, Target
from roadstead.errors import BadInput, BadSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def one(k: int, side: Split) -> Sample:
        names = ("truck", "car", "van")[: k % 3 + 1]
        target = Objects(boxes=np.tile([1, 1, 9, 9], (len(names), 1)), labels=names)
        return Sample(id=f"p{k}", size=(20, 20), target=target, split=side)

    Coco().write([one(k, "train" if k < 8 else "val") for k in range(12)], tmp_path / "yard")
    return tmp_path / "yard"


def test_classes_are_renamed_or_left_out(folder: Path) -> None:
    found = read(folder, {"kind": "coco"}, class_map={"van": "car", "truck": ""}, split="train")
    assert {name for s in found.samples for name in s.target.labels} == {"car"}  # type: ignore[union-attr]  # objects
    assert found.counts == {"missing_pictures": 12, "objects_left_out": 8, "samples": 8}
    assert {s.origin for s in found.samples} == {"yard"}
    assert found.names == {"truck", "car", "van"}


def test_so_many_by_chance_but_always_the_same(folder: Path) -> None:
    some = [s.id for s in read(folder, {"kind": "coco"}, class_map={}, take=5, seed=1).samples]
    assert len(some) == 5
    assert some == [s.id for s in read(folder, {"kind": "coco"}, class_map={}, take=5, seed=1).samples]
    assert some != [s.id for s in read(folder, {"kind": "coco"}, class_map={}, take=5, seed=2).samples]


def test_what_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="class_map names 'trck', which no sample has; did you mean truck"):
        read(folder, {"kind": "coco"}, class_map={"trck": "car"})
    assert read(folder, {"kind": "coco"}, class_map={"trck": "car"}, strict=False).counts["samples"] == 12
    with pytest.raises(BadInput, match="has no sample of the split test; there are: train, val"):
        read(folder, {"kind": "coco"}, class_map={}, split="test")
    with pytest.raises(BadInput, match="there is no such folder"):
        read(tmp_path / "nowhere", {"kind": "coco"}, class_map={})
    with pytest.raises(BadSettings, match="did you mean coco"):
        read(folder, {"kind": "coko"}, class_map={})


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (Label("a"), Label("b")),
        (Attributes({"x": "a", "y": "a", "z": None}), Attributes({"x": "q", "y": None, "z": None})),
        (Entities(("1", "2", "3"), ("B-a", "I-c", "S-drop")), Entities(("1", "2", "3"), ("B-b", "I-c", "O"))),
    ],
)
def test_every_kind_of_class_is_renamed(target: Target, wanted: Target) -> None:
    class_map = {"a": "b", "drop": "", "x=a": "q", "y=a": ""}
    found = mapped(Sample(id="s", target=target), class_map, Counter())
    assert found is not None
    assert found.target == wanted


def test_pixels_are_numbered_anew_where_classes_fall_together() -> None:
    values = np.array([[0, 1, 2, 255]], dtype=np.uint8)
    sample = Sample(id="s", target=Pixels(("a", "b", "drop"), values=values))
    found = mapped(sample, {"a": "b", "drop": ""}, Counter())
    assert found is not None
    assert found.target == Pixels(("b",), values=np.array([[0, 0, 255, 255]], dtype=np.uint8))
    renamed = mapped(sample, {"a": "z"}, Counter())
    assert renamed is not None
    assert renamed.target == Pixels(("z", "b", "drop"), values=values)


def test_a_sample_whose_label_goes_is_counted() -> None:
    counts: Counter[str] = Counter()
    assert mapped(Sample(id="s", target=Label("drop")), {"drop": ""}, counts) is None
    assert counts["samples_left_out"] == 1
