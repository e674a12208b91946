"""Boxes, masks and pixel classes go where the picture goes: drawn before and looked for after."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.dataset.masks import Polygons, decode, encode, pixels_of
from roadstead.dataset.samples import Attributes, Label, Objects, Pixels, Text
from roadstead.errors import BadInput, BadSettings
from roadstead.train.augment import Shown, plugins
from roadstead.train.augment.crop import Crop
from roadstead.train.augment.erase import Erase
from roadstead.train.augment.flip import Flip
from roadstead.train.augment.mosaic import Mosaic
from roadstead.train.augment.resize import Resize
from roadstead.train.augment.rotate import Rotate
from roadstead.train.augment.tile import Tile

WIDTH, HEIGHT = 64, 48
MOVES = [
    Flip(horizontal=1),
    Flip(horizontal=0, vertical=1),
    Flip(horizontal=1, vertical=1),
    Crop(least_visible=0),
    Crop(least_visible=0, size=(70, 50)),
    Rotate(degrees=40, least_visible=0),
    Resize(least_visible=0, stretch=1.3),
    Tile(size=(40, 30), least_visible=0),
    Mosaic(p=1, least_visible=0),
]
SEEDS = st.integers(0, 2**20)
QUICK = settings(max_examples=15, deadline=None, derandomize=True)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """A box of whole pixels, at least 6 a side."""
    left, top = draw(st.integers(0, WIDTH - 6)), draw(st.integers(0, HEIGHT - 6))
    return left, top, draw(st.integers(left + 6, WIDTH)), draw(st.integers(top + 6, HEIGHT))


def drawn(box: tuple[int, int, int, int], mask: str) -> Shown:
    """A white box on black, with its mask: "none", "runs" or "outline"."""
    left, top, right, bottom = box
    pixels = np.zeros((HEIGHT, WIDTH), dtype=bool)
    pixels[top:bottom, left:right] = True
    ring = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=float)
    masks = {"none": None, "runs": encode(pixels), "outline": Polygons((ring,))}
    target = Objects(boxes=np.array([box], dtype=float), labels=("truck",), masks=(masks[mask],), visible=np.ones(1))
    return Shown(np.repeat(pixels[..., None], 3, axis=2).astype(np.uint8) * 255, target)


def empty() -> Shown:
    return Shown(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), Objects(boxes=np.zeros((0, 4)), labels=()))


def white(image: Any) -> Any:
    """Which pixels are more of the box than of what is around it."""
    return image[..., 0] > 127


def bounds(pixels: Any) -> list[int]:
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


@pytest.mark.parametrize("move", MOVES, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("mask", ["none", "runs", "outline"])
@QUICK
@given(box=boxes(), seed=SEEDS)
def test_a_box_is_where_its_pixels_are(move: Any, mask: str, box: tuple[int, int, int, int], seed: int) -> None:
    new = move.apply(drawn(box, mask), np.random.default_rng(seed), empty)
    seen = white(new.image)
    if isinstance(move, Rotate | Resize) and seen[0, 0] and seen[-1, -1]:
        return  # the mean of a picture that is mostly white is white: what is around it cannot be told from the box
    assert isinstance(new.target, Objects)
    if not len(new.target):
        assert not seen.any() or min(np.diff(np.reshape(bounds(seen), (2, 2)), axis=0)[0]) <= 2
        return
    if not seen.any():
        assert (new.target.boxes[0, 2:] - new.target.boxes[0, :2]).min() < 2
        return
    near = 3 if isinstance(move, Rotate) else 1.5  # the tip of a turned box covers its last pixels by less than half
    np.testing.assert_allclose(new.target.boxes[0], bounds(seen), atol=near)
    found = new.target.masks[0]
    if mask == "none" or found is None:
        return
    inside = pixels_of(found, (seen.shape[1], seen.shape[0]))
    left, top, right, bottom = bounds(seen)
    assert (inside ^ seen).sum() <= 2 * (right - left + bottom - top)  # a pixel of doubt along the edge


@pytest.mark.parametrize("move", MOVES, ids=lambda m: type(m).__name__)
@QUICK
@given(box=boxes(), seed=SEEDS)
def test_pixel_classes_go_with_the_picture(move: Any, box: tuple[int, int, int, int], seed: int) -> None:
    shown = drawn(box, "none")
    truth = Pixels(("ground", "truck"), values=white(shown.image).astype(np.uint8))
    new = move.apply(Shown(shown.image, truth), np.random.default_rng(seed), lambda: Shown(shown.image, truth))
    values = new.target.values
    counts = values != 255
    assert set(np.unique(values)) <= {0, 1, 255}
    edge = 6 * (values.shape[0] + values.shape[1])
    assert ((values == 1) != white(new.image))[counts].sum() <= edge
    if not isinstance(move, Rotate | Resize):
        assert counts.all()


@pytest.mark.parametrize("way", [Flip(horizontal=1), Flip(horizontal=0, vertical=1)])
@pytest.mark.parametrize("mask", ["none", "runs", "outline"])
@QUICK
@given(box=boxes())
def test_twice_mirrored_is_the_same(way: Flip, mask: str, box: tuple[int, int, int, int]) -> None:
    shown, rng = drawn(box, mask), np.random.default_rng(0)
    once = way.apply(shown, rng, empty)
    twice = way.apply(once, rng, empty)
    assert np.array_equal(twice.image, shown.image)
    assert twice.target == shown.target


@pytest.mark.torch
def test_boxes_are_those_of_torchvision() -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    tensors = pytest.importorskip("torchvision.tv_tensors")
    box = [10.0, 12, 30, 25]
    theirs = tensors.BoundingBoxes(torch.tensor([box]), format="XYXY", canvas_size=(HEIGHT, WIDTH))
    shown = drawn((10, 12, 30, 25), "none")
    flipped = Flip(horizontal=1).apply(shown, np.random.default_rng(0), empty)
    assert isinstance(flipped.target, Objects)
    np.testing.assert_allclose(flipped.target.boxes, functional.horizontal_flip(theirs).numpy())
    rng = np.random.default_rng(4)
    turned = Rotate(degrees=20).apply(shown, rng, empty)
    again = np.random.default_rng(4)
    again.random()
    angle = again.uniform(-20, 20)
    assert isinstance(turned.target, Objects)
    np.testing.assert_allclose(turned.target.boxes, functional.rotate(theirs, angle).numpy(), atol=0.01)
    image = functional.rotate(torch.from_numpy(shown.image).movedim(-1, 0), angle).movedim(0, -1).numpy()
    assert (white(image) == white(turned.image)).mean() > 0.99


class TestWhatIsCut:
    def test_an_object_of_which_little_shows_is_ignored_and_one_outside_goes(self) -> None:
        image = np.zeros((100, 100, 3), dtype=np.uint8)
        target = Objects(
            boxes=np.array([(0.0, 0, 20, 20), (35, 40, 55, 60), (60, 60, 90, 90)]),
            labels=("a", "b", "c"),
            visible=np.array([1, 0.8, np.nan]),
        )
        seen = []
        for seed in range(40):
            new = Tile(size=(50, 50), on_object=0).apply(Shown(image, target), np.random.default_rng(seed), empty)
            assert isinstance(new.target, Objects)
            for k, label in enumerate(new.target.labels):
                old = target.boxes[target.labels.index(label)]
                share = np.prod(new.target.boxes[k, 2:] - new.target.boxes[k, :2]) / np.prod(old[2:] - old[:2])
                assert new.target.ignored[k] == (share < 0.3)
                before = target.visible[target.labels.index(label)]
                np.testing.assert_allclose(new.target.visible[k], before * share)
                seen.append(new.target.ignored[k])
        assert any(seen)
        assert not all(seen)

    def test_a_mask_says_how_much_of_an_object_shows(self) -> None:
        """The box is half inside, the mask nearly all."""
        pixels = np.zeros((20, 40), dtype=bool)
        pixels[5:15, 2:18] = pixels[9:11, 18:38] = True
        target = Objects(boxes=np.array([(2.0, 5, 38, 15)]), labels=("crane",), masks=(encode(pixels),))
        from roadstead.train.augment._move import target_moved, window

        new = target_moved(target, window((0, 0), (20, 20)), (40, 20), 0.7)
        assert isinstance(new, Objects)
        assert new.ignored == (False,)
        assert new.boxes.tolist() == [[2, 5, 20, 15]]
        assert np.array_equal(decode(new.masks[0]), pixels[:, :20])  # type: ignore[arg-type]  # it is of run lengths

    def test_a_crop_keeps_an_object(self) -> None:
        shown = drawn((2, 2, 8, 8), "none")
        for seed in range(60):
            new = Crop(area=(0.05, 0.1)).apply(shown, np.random.default_rng(seed), empty)
            assert isinstance(new.target, Objects)
            assert not all(new.target.ignored)

    def test_a_tile_lies_over_an_object_and_keeps_its_pixels(self) -> None:
        shown = drawn((50, 30, 56, 36), "none")
        for seed in range(30):
            new = Tile(size=(20, 16), on_object=1).apply(shown, np.random.default_rng(seed), empty)
            assert isinstance(new.target, Objects)
            assert white(new.image).sum() == 36
            assert (new.target.boxes[0, 2:] - new.target.boxes[0, :2]).tolist() == [6, 6]

    def test_covered_objects_are_ignored_and_covered_pixels_do_not_count(self) -> None:
        shown = drawn((20, 10, 40, 30), "none")
        for seed in range(20):
            rng = np.random.default_rng(seed)
            new = Erase(p=1, area=(0.3, 0.3), ratio=(1, 1)).apply(shown, rng, empty)
            assert isinstance(new.target, Objects)
            left = (white(new.image) & white(shown.image)).sum() / 400
            assert new.target.visible[0] == pytest.approx(left)
            assert new.target.ignored == (left < 0.3,)
        truth = Pixels(("ground",), values=np.zeros((HEIGHT, WIDTH), dtype=np.uint8))
        covered = Erase(p=1, area=(0.25, 0.25), ratio=(1, 1)).apply(
            Shown(shown.image, truth), np.random.default_rng(0), empty
        )
        assert isinstance(covered.target, Pixels)
        assert covered.target.values is not None
        assert (covered.target.values == 255).mean() == pytest.approx(0.25, abs=0.02)
        assert truth.values is not None
        assert not truth.values.any()

    def test_a_mask_of_another_size_is_refused(self) -> None:
        shown = drawn((5, 5, 20, 20), "runs")
        small = shown.with_(image=shown.image[:40])
        with pytest.raises(BadInput, match="a mask of 64 x 48 px lies on a picture of 64 x 40 px"):
            Flip(horizontal=1).apply(small, np.random.default_rng(0), empty)


class TestMirrors:
    def test_sides_are_exchanged_where_they_are_named(self) -> None:
        swap = (("left", "right"),)
        image, rng = np.zeros((4, 4, 3), dtype=np.uint8), np.random.default_rng(0)
        target: Any
        for target, expected in [
            (Label("left"), Label("right")),
            (Attributes({"turns": "right", "x": None}), Attributes({"turns": "left", "x": None})),
        ]:
            assert Flip(horizontal=1, swap=swap).apply(Shown(image, target), rng, empty).target == expected
            assert Flip(horizontal=1).apply(Shown(image, target), rng, empty).target == target
            assert Flip(horizontal=0, vertical=1, swap=swap).apply(Shown(image, target), rng, empty).target == target

    def test_writing_is_not_mirrored(self) -> None:
        image, rng = np.zeros((4, 4, 3), dtype=np.uint8), np.random.default_rng(0)
        with pytest.raises(BadInput, match="a mirrored text cannot be read"):
            Flip().apply(Shown(image, Text("AB 12")), rng, empty)
        plate = Objects(boxes=np.array([(0.0, 0, 3, 3)]), labels=("truck",), texts=({"plate": "AB 12"},))
        new = Flip(horizontal=1).apply(Shown(image, plate), rng, empty)
        assert isinstance(new.target, Objects)
        assert new.target.texts == ({},)


class TestMosaic:
    def test_four_pictures_fill_one(self) -> None:
        def one(value: int) -> Shown:
            target = Objects(boxes=np.array([(0.0, 0, WIDTH, HEIGHT)]), labels=(str(value),))
            return Shown(np.full((HEIGHT, WIDTH, 3), value, dtype=np.uint8), target)

        others = iter([one(2), one(3), one(4)])
        new = Mosaic(p=1, least_visible=0).apply(one(1), np.random.default_rng(5), lambda: next(others))
        assert isinstance(new.target, Objects)
        assert sorted(new.target.labels) == ["1", "2", "3", "4"]
        assert set(np.unique(new.image)) == {1, 2, 3, 4}
        for box, label in zip(new.target.boxes.astype(int).tolist(), new.target.labels, strict=True):
            assert (new.image[box[1] : box[3], box[0] : box[2]] == int(label)).all()
        assert np.prod(new.target.boxes[:, 2:] - new.target.boxes[:, :2], axis=1).sum() == WIDTH * HEIGHT

    def test_what_does_not_go_together_is_refused(self) -> None:
        first = empty()
        grey = Shown(first.image[..., :1], first.target)
        with pytest.raises(BadInput, match="pictures of 3 bands of uint8 and of 1 bands of uint8 do not go together"):
            Mosaic(p=1).apply(first, np.random.default_rng(0), lambda: grey)
        values = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
        ours, theirs = (Shown(first.image, Pixels((name,), values=values)) for name in "ab")
        with pytest.raises(BadInput, match="other lists of classes"):
            Mosaic(p=1).apply(ours, np.random.default_rng(0), lambda: theirs)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("crop", {"area": (0.5, 0.2)}),
        ("resize", {"scale": (2.0, 1.0)}),
        ("erase", {"ratio": (2.0, 1.0)}),
        ("noise", {"sigma": (0.5, 0.1)}),
        ("blur", {"sigma_px": (3.0, 1.0)}),
    ],
)
def test_ranges_the_wrong_way_round_are_refused(name: str, how: dict[str, Any]) -> None:
    plugin: Any = plugins.get(name)
    with pytest.raises(BadSettings, match="from the smaller to the larger"):
        plugin(**how)
