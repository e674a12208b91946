"""Splits keep groups together, hold their shares and do not depend on order; leaks are found."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.dataset.samples import Label, Objects, Sample, Split
from roadstead.dataset.splits import leaks, split
from roadstead.errors import BadInput


def labelled(k: int, label: str = "truck", group: str = "", side: Split | None = None) -> Sample:
    return Sample(id=f"s{k}", target=Label(label), group=group, split=side, text=f"report {k}")


@settings(max_examples=25, deadline=None)
@given(
    groups=st.lists(st.tuples(st.integers(1, 9), st.sampled_from("abc")), min_size=3, max_size=25),
    seed=st.integers(0, 9),
    order=st.randoms(use_true_random=False),
)
def test_groups_stay_together_whatever_the_order(
    groups: list[tuple[int, str]], seed: int, order: st.DataObject
) -> None:
    samples = [labelled(100 * g + k, name, f"g{g}") for g, (n, name) in enumerate(groups) for k in range(n)]
    found = split(samples, val=0.2, test=0.1, seed=seed)
    assert [s.id for s in found] == [s.id for s in samples]
    sides = {s.id: s.split for s in found}
    assert set(sides.values()) == {"train", "val", "test"}
    assert all(len({s.split for s in found if s.group == g}) == 1 for g in {s.group for s in found})
    assert not leaks(found)
    shuffled = list(samples)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert {s.id: s.split for s in split(shuffled, val=0.2, test=0.1, seed=seed)} == sides


def test_every_class_has_its_share() -> None:
    samples = [labelled(k, "rare" if k % 10 == 0 else "common") for k in range(500)]
    found = split(samples, val=0.2, test=0.1, by="sample", seed=3)
    n = Counter((s.split, s.target) for s in found)
    assert n["val", Label("rare")] == 10
    assert n["test", Label("rare")] == 5
    assert n["train", Label("rare")] == 35
    assert (n["val", Label("common")], n["test", Label("common")]) == (90, 45)
    other = split(samples, val=0.2, test=0.1, by="sample", seed=4)
    assert [s.split for s in other] != [s.split for s in found]


def test_large_groups_still_fill_every_side() -> None:
    samples = [labelled(10 * g + k, group=f"g{g}") for g in range(2) for k in range(10)]
    assert Counter(s.split for s in split(samples, val=0.2, test=0)) == {"train": 10, "val": 10}
    with pytest.raises(BadInput, match="1 groups cannot be shared out to 2 sides: give the samples more groups"):
        split(samples[:10], val=0.2, test=0)


def test_what_has_a_split_keeps_it() -> None:
    fixed = [labelled(0, side="val", group="a"), labelled(1, side="train", group="b")]
    free = [labelled(2, group="a"), labelled(3, group="b"), labelled(4)]
    found = split([*fixed, *free], val=0.5, test=0)
    assert [s.split for s in found] == ["val", "train", "val", "train", "train"]
    taken = split([labelled(k, side="train") for k in range(10)], val=0.2, test=0)
    assert Counter(s.split for s in taken) == {"train": 8, "val": 2}
    with pytest.raises(ValueError, match="leave nothing to train on"):
        split(free, val=0.5, test=0.5)


def test_boxes_are_stratified_too() -> None:
    def some(k: int) -> Sample:
        names = ("car", "bus") if k % 4 == 0 else ("car",)
        return Sample(id=str(k), target=Objects(boxes=np.tile([0, 0, 5, 5], (len(names), 1)), labels=names))

    found = split([some(k) for k in range(40)], val=0.25, test=0)
    val = [s for s in found if s.split == "val"]
    assert len(val) == 10
    assert sum("bus" in s.target.labels for s in val if isinstance(s.target, Objects)) in (2, 3)


def picture(path: Path, seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (96, 80), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), image)
    return image


def test_leaks_are_found_and_said(tmp_path: Path) -> None:
    first = picture(tmp_path / "0.png", 0)
    for k in range(1, 8):
        picture(tmp_path / f"{k}.png", k)
    (tmp_path / "same.png").write_bytes((tmp_path / "0.png").read_bytes())
    cv2.imwrite(str(tmp_path / "near.jpg"), first, [cv2.IMWRITE_JPEG_QUALITY, 80])
    cv2.imwrite(str(tmp_path / "mirror.png"), first[:, ::-1])
    cv2.imwrite(str(tmp_path / "flat1.png"), np.full((40, 40), 90, dtype=np.uint8))
    cv2.imwrite(str(tmp_path / "flat2.png"), np.full((40, 44), 91, dtype=np.uint8))

    def at(name: str, side: Split, group: str = "") -> Sample:
        return Sample(id=name, target=None, media=tmp_path / name, split=side, group=group)

    train = [*(at(f"{k}.png", "train") for k in range(4)), at("flat1.png", "train")]
    clean = [*train, *(at(f"{k}.png", "val") for k in range(4, 8)), at("flat2.png", "test")]
    assert leaks(clean) == ()
    bad = [*clean, at("same.png", "val"), at("near.jpg", "val"), at("mirror.png", "test")]
    found = leaks(bad)
    assert {(k.kind, k.samples) for k in found} >= {
        ("same picture", ("0.png", "same.png")),
        ("near picture", ("0.png", "near.jpg")),
        ("near picture", ("0.png", "mirror.png")),
    }
    assert all("0.png" in k.samples or "same.png" in k.samples or "near.jpg" in k.samples for k in found)
    assert any("mirrored" in str(k) and "train and test" in str(k) for k in found)


def test_groups_and_texts_on_two_sides() -> None:
    two = [labelled(0, side="train", group="cam"), labelled(1, side="val", group="cam")]
    (one,) = leaks(two)
    assert str(one) == "group 'cam' is in train and val: s0, s1"
    same = [replace(labelled(0, side="train"), text=" a truck "), replace(labelled(1, side="test"), text="a truck")]
    (said,) = leaks(same)
    assert (said.kind, said.sides) == ("text", ("train", "test"))
    asked = [replace(s, media=Path(f"{k}.png")) for k, s in enumerate(same)]
    assert leaks(asked, {}) == ()
    assert leaks([labelled(0), labelled(1)]) == ()
