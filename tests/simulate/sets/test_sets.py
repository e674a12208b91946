"""Data sets made of plain worlds: what is written, that it is balanced, and that the same recipe makes it again."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from _plain_world import WATER, plain
from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.samples import Sample, objects
from roadstead.errors import BadInput
from roadstead.simulate import sets
from roadstead.simulate.lens import KINDS
from roadstead.simulate.sets import attributes, worlds
from roadstead.simulate.sets.made import Made
from roadstead.simulate.sets.recipe import Recipe
from roadstead.simulate.world.world import World
from roadstead.types import Image


@pytest.fixture(autouse=True)
def _plain_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    def world(recipe: Recipe, number: int, wanted: worlds.Wanted) -> World:
        water = number % 3 == 1 and recipe.task != "attributes"
        kind: dict[str, Any] = {"sorts": WATER, "water": True} if water else {}
        return plain(recipe.seed + number, stock=recipe.stock, size=wanted.size, light=wanted.light or "day", **kind)

    monkeypatch.setattr(worlds, "world", world)


def _made(
    folder: Path, task: str, samples: int, more: str = "", *, render: bool = True, size: str = "[320, 192]"
) -> Made:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "recipe.toml"
    path.write_text(
        f'task = "{task}"\nname = "a"\nseed = 5\nsamples = {samples}\nsize = {size}\nrender = {str(render).lower()}\n{more}'
    )
    return sets.make(path, folder / "out")


def _read(path: Path) -> Image:
    picture = cv2.imread(str(path))
    assert picture is not None
    return np.asarray(picture, np.uint8)


def _rows(made: Made) -> list[dict[str, str]]:
    with (made.folder / "labels.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_detection_writes_pictures_with_boxes_and_masks(tmp_path: Path) -> None:
    made = _made(tmp_path, "detection", 4, "[detection]\nper_world = 2")
    found = list(Coco().read(made.folder))
    assert len(found) == 4
    assert Counter(sample.split for sample in found) == {"train": 3, "val": 1}
    groups = {split: {s.group for s in found if s.split == split} for split in ("train", "val")}
    assert not groups["train"] & groups["val"]
    for sample in found:
        assert sample.media is not None
        assert _read(sample.media).shape == (192, 320, 3)
        there = objects(sample)
        assert len(there)
        assert all(m is not None for m, v in zip(there.masks, there.visible, strict=True) if v > 0.3)


@pytest.mark.slow
def test_detection_is_balanced_and_the_same_again(tmp_path: Path) -> None:
    first = _made(tmp_path / "a", "detection", 90, "[detection]\nper_world = 10", render=False, size="[960, 540]")
    again = _made(tmp_path / "b", "detection", 90, "[detection]\nper_world = 10", render=False, size="[960, 540]")
    assert first.counts == again.counts
    for one, other in zip(first.files, again.files, strict=True):
        assert one.read_text() == other.read_text()
    counts = first.counts["train"]
    assert set(counts) == {"person", "motorcycle", "car", "bus", "truck", "vessel", "debris"}
    assert min(counts.values()) > 0.25 * max(counts.values())


@pytest.mark.slow
def test_attributes_fill_every_cell_alike(tmp_path: Path) -> None:
    made = _made(tmp_path, "attributes", 40, "[attributes]\nwidths_px = [60.0, 200.0]", render=False)
    rows = [row for row in _rows(made) if row["split"] == "train"]
    covers = Counter(row["cover"] for row in rows)
    assert sum(made.samples.values()) == 40
    assert set(covers) == {"covered", "uncovered", "open_empty", "enclosed", "cannot_tell"}
    assert max(covers.values()) - min(covers.values()) <= 2
    assert {row["kind"] for row in rows if row["cover"] == "enclosed"} <= {"box_truck", "mixer"}


@pytest.mark.slow
def _every_other_afloat(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """Let every other world be water, and give vessels from a number on."""

    def world(recipe: Recipe, number: int, wanted: worlds.Wanted) -> World:
        kind: dict[str, Any] = {"sorts": WATER, "water": True} if number % 2 else {}
        return plain(recipe.seed + number, size=wanted.size, **kind)

    def session(*given: Any) -> Iterator[Sample]:
        _, number, split, quotas, _, _, cells = given
        for cell in cells if number >= first else ():
            while quotas.take(split, cell):
                yield Sample(id=f"{cell}-{number}-{quotas.done}", target=None)

    monkeypatch.setattr(worlds, "world", world)
    monkeypatch.setattr(attributes, "_session", session)
    monkeypatch.setattr(attributes, "_BARREN", 4)


def test_a_road_says_nothing_against_a_vessel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vessels = "splits = { train = 1.0 }\n[attributes]\nvessels = 1.0"
    _every_other_afloat(monkeypatch, 7)  # worlds 1, 3 and 5 show none, and four are roads
    made = _made(tmp_path / "a", "attributes", 12, vessels, render=False)
    assert made.worlds == 8
    _every_other_afloat(monkeypatch, 9)
    with pytest.raises(BadInput, match="4 worlds in a row showed none of vessel/"):
        _made(tmp_path / "b", "attributes", 12, f"{vessels}\n", render=False)


def test_attributes_write_crops_and_coco(tmp_path: Path) -> None:
    made = _made(tmp_path, "attributes", 4, "[attributes]\nwidths_px = [90.0, 200.0]")
    rows = _rows(made)
    assert len(rows) == 4
    samples = {sample.id: sample for sample in Coco().read(made.folder / "crops")}
    for row in rows:
        crop = _read(made.folder / "crops" / row["file"])
        assert max(crop.shape[:2]) <= 384
        sample = samples[row["file"].removesuffix(".jpg")]
        assert sample.size == (crop.shape[1], crop.shape[0])
        assert objects(sample).attributes[0]["cover"] == row["cover"]
        assert objects(sample).masks[0] is not None


def test_text_crops_hold_their_fields(tmp_path: Path) -> None:
    made = _made(tmp_path, "text", 6, 'stock = "test"\n[text]\nheights_px = [12.0, 30.0]')
    rows = _rows(made)
    kinds = Counter(row["kind"] for row in rows)
    assert set(kinds) == {"plate", "number", "name", "port"}
    for row in rows:
        crop = _read(made.folder / row["file"])
        height, width = crop.shape[:2]
        assert all(0 <= float(row[f"x{k}"]) <= width and 0 <= float(row[f"y{k}"]) <= height for k in range(4))
        assert _read(made.folder / row["rectified"]).shape[0] == 48
        assert row["text"]
        assert row["stock"] == "test"
        assert float(row["height_px"]) >= 12


def test_fault_clips_are_balanced_and_say_what_is_wrong(tmp_path: Path) -> None:
    made = _made(tmp_path, "faults", 64, "[faults]\nnone = 0.25", render=False)
    kinds = Counter(row["kind"] for row in _rows(made))
    assert set(kinds) == {"none", *KINDS}
    assert kinds.pop("none") == 16
    assert set(kinds.values()) <= {2, 3, 4}
    truth = [json.loads(line) for line in (made.folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert Counter(row["row"] for row in truth) == {"scene": 64, "fault": 48}
    faults = {row["camera"]: row for row in truth if row["row"] == "fault"}
    for row in _rows(made):
        name = Path(row["file"]).stem
        assert (name in faults) == (row["kind"] != "none")
        if name in faults:
            assert faults[name]["kind"] == row["kind"]
            assert 0 < float(row["start_s"]) < float(row["end_s"]) <= 12
        else:
            assert row["form"] == ""
    assert {row["looks_like"] for row in _rows(made) if row["kind"] == "none"} >= {"", "frozen", "black", "dirt"}


def test_fault_clips_are_videos(tmp_path: Path) -> None:
    made = _made(tmp_path, "faults", 3, '[faults]\nnone = 0.0\nseconds = 4.0\nkinds = ["black", "moved", "frozen"]')
    for row in _rows(made):
        video = cv2.VideoCapture(str(made.folder / row["file"]))
        assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 8
        pictures = [video.read()[1] for _ in range(8)]
        change = float(cv2.absdiff(pictures[0], pictures[-2]).mean())
        assert change > (1.5 if row["kind"] != "frozen" else 0)


def test_a_folder_in_use_and_an_unknown_fault_are_refused(tmp_path: Path) -> None:
    _made(tmp_path, "faults", 1, render=False)
    with pytest.raises(BadInput, match="not empty"):
        _made(tmp_path, "faults", 1, render=False)
    with pytest.raises(BadInput, match="no camera fault is called 'fog'"):
        _made(tmp_path / "other", "faults", 1, '[faults]\nkinds = ["fog"]', render=False)
