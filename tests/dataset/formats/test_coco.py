"""COCO files as others write them, and what is wrong with some."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.masks import Polygons, Rle
from roadstead.dataset.samples import Objects, Sample, objects
from roadstead.errors import BadInput


def content(*annotations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a file of one picture as data sets give it away."""
    every = [{"id": 10 + k, "image_id": 7, "category_id": 3, **a} for k, a in enumerate(annotations)]
    return {
        "info": {"year": 2017},
        "images": [{"id": 7, "file_name": "000007.jpg", "width": 4, "height": 3}],
        "annotations": every,
        "categories": [{"id": 3, "name": "truck", "supercategory": "vehicle"}],
    } | changes


def read(folder: Path, values: object, name: str = "annotations/instances_val2017.json") -> tuple[list[Sample], Coco]:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(values if isinstance(values, str) else json.dumps(values))
    coco = Coco()
    return list(coco.read(folder)), coco


def test_a_file_as_data_sets_give_it_away(tmp_path: Path) -> None:
    (tmp_path / "val2017").mkdir()
    (tmp_path / "val2017" / "000007.jpg").write_bytes(b"picture")
    polygon = {"bbox": [1, 1, 2, 1], "segmentation": [[1, 1, 3, 1, 3, 2]], "iscrowd": 0, "area": 1}
    crowd = {"bbox": [0, 0, 4, 3], "segmentation": {"size": [3, 4], "counts": [2, 3, 7]}, "iscrowd": 1}
    (sample,), coco = read(tmp_path, content(polygon, crowd))
    assert (sample.id, sample.split, sample.size) == ("val/000007", "val", (4, 3))
    assert sample.media == tmp_path / "val2017" / "000007.jpg"
    assert sample.target == Objects(
        boxes=np.array([(1, 1, 3, 2), (0, 0, 4, 3)]),
        labels=("truck", "truck"),
        masks=(Polygons((np.array([(1, 1), (3, 1), (3, 2)]),)), Rle((4, 3), (2, 3, 7))),
        ignored=(False, True),
    )
    assert not any(coco.counts.values())


def test_one_file_a_split_beside_the_pictures(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "000007.jpg").write_bytes(b"picture")
    image = {"id": 7, "file_name": "train/000007.jpg", "width": 4, "height": 3}
    (sample,), coco = read(tmp_path, content(images=[image]), "train.json")
    assert (sample.id, sample.split, sample.media) == ("train/000007", "train", tmp_path / "train" / "000007.jpg")
    assert coco.counts == {}


def test_what_is_odd_is_counted(tmp_path: Path) -> None:
    boxes = ([1, 1, 0, 2], [1, 1, 2, -1], [1, 1, 9, 1], [1, 1, 1, 1])
    odd = [{"bbox": box, "segmentation": [[1, 1, 2, 2]]} for box in boxes]
    (sample,), coco = read(tmp_path, content(*odd), "annotations.json")
    assert objects(sample).boxes.tolist() == [[1, 1, 10, 2], [1, 1, 2, 2]]
    assert objects(sample).masks == (None, None)
    assert coco.counts == {
        "degenerate_boxes": 2,
        "boxes_beyond_picture": 1,
        "degenerate_polygons": 2,
        "missing_pictures": 1,
    }


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("{", r"instances_val2017\.json: cannot be read as JSON"),
        ([], "images must be a list"),
        (content(categories="none"), "categories must be a list of objects"),
        (
            content(images=[{"id": 7, "file_name": "a", "width": 0, "height": 3}]),
            "image 7: width must be a whole number",
        ),
        (content(images=[{"id": 7, "width": 4, "height": 3}]), "image 7: file_name is missing"),
        (content(images=[{"id": 7, "file_name": "../a", "width": 4, "height": 3}]), "'../a' cannot name a picture"),
        (
            content(categories=[{"id": 3, "name": "a"}, {"id": 3, "name": "b"}]),
            "categories: each needs an id of its own",
        ),
        (
            content({"bbox": [1, 1, 1, 1], "category_id": 4}),
            "annotation 10 names an image or a category that is not there",
        ),
        (content({"bbox": [1, 1, 1]}), "annotation 10: bbox must hold left, top, width and height"),
        (content({"bbox": [1, 1, 1, "2"]}), "bbox: '2' is not a number"),
        (content({"bbox": [1, 1, 1, 1], "segmentation": {"size": [9, 9], "counts": "0"}}), "its mask is 9 x 9 px"),
        (content({"bbox": [1, 1, 1, 1], "segmentation": {"size": [3, 4], "counts": [3]}}), "run lengths of 3 pixels"),
        (content({"bbox": [1, 1, 1, 1], "segmentation": [[1, 2, 3]]}), "neither run lengths nor polygons"),
    ],
)
def test_refused_in_one_sentence(values: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        read(tmp_path, values)
    assert "\n" not in str(refused.value)


def test_what_others_read_is_plain_coco(tmp_path: Path) -> None:
    sample = Sample(
        id="gate/1",
        size=(4, 3),
        split="train",
        target=Objects(
            boxes=np.array([(1.0, 1.0, 3.0, 2.0)]),
            labels=("truck",),
            masks=(Rle((4, 3), (2, 3, 7)),),
            ids=("truck-1",),
            texts=({"plate": "沪A·12345"},),
        ),
    )
    Coco(labels=("car", "truck")).write([sample], tmp_path)
    assert json.loads((tmp_path / "annotations" / "instances_train.json").read_text(encoding="utf-8")) == {
        "images": [{"id": 1, "file_name": "gate/1", "width": 4, "height": 3, "sample": "gate/1"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 2,
                "bbox": [1.0, 1.0, 2.0, 1.0],
                "area": 3.0,
                "iscrowd": 0,
                "segmentation": {"size": [3, 4], "counts": "237"},
                "track_id": "truck-1",
                "texts": {"plate": "沪A·12345"},
            }
        ],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "truck"}],
    }
