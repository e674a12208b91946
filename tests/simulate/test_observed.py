"""A detector's mistakes are as large as they are said to be, and the same for a seed."""

import numpy as np
import pytest

from roadstead.dataset.truth import FrameRow, ObjectRow, Sight
from roadstead.simulate.observed import MEASURED, Noise, observed
from roadstead.types import Detections

BOX = (100.0, 100.0, 200.0, 160.0)
TRUCK = ObjectRow(camera="gate", id="truck-1", label="truck", sort="dump_truck", attributes={"cover": "uncovered"})


def frames(n: int, visible: float = 1.0, box: tuple[float, float, float, float] = BOX) -> list[FrameRow]:
    sight = Sight(id="truck-1", box=box, whole=box, visible=visible, xy_m=(0, 0), speed_mps=0, course_deg=0)
    return [FrameRow(camera="gate", t=k / 5, seen=(sight,)) for k in range(n)]


def seen(noise: Noise | None, n: int = 2000, **how: float) -> list[Detections]:
    return list(observed("gate", (960, 540), [TRUCK], frames(n, **how), noise, 3))  # type: ignore[arg-type]  # a float each


def test_without_mistakes_it_is_the_truth() -> None:
    found = seen(None, 10)
    assert all(np.array_equal(d.boxes, [BOX]) and d.labels == ("truck",) and d.scores[0] == 1 for d in found)
    assert found[-1].votes[0]["cover"].label == "uncovered"
    assert found[-1].votes[0]["cover"].views == 10


@pytest.mark.parametrize(("visible", "many"), [(0.34, 0), (0.36, 1)])
def test_what_hardly_shows_is_not_found(visible: float, many: int) -> None:
    assert {len(d) for d in seen(None, 5, visible=visible)} == {many}


def test_narrow_boxes_have_no_attributes() -> None:
    small = (100.0, 100.0, 130.0, 120.0)
    found = list(observed("gate", (960, 540), [TRUCK], frames(5, box=small)))
    assert not any(any(d.votes) for d in found)


def test_mistakes_are_as_large_as_said() -> None:
    found = seen(Noise(missed=0.10, jitter=0.03))
    assert np.mean([len(d) == 0 for d in found]) == pytest.approx(0.10, abs=0.02)
    boxes = np.concatenate([d.boxes for d in found if len(d)])
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    assert boxes[:, 0].std() == pytest.approx(0.03 * 100 / np.sqrt(2), rel=0.1)
    assert middle.mean() == pytest.approx(150, abs=0.3)
    many = [len(d) for d in seen(Noise(false=0.1))]
    assert np.mean(many) == pytest.approx(1.1, abs=0.03)


def test_the_same_seed_makes_the_same_mistakes() -> None:
    one, other = seen(MEASURED, 50), seen(MEASURED, 50)
    assert all(np.array_equal(a.boxes, b.boxes) and a.votes == b.votes for a, b in zip(one, other, strict=True))
    last = next(d for d in reversed(one) if any(d.votes))
    assert max(v["cover"].score for v in last.votes if v) < 1.0
