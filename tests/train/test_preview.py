"""The contact sheet of a recipe: what the first steps will be shown, in colours that say what is what."""

# what needs torch is imported once it is known to be there

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

from roadstead.dataset.formats import plugins
from roadstead.dataset.masks import encode
from roadstead.dataset.samples import Label, Objects, Pixels, Sample, Target
from roadstead.errors import BadInput
from roadstead.train import sheet
from roadstead.train.preview import preview

pytestmark = pytest.mark.torch

RECIPE = """
name = "{kind}"
data = {{ train = [{{ folder = "set", format = {{ kind = "{format}" }} }}], val_share = 0.25 }}
task = {{ kind = "{kind}" }}
model = {{ kind = "none" }}
budget = {{ steps = 1 }}
{augment}
"""
ORANGE = sheet.colours(["a", "b"])["a"]


def written(folder: Path, form: str, targets: Sequence[Target]) -> None:
    """Write a grey picture of 60 x 40 px for each target."""
    samples = []
    for k, target in enumerate(targets):
        file = folder / f"picture_{k}.png"
        cv2.imwrite(str(file), np.full((40, 60, 3), 90 + k, dtype=np.uint8))
        samples.append(Sample(id=f"picture_{k}", target=target, size=(60, 40), media=file))
    writer: Any = plugins.get(form)()
    writer.write(samples, folder / "set")


def shown(folder: Path, kind: str, form: str, augment: str, count: int) -> Any:
    """Make the sheet of a recipe and return it, RGB."""
    recipe, out = folder / "recipe.toml", folder / "sheets" / "sheet.png"
    recipe.write_text(RECIPE.format(kind=kind, format=form, augment=augment))
    preview(recipe, out, count)
    return cv2.imread(str(out), cv2.IMREAD_COLOR_RGB)


def first_cell(image: Any) -> Any:
    """Return the first picture of a sheet without a title of more than two lines."""
    top = sheet._GAP + 2 * sheet._LINE
    return image[top : top + sheet.CELL[1], sheet._GAP : sheet._GAP + sheet.CELL[0]]


def test_objects_have_boxes_masks_and_names(tmp_path: Path) -> None:
    pixels = np.zeros((40, 60), dtype=bool)
    pixels[20:35, 30:50] = True
    boxes = Objects(boxes=np.array([(30.0, 20, 50, 35)]), labels=("a",), masks=(encode(pixels),))
    written(tmp_path, "coco", [boxes] * 5 + [Objects(boxes=boxes.boxes, labels=("b",))])
    cell = first_cell(shown(tmp_path, "object_detection", "coco", "", 3)).astype(int)
    ours = [np.abs(cell - hue).sum(2) < 12 for hue in sheet.colours(["a", "b"]).values()]
    rows, columns = np.nonzero(ours[0] | ours[1])
    scale, y = 6, 30  # 60 x 40 in a cell of 360 x 300
    assert abs(columns.min() - 30 * scale) <= 2
    assert abs(columns.max() - 50 * scale) <= 2
    assert abs(rows.max() - (y + 35 * scale)) <= 2
    assert np.abs(np.diff(cell[y + 27 * scale, 40 * scale - 3 : 40 * scale + 3], axis=0)).max() == 0
    assert cell[10, 10].tolist() == list(sheet._GROUND)


def test_the_sheet_grows_by_rows_and_the_same_recipe_gives_the_same_sheet(tmp_path: Path) -> None:
    written(tmp_path, "coco", [Objects(boxes=np.array([(5.0, 5, 30, 20)]), labels=("a",))] * 6)
    augment = 'augment = [{ kind = "crop" }, { kind = "mosaic" }, { kind = "noise" }]'
    few, many = (shown(tmp_path, "object_detection", "coco", augment, n) for n in (4, 8))
    assert many.shape[0] - few.shape[0] == sheet.CELL[1] + sheet._LINE + sheet._GAP
    assert np.array_equal(few[2 * sheet._LINE + sheet._GAP :], many[2 * sheet._LINE + sheet._GAP : len(few)])
    assert np.array_equal(many, shown(tmp_path, "object_detection", "coco", augment, 8))


def test_pixel_classes_are_tinted_and_what_does_not_count_is_striped(tmp_path: Path) -> None:
    values = np.full((40, 60), 255, dtype=np.uint8)
    values[:, :20] = 0
    written(tmp_path, "pixel_masks", [Pixels(("a", "b"), values=values)] * 4)
    cell = first_cell(shown(tmp_path, "semantic_segmentation", "pixel_masks", "", 2)).astype(int)
    tinted, striped = cell[40:260, 2:118].reshape(-1, 3), cell[40:260, 122:358].reshape(-1, 3)
    np.testing.assert_allclose(tinted.mean(0), np.array([91] * 3) * 0.55 + np.array(ORANGE) * 0.45, atol=3)
    assert {tuple(c) for c in np.unique(striped, axis=0) if c[0] > 120} == {sheet.GREY}
    assert 0.15 < (striped[:, 0] == sheet.GREY[0]).mean() < 0.35


def test_mixed_batches_are_rows_below(tmp_path: Path) -> None:
    written(tmp_path, "image_folders", [Label("a"), Label("b")] * 4)
    plain = shown(tmp_path, "image_classification", "image_folders", "", 4)
    mixed = shown(
        tmp_path, "image_classification", "image_folders", 'augment = [{ kind = "mixup" }, { kind = "cutmix" }]', 4
    )
    assert len(mixed) - len(plain) == 2 * (sheet._LINE + sheet.CELL[1] + sheet._LINE + sheet._GAP)


def test_boxes_cannot_be_mixed_as_a_batch(tmp_path: Path) -> None:
    written(tmp_path, "coco", [Objects(boxes=np.array([(5.0, 5, 30, 20)]), labels=("a",))] * 4)
    with pytest.raises(BadInput, match="a batch is mixed by its labels, and the samples have objects"):
        shown(tmp_path, "object_detection", "coco", 'augment = [{ kind = "mixup" }]', 2)


def test_the_sheet_is_a_png(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"name a file that ends in \.png"):
        preview(tmp_path / "recipe.toml", tmp_path / "sheet.jpg")


def test_names_that_are_too_long_are_cut_and_chinese_is_written() -> None:
    one = sheet.Sheet(1)
    one.words("违规" * 200)
    image = one.image()
    assert image.shape[1] == sheet.CELL[0] + 2 * sheet._GAP
    assert (image[:, -sheet._GAP :] == sheet._PAPER).all()
    assert (image > 200).any()


@pytest.mark.parametrize(("bands", "kind"), [(1, "uint8"), (12, "uint16"), (4, "float32")])
def test_pictures_of_other_bands_are_shown(bands: int, kind: str) -> None:
    image = np.arange(20 * 30 * bands).reshape(20, 30, bands).astype(kind)
    shows = sheet.cell(image, None, {})
    assert shows.shape == (sheet.CELL[1], sheet.CELL[0], 3)
    assert np.ptp(shows[100:200]) > 60
