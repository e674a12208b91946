"""U-turn on golden tracks."""

from collections.abc import Sequence

import numpy as np
import pytest

from _golden import CAMERA, SPOILS, T0, Spoil, Way, acts, events, scene, track, watch, zone
from _movement import Case, judged, played
from roadstead.behaviours.u_turn import UTurn

SCENE = scene(zone("junction", (1000, 300), (1500, 300), (1500, 900), (1000, 900)), homography=CAMERA)


def driven(corners: Sequence[tuple[float, float]], speed: float) -> Way:
    """A way through points at one speed."""
    xy = np.array(corners, dtype=np.float64)
    gone = np.concatenate(((0.0,), np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))) / speed
    return [(float(t), float(x), float(y)) for t, (x, y) in zip(gone, xy, strict=True)]


def arc(x: float, y: float, radius: float, start_deg: float, end_deg: float) -> list[tuple[float, float]]:
    """Points on a circle."""
    angles = np.deg2rad(np.linspace(start_deg, end_deg, 13))
    return [(float(x + radius * np.cos(a)), float(y + radius * np.sin(a))) for a in angles]


ROUND = [(300.0, 500.0), *arc(1200, 580, 80, -90, 90), (300.0, 660.0)]
PX = (
    Case(name="turns round", way=driven(ROUND, 150), violations=1, hide_s=3.0, switch_s=1.5),
    Case(name="turns round slowly", way=driven(ROUND, 60), violations=1, hide_s=16.0),
    Case(name="waits, then turns round", way=[(0, 300, 500), (6, 1200, 500), (20, 1200, 500), *((t + 20, x, y) for t, x, y in driven(ROUND[1:], 120))], violations=1, hide_s=12.0),
    Case(name="drives on", way=[(0, 200, 500), (10, 1700, 500)], violations=0, hide_s=3.0, switch_s=3.0),
    Case(name="turns off", way=driven([(300, 500), *arc(1200, 580, 80, -90, 0), (1280, 1000)], 150), violations=0, hide_s=6.0),
    Case(name="reverses", way=[(0, 300, 600), (6, 1200, 600), (10, 1200, 600), (18, 500, 600)], violations=0, hide_s=7.0),
    Case(name="stands", way=[(0, 1200, 600), (60, 1200, 600)], violations=0, hide_s=20.0),
    Case(name="changes lanes", way=driven([(200, 500), (700, 500), (900, 620), (1700, 620)], 150), violations=0, hide_s=4.0),
)  # fmt: skip


@pytest.mark.parametrize(("case", "spoil"), played(PX))
def test_golden(case: Case, spoil: Spoil) -> None:
    assert [len(run) for run in judged(UTurn(), case, spoil, SCENE)] == [case.violations] * 3


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_on_the_ground(spoil: Spoil) -> None:
    turns = driven([(-15, 22), *arc(0, 28, 6, -90, 90), (-15, 34)], 5)
    passes = driven([(-15, 22), *arc(0, 28, 6, -90, 0), (6, 50)], 5)
    assert len(events(UTurn(), [track(turns, spoil, space="m", homography=CAMERA)], SCENE)) == 1
    assert not events(UTurn(), [track(passes, spoil, space="m", homography=CAMERA)], SCENE)


def test_the_zone_is_where_it_turns() -> None:
    whole = track(driven(ROUND, 150))
    assert len(events(UTurn(zone="junction"), [whole], SCENE)) == 1
    elsewhere = track(driven([(x - 600, y) for x, y in ROUND], 150))
    assert not events(UTurn(zone="junction"), [elsewhere], SCENE)


def test_the_instant_is_the_middle_of_the_turn() -> None:
    found = watch(UTurn(), [track(driven(ROUND, 150))], SCENE)
    assert len(acts(found)) == 1
    assert found[0].t == pytest.approx(T0 + 6.8, abs=0.6)


def test_too_slow_a_turn_is_none() -> None:
    assert not events(UTurn(within_s=5), [track(driven(ROUND, 30), Spoil(fps=5))], SCENE)
