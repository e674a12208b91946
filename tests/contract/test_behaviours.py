"""Every behaviour: a pure question, quiet where nothing happens, said in both languages where something does."""

import dataclasses
import pickle
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from roadstead.behaviours import Behaviour, plugins
from roadstead.config import RuleTable
from roadstead.geometry import homography
from roadstead.types import Line, Ref, Scene, Track, View, Zone, readonly

NAMES = plugins.names()
GROUND = homography.fit([(0, 0), (640, 0), (640, 360), (0, 360)], [(0, 0), (64, 0), (64, 36), (0, 36)])
SCENE = Scene(
    "cam",
    (640, 360),
    {name: Zone(name, np.array([(100, 100), (400, 100), (400, 300), (100, 300)])) for name in ("zone", "other")},
    {name: Line(name, (320, 0), (320, 360)) for name in ("line", "other")},
    GROUND,
)


def make(name: str) -> Behaviour:
    """Build a behaviour, naming the test scene's zone or line wherever it wants one."""
    plugin: Any = plugins.get(name)
    hints = get_type_hints(plugin, include_extras=True)
    given = {
        f.name: refs[0].to
        for f in dataclasses.fields(plugin)
        if f.default is dataclasses.MISSING and (refs := _refs(hints[f.name]))
    }
    needed = {
        f.name
        for f in dataclasses.fields(plugin)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    others = {field: _least(hints[field]) for field in needed - given.keys()}
    built: Behaviour = plugin(**given, **others)
    return built


def _refs(hint: Any) -> list[Ref]:
    own = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Ref)]
    return own + [r for part in get_args(hint) for r in _refs(part)]


def _least(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return _least(get_args(hint)[0])
    return {float: 50.0, int: 3, str: "x"}.get(hint) or ((0.0, 1.0) if get_origin(hint) is tuple else ())


def track(n: int, *, still: bool = False, t0: float = 1000.0, label: str = "truck") -> Track:
    t = t0 + np.arange(n) * 0.2
    x = np.full(n, 250.0) if still else np.arange(n) * 2.0
    boxes = np.column_stack((x, np.full(n, 180.0), x + 60, np.full(n, 220.0)))
    feet = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]))
    return Track(
        "cam-1",
        "cam",
        label,
        t0,
        readonly(t),
        readonly(boxes, 4),
        readonly(np.ones(n)),
        homography.to_ground(GROUND, feet),
    )


@pytest.mark.parametrize("name", NAMES)
class TestEvery:
    def test_it_has_a_chinese_title(self, name: str) -> None:
        assert any("\u4e00" <= c <= "\u9fff" for c in plugins.title(name))

    def test_its_settings_do_not_hide_a_rules_own(self, name: str) -> None:
        plugin: Any = plugins.get(name)
        assert not {f.name for f in dataclasses.fields(plugin)} & set(RuleTable.model_fields)

    def test_it_is_frozen_keyword_only_and_can_be_pickled(self, name: str) -> None:
        behaviour: Any = make(name)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(behaviour, dataclasses.fields(behaviour)[0].name, None)
        assert all(f.kw_only for f in dataclasses.fields(behaviour))
        assert pickle.loads(pickle.dumps(behaviour)) == behaviour

    @pytest.mark.parametrize("points", [1, 2, 3])
    def test_a_track_just_born_is_no_violation(self, name: str, points: int) -> None:
        mover = track(points)
        found = make(name).check(mover, View(float(mover.t[-1]), (mover,), SCENE))
        assert found is None or found.outcome == "insufficient"

    def test_no_calibration_and_no_attributes_are_no_violation_by_themselves(self, name: str) -> None:
        plugin: Any = plugins.get(name)
        if not getattr(plugin, "needs_ground", False):
            pytest.skip("works on the picture")
        mover = dataclasses.replace(track(300), xy_m=None)
        scene = dataclasses.replace(SCENE, homography=None)
        found = make(name).check(mover, View(float(mover.t[-1]), (mover,), scene))
        assert found is None or found.outcome == "insufficient"

    @pytest.mark.parametrize("still", [False, True])
    def test_it_is_pure_and_speaks_both_languages(self, name: str, still: bool) -> None:
        behaviour = make(name)
        for n in range(1, 400, 7):
            mover = track(n, still=still)
            view = View(float(mover.t[-1]), (mover,), SCENE)
            before = (mover.t.copy(), mover.boxes.copy())
            first, again = behaviour.check(mover, view), behaviour.check(mover, view)
            assert first == again
            np.testing.assert_array_equal(before[0], mover.t)
            np.testing.assert_array_equal(before[1], mover.boxes)
            if first is not None:
                assert 0 <= first.score <= 1
                assert first.t <= view.t
                assert first.because.en
                assert any("\u4e00" <= c <= "\u9fff" for c in first.because.zh)
                assert all(v is None or isinstance(v, str | float | int) for v in first.measured.values())
                assert all(not isinstance(v, float) or np.isfinite(v) for v in first.measured.values())

    def test_a_track_long_gone_says_nothing(self, name: str) -> None:
        mover = track(300, still=True)
        assert make(name).check(mover, View(float(mover.t[-1]) + 600, (mover,), SCENE)) is None
