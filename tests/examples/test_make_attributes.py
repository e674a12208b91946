"""The table that the attribute model learns from: what is in it, what is left out, and that this is said."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]
TRUCKS = (
    ("train__77_n_jpg.rf.aa__0.jpg", "train", "covered", "clean", "cargo_truck"),
    ("train__78_n-2_jpg.rf.bb__0.jpg", "train", "uncovered", "dirty", "dump_truck"),
    ("valid__78_n_jpg.rf.cc__1.jpg", "valid", "open_empty", "cannot_tell", "dump_truck"),
)


def _picture(path: Path, size: tuple[int, int] = (80, 60)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((size[1], size[0], 3), 128, np.uint8))


def _table(path: Path, columns: str, rows: Sequence[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns.split(","), *rows])


def _boxes(folder: Path, split: str, kinds: list[tuple[str | None, list[float]]]) -> None:
    pictures = [{"id": k, "file_name": f"{split}/{k}.jpg", "source": "toy"} for k in range(len(kinds))]
    for picture in pictures:
        _picture(folder / str(picture["file_name"]))
    notes = [{"id": k, "image_id": k, "bbox": box, "attributes": {"kind": kind}} for k, (kind, box) in enumerate(kinds)]
    text = json.dumps({"images": pictures, "annotations": notes})
    (folder / f"{split}.json").write_text(text, encoding="utf-8")


def test_the_table_holds_what_is_known_and_leaves_out_what_is_judged_on(tmp_path: Path) -> None:
    data, sim = tmp_path / "data", tmp_path / "sim"
    facts = [(f, split, cover, dirt, "side", kind, "1") for f, split, cover, dirt, kind in TRUCKS]
    _table(data / "truck_attributes/labels.csv", "file,split,cover,dirt,view,kind,sure", facts)
    for file, *_ in TRUCKS:
        _picture(data / "truck_attributes/crops" / file)
    whole = [2.0, 2.0, 60.0, 50.0]
    _boxes(
        data / "detect/vessel",
        "train",
        [("tug", whole), ("cargo", whole), (None, whole), ("tug", [0.0, 0.0, 9.0, 9.0])],
    )
    _boxes(data / "detect/vessel", "val", [("container", whole)])
    _boxes(data / "detect/road", "train", [(None, whole)])
    made = [
        ("train/00001-sitter-1-0.jpg", "train", "open_empty", "dirty", "rear", "dump_truck", "1"),
        ("train/00002-sitter-2-0.jpg", "train", "", "", "side", "bulk", "1"),
    ]
    _table(sim / "labels.csv", "file,split,cover,dirt,view,kind,sure", made)
    for file, *_ in made:
        _picture(sim / "crops" / file)
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/make_attributes.py"), str(data), str(out), "--simulated", str(sim)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (out / "samples.csv").open(encoding="utf-8") as table:
        rows = {row["file"]: row for row in csv.DictReader(table)}
    assert len(rows) == 6
    assert all((out / "crops" / name).is_file() for name in rows)
    covered = rows["train__77_n_jpg.rf.aa__0.jpg"]
    assert (covered["cover"], covered["load"], covered["vessel_kind"]) == ("covered", "cannot_tell", "")
    empty = rows["valid__78_n_jpg.rf.cc__1.jpg"]
    assert (empty["split"], empty["load"], empty["group"]) == ("valid", "empty", "78_n")
    assert "train__78_n-2_jpg.rf.bb__0.jpg" not in rows
    assert [row["vessel_kind"] for row in rows.values() if row["vessel_kind"]] == ["tug", "container", "cargo"]
    assert rows["sim_train_00001-sitter-1-0.jpg"]["load"] == "empty"
    for said in (
        "train crops of a photograph that is judged on: 1",
        "vessels of kind cargo: 1",
        "vessels of kind None: 1",
    ):
        assert f"left out, {said}" in done.stdout
