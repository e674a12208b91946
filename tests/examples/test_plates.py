"""Plates can be drawn and real crops put beside them; one text is on one side only."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from roadstead.describe._plates import kind
from roadstead.errors import BadInput

pytest.importorskip("PIL")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plates() -> ModuleType:
    from roadstead.simulate import fonts

    try:
        fonts.available()
    except BadInput:
        pytest.skip("no Chinese font")
    spec = importlib.util.spec_from_file_location("make_plates", ROOT / "examples/make_plates.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_plates"] = module
    spec.loader.exec_module(module)
    return module


def test_drawn_and_real_plates_in_one_folder(plates: ModuleType, tmp_path: Path) -> None:
    crops = tmp_path / "mine"
    crops.mkdir()
    cv2.imwrite(str(crops / "a.jpg"), np.zeros((24, 94, 3), np.uint8))
    lines = [json.dumps({"file": "a.jpg", "text": f"皖A{k:05d}"}) for k in range(200)]
    (crops / "few.jsonl").write_text("\n".join(lines), encoding="utf-8")
    plates.write(tmp_path / "out", 60, [crops / "few.jsonl"])
    with (tmp_path / "out/drawn.csv").open(encoding="utf-8", newline="") as file:
        drawn = list(csv.DictReader(file))
    with (tmp_path / "out/real.csv").open(encoding="utf-8", newline="") as file:
        real = list(csv.DictReader(file))
    assert {row["split"] for row in drawn} == {"train"}
    assert all(kind(row["text"]) is not None for row in drawn)
    assert all(cv2.imread(str(tmp_path / "out" / row["file"])) is not None for row in drawn)
    shares = {side: sum(row["split"] == side for row in real) / 200 for side in ("train", "val", "test")}
    assert 0.15 < shares["test"] < 0.35
    assert 0.03 < shares["val"] < 0.2
    with (tmp_path / "out/drawn-held.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 1


def test_every_real_plate_is_held_out_once(plates: ModuleType, tmp_path: Path) -> None:
    crops = tmp_path / "mine"
    crops.mkdir()
    cv2.imwrite(str(crops / "a.jpg"), np.zeros((24, 94, 3), np.uint8))
    cv2.imwrite(str(crops / "high.jpg"), np.zeros((60, 94, 3), np.uint8))
    texts = [f"皖A{k // 2:05d}" for k in range(60)]
    lines = [json.dumps({"file": "high.jpg" if k == 9 else "a.jpg", "text": text}) for k, text in enumerate(texts)]
    (crops / "few.jsonl").write_text("\n".join(lines), encoding="utf-8")
    plates.write_real(tmp_path / "out", [crops / "few.jsonl"])
    held: list[str] = []
    for k in range(plates.FOLDS):
        with (tmp_path / f"out/fold-{k}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 59
        out = {row["text"] for row in rows if row["split"] == "test"}
        assert not out & {row["text"] for row in rows if row["split"] == "train"}
        held += sorted(out)
    assert sorted(held) == sorted(set(texts))


def test_a_text_is_always_on_the_same_side(plates: ModuleType) -> None:
    assert [plates.side("皖A12345") for _ in range(3)] == [plates.side("皖A12345")] * 3
