"""Every augmentation: the same from the same generator, nothing handed in is changed, and it works where there is nothing."""

# what needs torch is imported once it is known to be there

import dataclasses
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from roadstead.dataset.masks import Polygons, encode
from roadstead.dataset.samples import Attributes, Label, Objects, Pixels, Target, Text
from roadstead.errors import BadInput
from roadstead.settings import build
from roadstead.train.augment import Shown, plugins

pytestmark = pytest.mark.torch

NAMES = plugins.names()
OF_SAMPLE = [name for name in NAMES if plugins.get(name).level == "sample"]
OF_BATCH = [name for name in NAMES if plugins.get(name).level == "batch"]
WIDTH, HEIGHT = 40, 30
PLAIN = {"colour": {"saturation": 0.0, "hue": 0.0}}
"""What makes an augmentation take pictures that have no colours."""


def make(name: str, **settings: Any) -> Any:
    """Build an augmentation that always does something."""
    plugin: Any = plugins.get(name)
    names = {f.name for f in dataclasses.fields(plugin)}
    always = {k: v for k, v in {"p": 1.0, "horizontal": 1.0, "size": (24, 20)}.items() if k in names}
    return plugin(**always | settings)


def image(bands: int = 3, kind: str = "uint8", seed: int = 0) -> Any:
    values = np.random.default_rng(seed).uniform(0, 200, (HEIGHT, WIDTH, bands))
    return values.astype(kind)


def objects() -> Objects:
    pixels = np.zeros((HEIGHT, WIDTH), dtype=bool)
    pixels[4:12, 5:17] = True
    ring = np.array([(20.0, 10), (32, 10), (26, 25)])
    return Objects(
        boxes=np.array([(5.0, 4, 17, 12), (20, 10, 32, 25), (0, 20, 9, 30)]),
        labels=("truck", "car", "truck"),
        masks=(encode(pixels), Polygons((ring,)), None),
        ids=("a", None, None),
        visible=np.array([1.0, 0.5, np.nan]),
    )


def nothing() -> Objects:
    return Objects(boxes=np.zeros((0, 4)), labels=())


def pixels() -> Pixels:
    return Pixels(("road", "yard"), values=np.random.default_rng(1).integers(0, 2, (HEIGHT, WIDTH)).astype(np.uint8))


def never() -> Shown:
    raise AssertionError("asked for another sample")


def applied(name: str, shown: Shown, seed: int = 3, **settings: Any) -> Shown:
    def other() -> Shown:
        return shown.with_(image=shown.image[::-1].copy())

    new: Shown = make(name, **settings).apply(shown, np.random.default_rng(seed), other if name == "mosaic" else never)
    return new


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_chinese_title_and_a_level(name: str) -> None:
    assert any("\u4e00" <= c <= "\u9fff" for c in plugins.title(name))
    assert plugins.get(name).level in ("sample", "batch")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_built_from_a_table(name: str) -> None:
    built: Any = build(plugins, {"kind": name}, "augment[0]")
    assert built == plugins.get(name)()


@pytest.mark.parametrize("name", OF_SAMPLE)
class TestOfSample:
    @pytest.mark.parametrize("target", [objects(), pixels(), nothing()])
    def test_the_same_generator_gives_the_same(self, name: str, target: Target) -> None:
        shown = Shown(image(), target)
        torch.manual_seed(1)
        first = applied(name, shown)
        torch.manual_seed(2)
        second = applied(name, shown)
        assert np.array_equal(first.image, second.image)
        assert first.target == second.target
        assert (
            any(not np.array_equal(first.image, applied(name, shown, seed).image) for seed in range(9))
            or name == "flip"
        )

    @pytest.mark.parametrize("target", [objects(), pixels(), nothing()])
    def test_what_is_handed_in_stays(self, name: str, target: Target) -> None:
        shown = Shown(image(), target)
        shown.image.flags.writeable = False
        for seed in range(5):
            applied(name, shown, seed)
        assert np.array_equal(shown.image, image())
        assert target in (objects(), pixels(), nothing())

    def test_boxes_stay_inside_and_columns_together(self, name: str) -> None:
        for seed in range(20):
            new = applied(name, Shown(image(), objects()), seed)
            assert isinstance(new.target, Objects)
            height, width = new.image.shape[:2]
            assert (new.target.boxes >= 0).all()
            assert (new.target.boxes <= (width, height, width, height)).all()
            assert (new.target.boxes[:, 2:] > new.target.boxes[:, :2]).all()
            assert new.image.flags.c_contiguous

    def test_no_objects_and_no_target(self, name: str) -> None:
        new = applied(name, Shown(image(), nothing()))
        assert isinstance(new.target, Objects)
        assert len(new.target) == 0
        if name != "mosaic":
            assert applied(name, Shown(image(), None)).target is None

    @pytest.mark.parametrize("target", [Label("truck"), Attributes({"cover": "open", "dirt": None}), Text("AB 12")])
    def test_what_has_no_place_in_the_picture_stays(self, name: str, target: Target) -> None:
        if name == "mosaic" or (name == "flip" and isinstance(target, Text)):
            with pytest.raises(BadInput, match="leave it out of this recipe"):
                applied(name, Shown(image(), target))
        else:
            assert applied(name, Shown(image(), target)).target == target

    @pytest.mark.parametrize(
        ("bands", "kind"), [(1, "uint8"), (2, "uint16"), (3, "int16"), (4, "float32"), (12, "uint8"), (12, "float64")]
    )
    def test_pictures_of_any_bands(self, name: str, bands: int, kind: str) -> None:
        for seed in range(3):
            new = applied(name, Shown(image(bands, kind), pixels()), seed, **PLAIN.get(name, {}))
            assert new.image.shape[2] == bands
            assert new.image.dtype == kind
            assert isinstance(new.target, Pixels)
            assert new.target.values is not None
            assert new.target.values.shape == new.image.shape[:2]

    def test_a_picture_of_another_kind_is_refused(self, name: str) -> None:
        with pytest.raises(BadInput, match="a picture of int64"):
            applied(name, Shown(image(3, "int64"), None))

    def test_a_picture_of_one_pixel(self, name: str) -> None:
        tiny = Shown(np.full((1, 1, 3), 7, dtype=np.uint8), nothing())
        if name == "mosaic":
            with pytest.raises(BadInput, match="1 x 1 px cannot be four"):
                applied(name, tiny)
        else:
            size = (24, 20) if name == "crop" else (1, 1)
            assert applied(name, tiny).image.shape == (*size[::-1], 3)


@pytest.mark.parametrize("name", OF_BATCH)
class TestOfBatch:
    IMAGES = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    LABELS = torch.tensor([0, 2, 1, 2])

    def test_the_same_generator_gives_the_same_and_nothing_else_moves(self, name: str) -> None:
        images, labels = self.IMAGES.clone(), self.LABELS.clone()
        state = torch.random.get_rng_state()
        first = make(name).mix(images, labels, 3, np.random.default_rng(1))
        second = make(name).mix(images, labels, 3, np.random.default_rng(1))
        assert torch.equal(first[0], second[0])
        assert torch.equal(first[1], second[1])
        assert torch.equal(images, self.IMAGES)
        assert torch.equal(labels, self.LABELS)
        assert torch.equal(torch.random.get_rng_state(), state)
        assert not torch.equal(first[0], make(name).mix(images, labels, 3, np.random.default_rng(2))[0])

    def test_shares_come_to_one(self, name: str) -> None:
        _, shares = make(name).mix(self.IMAGES, self.LABELS, 3, np.random.default_rng(1))
        assert shares.shape == (4, 3)
        torch.testing.assert_close(shares.sum(1), torch.ones(4))
        _, again = make(name).mix(self.IMAGES, shares, 3, np.random.default_rng(2))
        torch.testing.assert_close(again.sum(1), torch.ones(4))

    def test_not_mixed_by_chance(self, name: str) -> None:
        images, shares = make(name, p=0.0).mix(self.IMAGES, self.LABELS, 3, np.random.default_rng(1))
        assert torch.equal(images, self.IMAGES)
        assert shares.argmax(1).tolist() == self.LABELS.tolist()
        assert shares.max(1).values.tolist() == [1, 1, 1, 1]

    def test_a_picture_alone_stays(self, name: str) -> None:
        images, shares = make(name).mix(self.IMAGES[:1], self.LABELS[:1], 3, np.random.default_rng(1))
        torch.testing.assert_close(images, self.IMAGES[:1])
        torch.testing.assert_close(shares, torch.tensor([[1.0, 0, 0]]))

    def test_pictures_of_no_class_are_refused(self, name: str) -> None:
        with pytest.raises(BadInput, match="pictures of no class"):
            make(name).mix(self.IMAGES, torch.tensor([0, -100, 1, 2]), 3, np.random.default_rng(1))
