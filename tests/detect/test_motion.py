"""The moving-object detector on scenes drawn here, where it is known what moves."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest

from roadstead.detect.motion import Motion
from roadstead.geometry.boxes import iou
from roadstead.types import Detections, Frame, Image

W, H = 352, 288
Box = tuple[int, int, int, int]


def ground() -> npt.NDArray[np.float64]:
    """Return a road (h, w, 3) with markings, a verge with grain and a bright wall: something to align on."""
    rng = np.random.default_rng(1)
    picture = np.full((H, W, 3), 110.0)
    picture[:60] = 150.0
    picture[:60] += rng.normal(0, 12, (60, W, 1)).repeat(3, axis=2)
    picture[150:156, ::40] = 200.0
    for x in range(0, W, 44):
        picture[170:176, x : x + 20] = 210.0
    picture[250:] = (90.0, 120.0, 80.0)
    picture[250:] += rng.normal(0, 10, (H - 250, W, 1))
    return picture


def vehicle(picture: npt.NDArray[np.float64], box: Box, colour: tuple[float, float, float] = (200, 40, 40)) -> None:
    x0, y0, x1, y1 = np.clip(box, 0, (W, H, W, H))
    picture[y0:y1, x0:x1] = colour
    picture[y0 + 4 : y0 + 10, x0:x1] = (40, 50, 60)


Draw = Callable[[float], npt.NDArray[np.float64]]


def frames(draw: Draw, seconds: float, fps: float = 5.0, noise: float = 2.0, start: float = 1.7e9) -> Iterator[Frame]:
    rng = np.random.default_rng(7)
    for i in range(round(seconds * fps)):
        picture = draw(i / fps) + rng.normal(0, noise, (H, W, 3))
        image: Image = picture.clip(0, 255).astype(np.uint8)
        yield Frame("north", start + i / fps, image)


def watch(draw: Draw, seconds: float, fps: float = 5.0, noise: float = 2.0, **settings: float) -> list[Detections]:
    detector = Motion(**settings)  # type: ignore[arg-type]  # the tests only set floats
    return [detector.detect(f) for f in frames(draw, seconds, fps, noise)]


def driving(t: float, speed: float = 60.0, delay: float = 2.0) -> Box:
    x = int(-60 + speed * (t - delay))
    return (x, 190, x + 50, 225)


def passing(t: float) -> npt.NDArray[np.float64]:
    picture = ground()
    vehicle(picture, driving(t))
    return picture


def hits(seen: Detections, box: Box, least: float = 0.6) -> bool:
    """Whether exactly one box lies on the object, well."""
    overlap = iou(seen.boxes, np.array([box], dtype=np.float64))[:, 0] if len(seen) else np.zeros(0)
    return bool((overlap > least).sum() == 1)


@pytest.mark.parametrize("fps", [2.0, 5.0, 25.0])
def test_a_moving_vehicle_is_one_tight_box_at_any_rate(fps: float) -> None:
    found = watch(passing, 8.5, fps)
    inside = [i for i in range(len(found)) if driving(i / fps)[0] >= 0 and driving(i / fps)[2] <= W]
    assert len(inside) >= 5
    assert sum(hits(found[i], driving(i / fps)) for i in inside) >= 0.9 * len(inside)
    assert all(len(found[i]) == 1 for i in inside)
    assert {label for d in found for label in d.labels} == {"object"}


@pytest.mark.parametrize("noise", [0.0, 3.0, 6.0])
def test_noise_alone_is_nothing(noise: float) -> None:
    assert sum(map(len, watch(lambda t: ground(), 10.0, noise=noise))) == 0


def stopping(t: float) -> Box:
    x = int(min(20 + 60 * max(t - 1, 0), 200))
    return (x, 190, x + 50, 225)


def test_something_that_stops_stays_a_box_until_the_hold_is_over() -> None:
    def draw(t: float) -> npt.NDArray[np.float64]:
        picture = ground()
        if t > 1:
            vehicle(picture, stopping(t))
        return picture

    found = watch(draw, 60.0, fps=2.0, hold_s=30.0)
    assert all(hits(found[i], stopping(i / 2)) for i in range(12, 2 * 33))
    assert not len(found[-1])


def test_what_is_left_on_the_road_is_a_box_where_it_lies() -> None:
    cargo: Box = (120, 200, 134, 212)

    def draw(t: float) -> npt.NDArray[np.float64]:
        picture = passing(t)
        if driving(t)[0] > cargo[2]:
            picture[cargo[1] : cargo[3], cargo[0] : cargo[2]] = (220, 200, 150)
        return picture

    found = watch(draw, 40.0)
    after = found[5 * 12 :]
    assert all(hits(d, cargo, 0.4) for d in after)
    assert all(len(d) == 1 for d in after)


def test_a_vehicle_of_the_first_picture_leaves_no_ghost() -> None:
    def draw(t: float) -> npt.NDArray[np.float64]:
        picture = ground()
        x = 150 + int(70 * max(t - 3.0, 0))
        vehicle(picture, (x, 190, x + 50, 225))
        return picture

    found = watch(draw, 12.0)
    assert all(len(d) == 0 for d in found[:15])
    assert any(len(d) for d in found[16:30])
    assert all(len(d) == 0 for d in found[-20:])


def shaken(draw: Draw, reach: int) -> Draw:
    rng = np.random.default_rng(3)

    def moved(t: float) -> npt.NDArray[np.float64]:
        dx, dy = (int(v) for v in rng.integers(-reach, reach + 1, 2))
        return np.roll(draw(t), (dy, dx), axis=(0, 1))

    return moved


def test_a_shaking_camera_is_no_motion() -> None:
    found = watch(shaken(lambda t: ground(), 5), 15.0)
    assert np.mean([len(d) for d in found]) < 0.1


def test_a_vehicle_is_found_from_a_shaking_camera() -> None:
    found = watch(shaken(passing, 3), 8.5)
    inside = [i for i in range(len(found)) if driving(i / 5)[0] >= 5 and driving(i / 5)[2] <= W - 5]
    assert sum(hits(found[i], driving(i / 5), 0.5) for i in inside) >= 0.85 * len(inside)


@pytest.mark.parametrize("gain", [0.75, 1.3])
def test_a_step_of_exposure_is_no_motion(gain: float) -> None:
    found = watch(lambda t: ground() * (gain if t >= 5 else 1.0), 12.0)
    assert sum(map(len, found)) == 0


def test_a_shadow_is_not_part_of_the_vehicle() -> None:
    def draw(t: float) -> npt.NDArray[np.float64]:
        picture = ground()
        x0, y0, x1, y1 = driving(t)
        left, right = np.clip((x0, x1), 0, W)
        picture[y1 : y1 + 24, left:right] *= 0.6
        vehicle(picture, (x0, y0, x1, y1))
        return picture

    found = watch(draw, 8.5)
    inside = [i for i in range(len(found)) if driving(i / 5)[0] >= 0 and driving(i / 5)[2] <= W]
    assert sum(hits(found[i], driving(i / 5), 0.7) for i in inside) >= 0.85 * len(inside)


def test_a_wholly_other_view_starts_anew_and_settles() -> None:
    squares = np.kron(np.indices((H // 32, W // 32)).sum(axis=0) % 2, np.ones((32, 32)))[..., None] * 120.0 + 60.0
    found = watch(lambda t: ground() if t < 5 else np.broadcast_to(squares, (H, W, 3)), 15.0)
    assert sum(map(len, found[5 * 8 :])) == 0


def test_another_picture_size_starts_anew() -> None:
    detector = Motion()
    for f in frames(passing, 3.0):
        detector.detect(f)
    half = [Frame("north", f.t + 10, np.ascontiguousarray(f.image[::2, ::2])) for f in frames(passing, 6.0)]
    found = [detector.detect(f) for f in half]
    assert not len(found[0])
    assert found[0].size == (W // 2, H // 2)
    x0, y0, x1, y1 = (v // 2 for v in driving(25 / 5))
    assert hits(found[25], (x0, y0, x1, y1), 0.5)


def test_boxes_lie_within_the_picture_and_scores_within_one() -> None:
    for seen in watch(passing, 10.0):
        assert (seen.boxes[:, :2] >= 0).all()
        assert (seen.boxes[:, 2] <= W).all()
        assert (seen.boxes[:, 3] <= H).all()
        assert (seen.boxes[:, 2:] > seen.boxes[:, :2]).all()
        assert ((seen.scores > 0) & (seen.scores <= 1)).all()


def test_the_same_pictures_give_the_same_boxes() -> None:
    first, second = watch(passing, 6.0), watch(passing, 6.0)
    assert all(
        np.array_equal(a.boxes, b.boxes) and np.array_equal(a.scores, b.scores)
        for a, b in zip(first, second, strict=True)
    )


def test_a_repeated_or_older_time_changes_nothing_and_breaks_nothing() -> None:
    detector = Motion()
    before = list(frames(passing, 5.0))
    for f in before:
        detector.detect(f)
    again = detector.detect(before[-1])
    assert hits(again, driving(24 / 5))
    assert hits(detector.detect(before[-2]), driving(23 / 5), 0.5)


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (48, 48), (64, 9), (1920, 1080)])
def test_any_picture_size_is_taken(size: tuple[int, int]) -> None:
    detector = Motion()
    rng = np.random.default_rng(0)
    for i in range(4):
        image: Image = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        seen = detector.detect(Frame("c", i * 0.2, image))
        assert seen.size == size
        assert (seen.boxes >= 0).all()
        assert (seen.boxes <= np.array([*size, *size])).all()
