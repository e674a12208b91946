"""Joins what the attribute model learns from into one table: real trucks, real vessels, and simulated crops of both.

    roadstead simulate dataset configs/datasets/attributes-training.toml --out runs/attributes/simulated
    python examples/make_attributes.py DATA runs/attributes/data --simulated runs/attributes/simulated

DATA holds truck_attributes/ and detect/ (ROADSTEAD_DATA). Writes OUT/samples.csv with cover, dirt, load, kind (of trucks) and
vessel_kind, and the crops. An empty cell was not looked at and counts nowhere. What is left out, and why, is printed:

* train crops of a photograph that "valid" shows as well, and boxes that hold no truck (the data's README lists them);
* vessels whose source gives a kind that holds several of ours: "cargo" of one source is mostly container ships, "carrier" is
  car carriers and others; warships, patrol and supply boats have no kind here.

`load` is what can be seen of it: loaded where a load lies open, empty where the floor shows, else nobody can tell.
"""

import argparse
import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2

COLUMNS = ("file", "split", "group", "origin", "cover", "dirt", "load", "kind", "vessel_kind")
NO_TRUCK = (
    "train__12107583_709996099101800_1326598381_n_jpg.rf.d37c25a22b37ad320048ed4c1b0805a2__7",
    "train__254019083_625841178440995_4928323816923455491_n_jpg.rf.5dbf11ff3936151b7e6de59b16792bbb__1",
    "train__323716989_105945832394491_8061782183493735153_n_jpg.rf.e814a6e67d25305ebbc5167bf8a82652__0",
    "train__324276299_232006722493692_4746062188207592441_n_jpg.rf.7a6bc53ec8b529a2495b10d610605886__1",
    "train__327655996_544275557670953_6393097398100362408_n_jpg.rf.e43723e3e1cbf3b1c4cdede192ed6282__0",
    "train__P_20221003_131507_jpg.rf.0293ccf2b8bb6707568e15bba80312a2__3",
)
LOADS = {"uncovered": "loaded", "open_empty": "empty"}
VESSELS = {
    "bulk_carrier": "cargo",
    "container": "container",
    "tanker": "tanker",
    "cruise": "passenger",
    "tug": "tug",
    "sailing": "small_boat",
    "kayak": "small_boat",
    "yacht": "small_boat",
}
"""What the kinds of the vessel pictures are called here; the others are left out."""
SIMULATED = {
    "cargo": "cargo",
    "bulk": "cargo",
    "container": "container",
    "tug": "tug",
    "fishing": "fishing",
    "small_boat": "small_boat",
}
MARGIN, QUALITY = 0.08, 92
OPEN_LABELS = Path(__file__).parent / "train" / "attributes-openimg.csv"
"""What was seen by eye on truck boxes of the Open Images part of detect/road: annotation id, cover, kind."""

Row = dict[str, str]


def photograph(file: str) -> str:
    """Return the name of the photograph that a truck crop is from.

    >>> photograph("train__31_77_n-2_jpg.rf.a29__0.jpg"), photograph("valid__31_77_n_jpg.rf.ce9__0.jpg")
    ('31_77_n', '31_77_n')
    """
    stem = re.split(r"_(?:jpe?g|png)\.rf\.", re.sub(r"^(train|valid|test)__", "", file))[0]
    return re.sub(r"-\d$", "", stem)


def trucks(folder: Path, out: Path, left_out: Counter[str]) -> Iterator[Row]:
    """Yield the labelled truck crops."""
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    judged = {photograph(row["file"]) for row in rows if row["split"] != "train"}
    for row in rows:
        if row["split"] == "train" and photograph(row["file"]) in judged:
            left_out["train crops of a photograph that is judged on"] += 1
        elif Path(row["file"]).stem in NO_TRUCK:
            left_out["boxes without a truck"] += 1
        else:
            shutil.copyfile(folder / "crops" / row["file"], out / row["file"])
            told = {name: row[name] for name in ("cover", "dirt", "kind")}
            yield {
                **told,
                **_load(row["cover"]),
                **_facts(row["file"], row["split"], photograph(row["file"]), "photograph"),
            }


def simulated(folder: Path, out: Path) -> Iterator[Row]:
    """Yield simulated crops of trucks and vessels."""
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name = f"sim_{row['file'].replace('/', '_')}"
        shutil.copyfile(folder / "crops" / row["file"], out / name)
        told = {name: row[name] for name in ("cover", "dirt", "kind")} | _load(row["cover"])
        if not row["cover"]:
            told = {"vessel_kind": SIMULATED[row["kind"]]}
        yield {**told, **_facts(name, row["split"], f"sim {Path(row['file']).stem.partition('-')[0]}", "simulated")}


def vessels(folder: Path, out: Path, most: int, left_out: Counter[str]) -> Iterator[Row]:
    """Yield crops of vessels whose kind is known, at most so many of a kind and split."""
    taken: Counter[tuple[str, str]] = Counter()
    for split in ("train", "val"):
        for note, picture in _boxes(folder, split):
            kind = VESSELS.get(note["attributes"].get("kind") or "")
            if kind is None:
                left_out[f"vessels of kind {note['attributes'].get('kind')}"] += 1
                continue
            if split == "train" and taken[split, kind] >= most:
                left_out[f"vessels beyond {most} of kind {kind}"] += 1
                continue
            name = f"vessel_{split}_{note['id']}.jpg"
            if _cut(folder / picture["file_name"], note["bbox"], out / name):
                taken[split, kind] += 1
                yield {"vessel_kind": kind, **_facts(name, split, f"{split} {picture['file_name']}", picture["source"])}


def open_images(folder: Path, out: Path) -> Iterator[Row]:
    """Yield truck boxes of Open Images pictures that were labelled by eye."""
    with OPEN_LABELS.open(encoding="utf-8") as file:
        told = {int(row["id"]): row for row in csv.DictReader(file)}
    for note, picture in _boxes(folder, "train"):
        row = told.get(note["id"])
        name = f"openimg_{note['id']}.jpg"
        if row is not None and _cut(folder / picture["file_name"], note["bbox"], out / name):
            yield {
                **{key: row[key] for key in ("cover", "kind") if row[key]},
                **(_load(row["cover"]) if row["cover"] else {}),
                **_facts(name, "train", picture["file_name"], "openimg"),
            }


def _load(cover: str) -> Row:
    return {"load": LOADS.get(cover, "cannot_tell")}


def _facts(file: str, split: str, group: str, origin: str) -> Row:
    return {"file": file, "split": split, "group": group, "origin": origin}


def _boxes(folder: Path, split: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the boxes of a COCO file with their pictures."""
    table = json.loads((folder / f"{split}.json").read_text(encoding="utf-8"))
    pictures = {picture["id"]: picture for picture in table["images"]}
    for note in table["annotations"]:
        yield note, pictures[note["image_id"]]


def _cut(picture: Path, box: Sequence[float], to: Path) -> bool:
    """Write what a box shows, with a margin; say whether it is large enough to tell anything."""
    x, y, w, h = box
    if min(w, h) < 32:
        return False
    image = cv2.imread(str(picture))
    if image is None:
        raise SystemExit(f"{picture}: cannot be read")
    left, top = max(round(x - MARGIN * w), 0), max(round(y - MARGIN * h), 0)
    crop = image[top : round(y + h + MARGIN * h), left : round(x + w + MARGIN * w)]
    return bool(cv2.imwrite(str(to), crop, [cv2.IMWRITE_JPEG_QUALITY, QUALITY]))


def main() -> None:
    """Write the table and the crops."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("data", type=Path)
    ask.add_argument("out", type=Path)
    ask.add_argument("--simulated", type=Path, action="append", default=[])
    ask.add_argument("--vessels", type=int, default=45, help="at most so many real training crops of a kind of vessel")
    given = ask.parse_args()
    crops = given.out / "crops"
    crops.mkdir(parents=True, exist_ok=True)
    left_out: Counter[str] = Counter()
    rows = [
        *trucks(given.data / "truck_attributes", crops, left_out),
        *open_images(given.data / "detect" / "road", crops),
        *vessels(given.data / "detect" / "vessel", crops, given.vessels, left_out),
        *(row for folder in given.simulated for row in simulated(folder, crops)),
    ]
    with (given.out / "samples.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for (split, origin), n in sorted(Counter((row["split"], row["origin"]) for row in rows).items()):
        print(f"{split} {origin}: {n}")
    for why, n in sorted(left_out.items()):
        print(f"left out, {why}: {n}")


if __name__ == "__main__":
    main()
