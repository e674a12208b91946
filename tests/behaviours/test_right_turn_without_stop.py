"""Right turn without a stop, on golden tracks: a junction seen by a calibrated camera, trucks that stop and that do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _golden import CAMERA, SPOILS, T0, Spoil, Way, acts, hidden, scene, switched, track, upto, zone
from _golden import watch as watched
from roadstead.behaviours.right_turn_without_stop import RightTurnWithoutStop
from roadstead.geometry.homography import to_ground, to_image
from roadstead.types import Evidence, Floats, Homography, Line, Measured, Scene, Space, Track, View, Vote

APPROACH = zone("approach", (0, 11), (6, 11), (6, 34), (0, 34), space="m")
EXIT = zone("exit", (12, 40), (30, 40), (30, 52), (12, 52), space="m")
STOP = Line("stop", (0, 35), (6, 35), "m")
JUNCTION = scene(APPROACH, EXIT, STOP, homography=CAMERA)
RULE = RightTurnWithoutStop(approach="approach", stop_line="stop", exit_zone="exit")
SEEDS = range(3)
RADIUS_M = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How a truck takes the turn: `to_go_m` is where, before the line (35 m north), it is down to `slow_mps`, for `stop_s`."""

    slow_mps: float
    stop_s: float = 0.0
    to_go_m: float = 1.0
    fast_mps: float = 8.0
    brake_mps2: float = 1.5
    start_mps2: float = 1.0


def right(s: float) -> tuple[float, float]:
    """Return the place after s metres: north from y = 12 m, a quarter to the right, east."""
    straight, arc = 26.0, RADIUS_M * np.pi / 2
    if s < straight:
        return 3.0, 12 + s
    if s < straight + arc:
        angle = (s - straight) / RADIUS_M
        return 3 + RADIUS_M * (1 - np.cos(angle)), 38 + RADIUS_M * np.sin(angle)
    return 3 + RADIUS_M + s - straight - arc, 38 + RADIUS_M


def progress(drive: Drive, length_m: float = 55.0, dt: float = 0.04) -> list[tuple[float, float]]:
    """Return (t, metres driven): brake, keep the slow speed, start."""
    t, s, v, held, told = 0.0, 0.0, drive.fast_mps, 0.0, []
    stop_at, braking, slow = 23.0 - drive.to_go_m, False, False
    while s < length_m:
        told.append((t, s))
        braking = braking or stop_at - s <= (v * v - drive.slow_mps**2) / (2 * drive.brake_mps2)
        if braking and not slow:
            v = max(drive.slow_mps, v - drive.brake_mps2 * dt)
            slow = v <= drive.slow_mps
        elif slow and held < drive.stop_s:
            held += dt
        elif slow:
            v = min(5.0, v + drive.start_mps2 * dt)
        s, t = s + v * dt, t + dt
    return told


def way(drive: Drive) -> Way:
    return [(t, *right(s)) for t, s in progress(drive)]


def truck(drive: Drive, spoil: Spoil, seed: int = 0) -> Track:
    return track(way(drive), replace(spoil, seed=seed), space="m", homography=CAMERA)


def verdicts(whole: Track, junction: Scene = JUNCTION, rule: RightTurnWithoutStop = RULE) -> list[Evidence]:
    """Ask around the end of the track, where every turn of these ways is judged: two times in the three seconds at least."""
    found = []
    for t in whole.t[-1] + np.arange(-6, 5, 1.5):
        known = upto(whole, float(t))
        if known is not None and (evidence := rule.check(known, View(float(t), [known], junction))) is not None:
            found.append(evidence)
    return found


def outcome(whole: Track, junction: Scene = JUNCTION) -> str:
    outcomes: set[str] = {e.outcome for e in verdicts(whole, junction)} or {"nothing"}
    assert len(outcomes) == 1, f"one turn was judged in several ways: {outcomes}"
    return outcomes.pop()


VIOLATIONS = {
    "drives through at 5 m/s": Drive(slow_mps=5.0),
    "rolls through at 2 m/s": Drive(slow_mps=2.0),
    "stops beyond the line": Drive(slow_mps=0.0, stop_s=4.0, to_go_m=-5.0),
    "stops in the queue only": Drive(slow_mps=0.0, stop_s=4.0, to_go_m=18.0, fast_mps=2.5),
}
STOPS = {
    "stops for 5 s": Drive(slow_mps=0.0, stop_s=5.0),
    "stops for 5 s 6 m before": Drive(slow_mps=0.0, stop_s=5.0, to_go_m=6.0, fast_mps=6.0),
    "stops for 10 s, hard": Drive(slow_mps=0.0, stop_s=10.0, brake_mps2=3.0, start_mps2=2.0),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
class TestOutcomes:
    @pytest.mark.parametrize("drive", VIOLATIONS.values(), ids=VIOLATIONS.keys())
    def test_who_does_not_stop_at_the_line_violates(self, drive: Drive, spoil: Spoil) -> None:
        assert [outcome(truck(drive, spoil, seed)) for seed in SEEDS] == ["violation"] * len(SEEDS)

    @pytest.mark.parametrize("drive", STOPS.values(), ids=STOPS.keys())
    def test_who_stops_gives_nothing(self, drive: Drive, spoil: Spoil) -> None:
        assert [outcome(truck(drive, spoil, seed)) for seed in SEEDS] == ["nothing"] * len(SEEDS)

    @pytest.mark.parametrize("stop_s", [2.0, 2.5])
    def test_a_stop_just_long_enough_is_never_a_violation(self, stop_s: float, spoil: Spoil) -> None:
        drive = Drive(slow_mps=0.0, stop_s=stop_s, brake_mps2=3.0, start_mps2=2.0)
        assert "violation" not in {outcome(truck(drive, spoil, seed)) for seed in SEEDS}

    @pytest.mark.parametrize(
        "drive", [Drive(slow_mps=1.0, stop_s=6.0), Drive(slow_mps=0.0, stop_s=0.2)], ids=["creep", "touch"]
    )
    def test_what_is_nearly_a_stop_is_never_called_one(self, drive: Drive, spoil: Spoil) -> None:
        assert "nothing" not in {outcome(truck(drive, spoil, seed)) for seed in SEEDS}


@pytest.mark.parametrize(
    "spoil", [SPOILS["clean 25 fps"], SPOILS["clean 5 fps"], SPOILS["clean 2 fps"]], ids=["25", "5", "2"]
)
class TestClearSight:
    @pytest.mark.parametrize("slow_mps", [0.7, 1.0])
    def test_creeping_violates(self, slow_mps: float, spoil: Spoil) -> None:
        assert outcome(truck(Drive(slow_mps=slow_mps, stop_s=5.0), spoil)) == "violation"

    def test_touching_zero_violates(self, spoil: Spoil) -> None:
        assert outcome(truck(Drive(slow_mps=0.0, stop_s=0.04), spoil)) == "violation"

    def test_half_the_time_is_too_near_to_tell(self, spoil: Spoil) -> None:
        assert outcome(truck(Drive(slow_mps=0.0, stop_s=1.0), spoil)) == "insufficient"


class TestOtherWays:
    @pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
    @pytest.mark.parametrize(
        "way",
        [
            [(0, 3, 12), (9, 3, 80)],
            [(0, 3, 12), (4, 3, 38), (7, -9, 47), (10, -30, 47)],
            [(0, 9.5, 70), (3, 9.5, 50), (6, 16, 46), (9, 29, 46)],
            [(0, -25, 46), (9, 29, 46)],
            [(0, 14, 46), (4, 29, 46)],
        ],
        ids=["straight on", "left", "from ahead, left into the exit", "across", "born in the exit"],
    )
    def test_who_does_not_turn_right_from_the_approach_gives_nothing(self, way: Way, spoil: Spoil) -> None:
        for seed in SEEDS:
            whole = track(way, replace(spoil, seed=seed), space="m", homography=CAMERA)
            assert outcome(whole) == "nothing"

    def test_straight_on_through_an_exit_drawn_too_large_gives_nothing(self) -> None:
        large = scene(APPROACH, zone("exit", (0, 40), (30, 40), (30, 60), (0, 60), space="m"), STOP, homography=CAMERA)
        whole = track([(0, 3, 12), (9, 3, 80)], space="m", homography=CAMERA)
        assert outcome(whole, large) == "nothing"

    def test_a_second_stop_counts(self) -> None:
        first = [(0, 3, 12), (2, 3, 17), (6, 3, 17)]
        slow = [(t + 6, 3.0, 17 + 2.0 * t) for t in np.arange(0.5, 8.5, 0.5)]
        assert slow[-1][2] == 33
        rest = [(t + 4, x, y) for t, x, y in ((15, 3, 33), (17, 3, 38), (20, 11, 46), (24, 28, 46))]
        whole = track([*first, *slow, *rest], space="m", homography=CAMERA)
        assert outcome(whole) == "nothing"

    def test_reversing_to_the_line_and_stopping_there_counts(self) -> None:
        turn = [(13, 3, 33.5), (16, 3, 38), (19, 11, 46), (23, 28, 46)]
        back = [(0, 3, 12), (4, 3, 39), (5, 3, 39), (8, 3, 33.5), *turn]
        assert outcome(track(back, space="m", homography=CAMERA)) == "nothing"
        without = [(t - 5 * (t >= 13), x, y) for t, x, y in back]
        del without[3]
        assert outcome(track(without, space="m", homography=CAMERA)) == "violation"

    def test_the_class_named_by_the_rule_is_asked_by_judge_alone(self) -> None:
        bus = replace(truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["clean 5 fps"]), label="bus")
        assert outcome(bus) == "violation"


def instant(whole: Track, to_go_m: float) -> float:
    """Return when, on the way's clock, the truck was first so near to the line."""
    assert whole.xy_m is not None
    return float(whole.t[np.flatnonzero(35 - whole.xy_m[:, 1] <= to_go_m)[0]]) - T0


class TestInsufficient:
    @pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
    def test_hidden_at_the_line_for_long_enough_to_stop(self, spoil: Spoil) -> None:
        drive = Drive(slow_mps=2.0)
        at = instant(truck(drive, SPOILS["clean 25 fps"]), 4.0)
        for seed in SEEDS:
            assert outcome(truck(drive, hidden(spoil, at, at + 6.0), seed)) == "insufficient"

    def test_hidden_for_too_short_to_stop_is_still_a_violation(self) -> None:
        drive = Drive(slow_mps=5.0)
        at = instant(truck(drive, SPOILS["clean 25 fps"]), 4.0)
        assert outcome(truck(drive, hidden(SPOILS["clean 5 fps"], at, at + 1.0))) == "violation"

    def test_a_gap_that_leaves_no_time_to_brake_stop_and_start_hides_nothing(self) -> None:
        drive = Drive(slow_mps=7.5)
        at = instant(truck(drive, SPOILS["clean 25 fps"]), 12.0)
        whole = truck(drive, hidden(SPOILS["clean 5 fps"], at, at + 2.4))
        assert outcome(whole) == "violation"

    @pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
    @pytest.mark.parametrize("to_go_m", [8.0, 3.0, -1.0])
    def test_an_identity_switch_near_the_line(self, to_go_m: float, spoil: Spoil) -> None:
        for seed in SEEDS:
            drive = Drive(slow_mps=2.0)
            whole = truck(drive, spoil, seed)
            before, after = switched(whole, instant(truck(drive, SPOILS["clean 25 fps"]), to_go_m))
            assert verdicts(before) == []
            assert outcome(after) == "insufficient"

    def test_a_track_that_jumps_to_another_vehicle(self) -> None:
        ways = [(0, 3, 12), (2, 3, 20), (2.2, 3, 36), (5, 11, 46), (9, 28, 46)]
        found = verdicts(track(ways, space="m", homography=CAMERA))
        assert {e.outcome for e in found} == {"insufficient"}
        assert "two vehicles" in found[0].because.en

    def test_a_lower_edge_hidden_by_a_passing_car_does_not_move_a_standing_truck(self) -> None:
        whole = truck(Drive(slow_mps=0.0, stop_s=2.5), SPOILS["jitter 5 fps"])
        assert whole.xy_m is not None
        stands = whole.t[np.hypot(*np.gradient(whole.xy_m, whole.t, axis=0).T) < 0.6]
        cut = (whole.t > stands[0] + 0.1) & (whole.t < stands[0] + 2.9)
        boxes = whole.boxes.copy()
        boxes[cut, 3] -= np.linspace(0.2, 0.6, cut.sum()) * (boxes[cut, 3] - boxes[cut, 1])
        marks = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]))
        spoilt = replace(whole, boxes=boxes, xy_m=to_ground(CAMERA, marks))
        assert np.abs(to_ground(CAMERA, marks) - whole.xy_m).max() > 3
        assert outcome(spoilt) != "violation"

    def test_jitter_of_metres_decides_nothing(self) -> None:
        spoil = Spoil(jitter_px=25)
        found = [outcome(truck(Drive(slow_mps=1.0, stop_s=4.0), spoil, seed)) for seed in SEEDS]
        assert set(found) <= {"insufficient"}

    def test_too_few_sights(self) -> None:
        whole = track([(0, 3, 20), (4, 3, 34), (8, 14, 46), (10, 28, 46)], Spoil(fps=0.4), space="m", homography=CAMERA)
        assert outcome(whole) == "insufficient"


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    fps=st.sampled_from([2.0, 5.0, 10.0]),
    jitter_px=st.floats(0, 4),
    misses=st.floats(0, 0.3),
    stop_s=st.floats(2.3, 12),
    to_go_m=st.floats(0, 9),
    brake=st.floats(1.0, 3.5),
    start=st.floats(0.6, 2.5),
    gap=st.tuples(st.floats(0, 20), st.floats(0, 6)),
    seed=st.integers(0, 10_000),
)
def test_a_truck_that_stopped_is_never_called_a_violation(
    fps: float,
    jitter_px: float,
    misses: float,
    stop_s: float,
    to_go_m: float,
    brake: float,
    start: float,
    gap: tuple[float, float],
    seed: int,
) -> None:
    drive = Drive(slow_mps=0.0, stop_s=stop_s, to_go_m=to_go_m, fast_mps=5.0, brake_mps2=brake, start_mps2=start)
    spoil = Spoil(fps=fps, jitter_px=jitter_px, misses=misses, gaps=((gap[0], gap[0] + gap[1]),), seed=seed)
    assert outcome(truck(drive, spoil)) != "violation"


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    fps=st.sampled_from([2.0, 5.0, 10.0]),
    jitter_px=st.floats(0, 4),
    slow_mps=st.floats(1.0, 6.0),
    slow_s=st.floats(0, 4),
    to_go_m=st.floats(-1, 9),
    gap=st.tuples(st.floats(0, 15), st.floats(0, 6)),
    seed=st.integers(0, 10_000),
)
def test_a_truck_that_kept_rolling_is_never_called_a_stop(
    fps: float, jitter_px: float, slow_mps: float, slow_s: float, to_go_m: float, gap: tuple[float, float], seed: int
) -> None:
    drive = Drive(slow_mps=slow_mps, stop_s=slow_s, to_go_m=to_go_m)
    seen = truck(drive, Spoil(fps=fps, jitter_px=jitter_px, seed=seed))
    assert outcome(seen) in {"violation", "insufficient"}
    half_hidden = truck(drive, Spoil(fps=fps, jitter_px=jitter_px, gaps=((gap[0], gap[0] + gap[1]),), seed=seed))
    whole_turn = {e.outcome for e in verdicts(half_hidden)}
    assert len(whole_turn) <= 1


class TestEvidence:
    def test_it_is_reported_in_time_once_and_always_the_same(self) -> None:
        whole = truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["jitter 5 fps"])
        found = watched(RULE, [whole], JUNCTION)
        assert len(acts(found)) == 1
        assert len(found) >= 6
        assert all(e == found[0] for e in found)

    def test_it_carries_what_it_measured_beside_the_limits(self) -> None:
        found: Measured = verdicts(truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["clean 5 fps"]))[0].measured
        assert found["min_speed_mps"] == pytest.approx(2.3, abs=0.4)
        assert found["turn_deg"] == pytest.approx(90, abs=6)
        assert found["slowest_before_line_m"] == pytest.approx(1.0, abs=1.0)
        assert found["standstill_s"] == pytest.approx(0, abs=0.3)
        assert (found["min_stop_s"], found["stop_speed_mps"], found["before_line_m"]) == (2.0, 0.3, 12.0)

    def test_a_stop_that_does_not_count_is_named(self) -> None:
        beyond = verdicts(truck(VIOLATIONS["stops beyond the line"], SPOILS["jitter 5 fps"]))[0]
        assert beyond.measured["stop_elsewhere_before_line_m"] == pytest.approx(-5, abs=0.4)
        assert " m beyond the line does not count" in beyond.because.en
        assert "不计" in beyond.because.zh

    def test_a_clearer_violation_scores_higher(self) -> None:
        fast, slow = (verdicts(truck(Drive(slow_mps=v, stop_s=2), SPOILS["jitter 5 fps"]))[0].score for v in (5.0, 1.5))
        assert 0.5 <= slow < fast <= 1.0


class TestGround:
    def test_a_track_without_ground_is_not_judged(self) -> None:
        whole = replace(truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["clean 5 fps"]), xy_m=None)
        assert verdicts(whole) == []

    def test_shapes_on_the_picture_do_as_well(self) -> None:
        def drawn(shape: Floats) -> Sequence[tuple[float, float]]:
            return [(float(x), float(y)) for x, y in to_image(CAMERA, shape)]

        start, end = drawn(np.array((STOP.start, STOP.end)))
        picture: Space = "px"
        junction = scene(
            zone("approach", *drawn(APPROACH.polygon)),
            zone("exit", *drawn(EXIT.polygon)),
            Line("stop", start, end, picture),
            homography=CAMERA,
        )
        assert outcome(truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["jitter 5 fps"]), junction) == "violation"
        assert outcome(truck(STOPS["stops for 5 s"], SPOILS["jitter 5 fps"]), junction) == "nothing"

    @pytest.mark.parametrize("ends", [((0, 35), (6, 35)), ((6, 35), (0, 35))])
    def test_the_line_may_be_drawn_either_way(self, ends: tuple[tuple[float, float], tuple[float, float]]) -> None:
        junction = scene(APPROACH, EXIT, Line("stop", *ends, "m"), homography=CAMERA)
        assert outcome(truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["clean 5 fps"]), junction) == "violation"

    def test_a_calibration_whose_y_runs_south_knows_right_from_left(self) -> None:
        flip = Homography(np.diag([1.0, -1.0, 1.0]) @ CAMERA.matrix, 0.0)
        south = scene(
            zone("approach", *((x, -y) for x, y in APPROACH.polygon), space="m"),
            zone("exit", *((x, -y) for x, y in EXIT.polygon), space="m"),
            Line("stop", (0, -35), (6, -35), "m"),
            homography=flip,
        )
        whole = truck(VIOLATIONS["rolls through at 2 m/s"], SPOILS["clean 5 fps"])
        assert whole.xy_m is not None
        assert outcome(replace(whole, xy_m=whole.xy_m * (1, -1)), south) == "violation"

    def test_reported_positions_are_judged_too(self) -> None:
        class Fixes:
            """A path of reports, at 5 Hz and to a few centimetres."""

            id, label = "plate", "truck"
            attributes: Mapping[str, Vote] = MappingProxyType({})

            def __init__(self, drive: Drive) -> None:
                t, x, y = np.array(way(drive)).T[:, ::5]
                self.t, self.xy = t, np.column_stack((x, y))

            def points(self, space: Space) -> Floats | None:
                return self.xy if space == "m" else None

        reports = scene(APPROACH, EXIT, STOP)
        for drive, told in ((Drive(slow_mps=2.0), True), (Drive(slow_mps=0.0, stop_s=5.0), False)):
            path = Fixes(drive)
            entered = path.t[np.flatnonzero(path.xy[:, 0] > 12)[0]]
            found = RULE.check(path, View(float(entered) + 1.3, (), reports, paths=[path]))
            assert (found is not None) is told
