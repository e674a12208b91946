"""Who drives where and when, and what a supervisor should find."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sample_world import vehicles
from sample_world.camera import Camera
from sample_world.ground import EAST_STOP_X_M, NO_PARKING, ROAD_M, SIDE_EAST_M, SIDE_WEST_M, STOP_Y_M
from sample_world.motion import Stop, drive, fall, way
from sample_world.solids import Body, Pose

SECONDS = 76.0
CAMERA = Camera((6.0, -18.0, 6.0), -22.0, 16.0, 515.0, (960, 540))
NEAR, INNER, FAR_INNER, FAR = -5.4, -1.8, 1.8, 5.4
OUT_X, IN_X = SIDE_WEST_M + 2.4, SIDE_EAST_M - 2.4
RED, BLUE, WHITE, SILVER, BLACK = (196, 36, 34), (44, 88, 170), (232, 233, 230), (176, 180, 186), (62, 64, 70)
ORANGE, GREEN = (232, 120, 34), (46, 138, 76)


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """A body and its pose at t (None while it is not in the world); `votes` are its attributes for the replay log."""

    name: str
    body: Body
    pose: Callable[[float], Pose | None]
    votes: dict[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must come out: the rule, whom it is about, from when to when (s of the video)."""

    rule: str
    subject: str
    start_s: float
    end_s: float
    note: str


def _straight(y: float, x0: float, x1: float) -> list[tuple[float, float]]:
    return [(x0, y), (x1, y)]


def _right_turn() -> list[tuple[float, float]]:
    return [(OUT_X, 66.0), (OUT_X, FAR), (-56.0, FAR)]


def _line_s(length_m: float) -> float:
    """Metres along the way out of the gate at which a vehicle's front stands half a metre before the stop line."""
    return 66.0 - (STOP_Y_M + 0.4 + 0.6 + length_m / 2)


def cast() -> tuple[Actor, ...]:
    """Everybody, in no order."""
    return (*_trucks(), *_offenders(), *_traffic())


def _trucks() -> tuple[Actor, ...]:
    line = _line_s(9.1)
    rolling = drive(way(_right_turn(), 7.0), 0.4, [(0, 6.0), (line - 4, 3.6), (line + 24, 10.0)], axles_m=6.0, gain_mps2=1.1)
    stopping = drive(
        way(_right_turn(), 7.0), 23.0, [(0, 6.0), (line + 26, 10.0)], [Stop(line, 4.4)], axles_m=6.0, gain_mps2=1.1, brake_mps2=1.5
    )
    spilling = drive(way(_straight(FAR_INNER, 70, -70)), -2.6, [(0, 9.0)], axles_m=6.0)
    turn_in = [(-90.0, INNER), (IN_X, INNER), (IN_X, 68.0)]
    queue_s = 90 + EAST_STOP_X_M - 0.6 - 4.6 - 4.0 - 4.55
    queued = drive(way(turn_in, 10.0), 43.0, [(0, 8.5), (76, 5.0), (100, 6.5)], [Stop(queue_s, 4.6)], axles_m=6.0, gain_mps2=1.1)
    dirty = {"cover": ("uncovered", 0.93), "dirt": ("dirty", 0.9)}
    clean = {"cover": ("covered", 0.95), "dirt": ("clean", 0.92)}
    return (
        Actor("truck-rolling", vehicles.dump_truck(ORANGE, ORANGE, "cover", seed=3), rolling.pose, clean),
        Actor("truck-stopping", vehicles.dump_truck(GREEN, GREEN, "cover", seed=4), stopping.pose, clean),
        Actor("truck-spilling", vehicles.dump_truck(BLUE, (92, 104, 118), "heap", dirty=True, seed=5), spilling.pose, dirty),
        Actor("clump", vehicles.clump(6), lambda t: fall((11.0, FAR_INNER - 0.5), 2.9, (-3.4, 0.0), SPILL_S, t)),
        Actor(
            "truck-queued", vehicles.dump_truck(RED, (120, 122, 126), "empty", seed=7), queued.pose, {"cover": ("empty", 0.9), "dirt": ("clean", 0.8)}
        ),
    )


SPILL_S = 4.4


def _offenders() -> tuple[Actor, ...]:
    parked = drive(way(_straight(NEAR, -90, 70)), 14.6, [(0, 10.0)], [Stop(91.5, 25.0)])
    wrong = drive(way(_straight(FAR, -56, 60)), 23.6, [(0, 8.0)])
    u_turn = drive(
        way([(-90.0, INNER), (-3.0, INNER), (-3.0, FAR), (-90.0, FAR)], 3.599), 24.5, [(0, 9.0), (81, 3.8), (92, 11.0)], gain_mps2=2.0
    )
    speeding = drive(way(_straight(FAR, 90, -70)), 15.9, [(0, 75 / 3.6)])
    return (
        Actor("car-parked", vehicles.car(RED), parked.pose),
        Actor("van-wrong-way", vehicles.van(WHITE), wrong.pose),
        Actor("car-u-turn", vehicles.car(SILVER, vehicles.GREEN_PLATE, tall=0.22), u_turn.pose),
        Actor("car-speeding", vehicles.car(BLACK), speeding.pose),
    )


def _traffic() -> tuple[Actor, ...]:
    turn_in = [(-90.0, INNER), (IN_X, INNER), (IN_X, 68.0)]
    queue_s = 90 + EAST_STOP_X_M - 0.6 - 2.3
    first = drive(way(turn_in, 10.0), 40.2, [(0, 10.0), (80, 6.0), (104, 7.0)], [Stop(queue_s, 5.0)])
    passing = drive(way(_straight(NEAR, -90, 70)), 3.5, [(0, 11.0)])
    last = drive(way(_straight(NEAR, -90, 70)), 63.0, [(0, 11.5)])
    west = drive(way(_straight(FAR, 70, -90)), 2.0, [(0, 11.5)])
    big = drive(way(_straight(FAR, 70, -110)), 63.6, [(0, 9.0)], axles_m=5.9)
    return (
        Actor("car-first", vehicles.car(WHITE, tall=0.22), first.pose),
        Actor("car-passing", vehicles.car(BLUE), passing.pose),
        Actor("car-last", vehicles.car((212, 176, 62)), last.pose),
        Actor("car-west", vehicles.car(WHITE), west.pose),
        Actor("bus", vehicles.bus((240, 242, 238), (40, 150, 90)), big.pose),
    )


ZONES = {
    "no_parking": list(NO_PARKING),
    "approach": [(SIDE_WEST_M, STOP_Y_M), (SIDE_WEST_M + 5.0, STOP_Y_M), (SIDE_WEST_M + 5.0, 30.0), (SIDE_WEST_M, 30.0)],
    "exit_west": [(-26.0, 0.2), (-9.0, 0.2), (-9.0, ROAD_M), (-26.0, ROAD_M)],
    "westbound": [(-38.0, 0.2), (11.0, 0.2), (11.0, ROAD_M), (-38.0, ROAD_M)],
    "junction": [(-14.0, -3.6), (6.0, -3.6), (6.0, ROAD_M), (-14.0, ROAD_M)],
    "road": [(-16.0, -ROAD_M), (8.0, -ROAD_M), (12.0, ROAD_M), (-38.0, ROAD_M)],
}
"""Areas on the ground, m."""

LINES = {"stop_line": [(SIDE_WEST_M, STOP_Y_M), (SIDE_WEST_M + 5.0, STOP_Y_M)]}
"""Lines on the ground, m; forward is from left to right of the line on the picture."""

CALIBRATION = (
    (SIDE_WEST_M + 0.2, STOP_Y_M),
    (SIDE_WEST_M + 4.9, STOP_Y_M),
    (EAST_STOP_X_M, -7.2),
    (EAST_STOP_X_M, -0.2),
    NO_PARKING[0],
    NO_PARKING[1],
    NO_PARKING[2],
    NO_PARKING[3],
    (10.0, 0.0),
    (-20.0, ROAD_M),
)
"""Marks on the ground whose places anybody could measure, m."""
