"""VOC, YOLO, folders and masks as other tools write them."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from roadstead.dataset.classes import pixel_values
from roadstead.dataset.formats.image_folders import ImageFolders
from roadstead.dataset.formats.image_text import ImageText
from roadstead.dataset.formats.pixel_masks import PixelMasks
from roadstead.dataset.formats.voc import Voc
from roadstead.dataset.formats.yolo import Yolo
from roadstead.dataset.masks import Polygons
from roadstead.dataset.pictures import look, size_px
from roadstead.dataset.samples import Label, Objects, Pixels, Sample, Text
from roadstead.errors import BadInput

VOC = """<annotation><folder>x</folder><filename>7.jpg</filename><source><database>PASCAL</database></source>
<size><width>500</width><height>300</height><depth>3</depth></size>
<object><name>truck</name><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>11</ymin><xmax>500</xmax><ymax>20.5</ymax></bndbox></object>
<object><name>car</name><difficult>1</difficult>
<bndbox><xmin>5</xmin><ymin>5</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>
<object><name>car</name><bndbox><xmin>9</xmin><ymin>5</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>"""


def jpeg(path: Path, width: int = 40, height: int = 20) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = np.random.default_rng(width).integers(0, 255, (height, width, 3), dtype=np.uint8)
    cv2.imwrite(str(path), rows)
    return path


def test_voc_counts_pixels_from_one(tmp_path: Path) -> None:
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "7.xml").write_text(VOC)
    (tmp_path / "ImageSets" / "Main").mkdir(parents=True)
    (tmp_path / "ImageSets" / "Main" / "val.txt").write_text("7\n")
    (tmp_path / "ImageSets" / "Main" / "trainval.txt").write_text("7\n8\n")
    picture = jpeg(tmp_path / "JPEGImages" / "7.jpg")
    plugin = Voc()
    (one,) = plugin.read(tmp_path)
    assert (one.id, one.size, one.split, one.origin, one.media) == ("7", (500, 300), "val", "PASCAL", picture)
    assert isinstance(one.target, Objects)
    assert one.target.boxes.tolist() == [[0, 10, 500, 20.5], [4, 4, 5, 5]]
    assert (one.target.labels, one.target.ignored) == (("truck", "car"), (False, True))
    assert plugin.counts == {"degenerate_boxes": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<a", "cannot be read as XML"),
        ("<html></html>", "begins with 'html'"),
        (VOC.replace("<name>truck</name>", ""), "object 1: has no name"),
        (VOC.replace("<xmin>1</xmin>", ""), "object 1: xmin: 'None' is not a number"),
    ],
)
def test_voc_refuses(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "7.xml").write_text(text)
    with pytest.raises(BadInput, match=says):
        list(Voc().read(tmp_path))


def test_yolo_as_others_lay_it_out(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['car', 'truck']\n"
    )
    jpeg(tmp_path / "train" / "images" / "a.jpg")
    jpeg(tmp_path / "valid" / "images" / "b.jpg")
    (tmp_path / "train" / "labels").mkdir()
    (tmp_path / "train" / "labels" / "a.txt").write_text("1 0.5 0.5 0.5 1\n0 0.1 0.1 0.3 0.1 0.3 0.4\n0 0.5 0.5 0 0\n")
    (tmp_path / "train" / "labels" / "gone.txt").write_text("")
    plugin = Yolo()
    found = {s.id: s for s in plugin.read(tmp_path)}
    assert (found["a"].split, found["b"].split, found["a"].size) == ("train", "val", (40, 20))
    target = found["a"].target
    assert isinstance(target, Objects)
    assert target.labels == ("truck", "car")
    assert np.allclose(target.boxes, [(10, 0, 30, 20), (4, 2, 12, 8)])
    assert isinstance(target.masks[1], Polygons)
    assert plugin.counts == {"labels_without_picture": 1, "degenerate_boxes": 1, "pictures_without_labels": 1}


def test_yolo_writes_outlines_where_asked(tmp_path: Path) -> None:
    ring = np.array([(4.0, 2.0), (12.0, 2.0), (12.0, 8.0)])
    target = Objects(boxes=np.array([(4, 2, 12, 8)]), labels=("car",), masks=(Polygons((ring,)),))
    sample = Sample(id="a", target=target, size=(40, 20), media=jpeg(tmp_path / "a.jpg"))
    Yolo(outlines=True).write([sample], tmp_path / "set")
    (tmp_path / "set" / "data.yaml").unlink()
    (one,) = Yolo().read(tmp_path / "set")
    assert isinstance(one.target, Objects)
    (mask,) = one.target.masks
    assert isinstance(mask, Polygons)
    assert np.allclose(mask.rings[0], ring)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2 0.5 0.5 1 1", "there is no class '2'"),
        ("0 0.5", "needs a class with 4 numbers"),
        ("0 a b c d", "not a number"),
    ],
)
def test_yolo_refuses(line: str, says: str, tmp_path: Path) -> None:
    jpeg(tmp_path / "images" / "a.jpg")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(f"{line}\n")
    (tmp_path / "classes.txt").write_text("car\ntruck\n")
    with pytest.raises(BadInput, match=f"a.txt: line 1: .*{says}"):
        list(Yolo().read(tmp_path))


def test_folders_with_a_level_for_splits(tmp_path: Path) -> None:
    for place in ("train/mud/a.jpg", "train/clean/deep/a.jpg", "valid/mud/a.jpg"):
        jpeg(tmp_path / place)
    (tmp_path / "train" / "mud" / "notes.txt").write_text("x")
    plugin = ImageFolders()
    found = [(s.id, s.split, s.target) for s in plugin.read(tmp_path)]
    assert found == [
        ("deep/a", "train", Label("clean")),
        ("train/mud/a.jpg", "train", Label("mud")),
        ("valid/mud/a.jpg", "val", Label("mud")),
    ]
    assert plugin.counts == {"other_files": 1}


def palette_png(path: Path, values: np.ndarray, colours: list[tuple[int, int, int]]) -> None:
    """Write a PNG of colours by number, which OpenCV cannot write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = values.shape
    lines = b"".join(b"\0" + row.tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = (
        chunk(b"IHDR", head)
        + chunk(b"PLTE", bytes(v for c in colours for v in c))
        + chunk(b"IDAT", zlib.compress(lines))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b""))


def test_masks_in_colours_by_number_are_read_as_numbers(tmp_path: Path) -> None:
    jpeg(tmp_path / "images" / "a.jpg", 4, 2)
    jpeg(tmp_path / "images" / "b.jpg", 4, 2)
    (tmp_path / "classes.txt").write_text("road\nsea\nsky\n")
    values = np.array([[0, 1, 2, 0], [2, 2, 1, 1]], dtype=np.uint8)
    palette_png(tmp_path / "masks" / "a.png", values, [(0, 0, 0), (128, 0, 0), (0, 128, 0)])
    plugin = PixelMasks()
    one, two = plugin.read(tmp_path)
    assert isinstance(one.target, Pixels)
    assert np.array_equal(pixel_values(one.target), values)
    assert two.target is None
    assert plugin.counts == {"pictures_without_mask": 1}
    palette_png(tmp_path / "masks" / "a.png", values, [(0, 0, 0), (9, 9, 9), (9, 9, 9)])
    with pytest.raises(BadInput, match="gives several classes the same colour"):
        pixel_values(one.target)


def test_captions_beside_pictures_and_several_of_one(tmp_path: Path) -> None:
    jpeg(tmp_path / "a.jpg")
    jpeg(tmp_path / "b.jpg")
    (tmp_path / "a.txt").write_text("a truck\n")
    plugin = ImageText()
    (one,) = plugin.read(tmp_path)
    assert (one.id, one.target, plugin.counts) == ("a", Text("a truck"), {"pictures_without_text": 1})
    (tmp_path / "captions.jsonl").write_text('{"file_name": "b.jpg", "texts": ["x", "y"]}\n')
    assert [(s.id, s.group) for s in ImageText().read(tmp_path)] == [("b#1", "b"), ("b#2", "b")]


def test_sizes_are_told_by_the_head_as_by_decoding(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.bmp"):
        assert size_px(jpeg(tmp_path / name, 33, 17)) == look(tmp_path / name).size == (33, 17)
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[:-2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    assert [look(tmp_path / f"{name}.jpg").problem for name in ("a", "cut", "empty", "text", "gone")] == [
        "",
        "is cut off: a JPEG without its end",
        "is empty",
        "cannot be decoded",
        "cannot be read: No such file or directory",
    ]
    assert size_px(tmp_path / "text.jpg") == (0, 0)
