"""Who drives where and when, and what a supervisor should find."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sample_world import vehicles
from sample_world.camera import Camera
from sample_world.ground import EAST_STOP_X_M, NO_PARKING, ROAD_M, SIDE_EAST_M, SIDE_WEST_M, STOP_Y_M
from sample_world.motion import Stop, drive, fall, way
from sample_world.solids import Body, Pose

SECONDS = 76.0
START_S = 1778459400.0
"""When the sample begins: 2026-05-11 08:30 in Shanghai, UTC epoch seconds."""
CAMERA = Camera((6.0, -18.0, 6.0), -22.0, 16.0, 515.0, (960, 540))
GATE_IN_M = 67.0
"""Where the trucks' way inside the site turns to the gate."""
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
    return [(-16.0, GATE_IN_M), (OUT_X, GATE_IN_M), (OUT_X, FAR), (-56.0, FAR)]


def _line_s(length_m: float) -> float:
    """Metres along the way out of the gate at which a vehicle's front stands half a metre before the stop line."""
    return GATE_IN_M - (STOP_Y_M + 0.4 + 0.6 + length_m / 2) + 16.0 + OUT_X - (2 - np.pi / 2) * 7.0


def cast() -> tuple[Actor, ...]:
    """Everybody, in no order."""
    return (*_trucks(), *_offenders(), *_traffic())


def _trucks() -> tuple[Actor, ...]:
    line = _line_s(9.1)
    rolling = drive(
        way(_right_turn(), 7.0), 0.3, [(0, 8.0), (line - 6, 3.6), (line + 24, 10.5)], axles_m=6.0, gain_mps2=1.1
    )
    stopping = drive(
        way(_right_turn(), 7.0),
        22.2,
        [(0, 7.0), (line + 26, 12.0)],
        [Stop(line, 4.4)],
        axles_m=6.0,
        gain_mps2=1.3,
        brake_mps2=1.5,
    )
    spilling = drive(way(_straight(FAR_INNER, 70, -70)), -2.6, [(0, 9.0)], axles_m=6.0)
    turn_in = [(-90.0, INNER), (IN_X, INNER), (IN_X, 68.0)]
    queue_s = 90 + EAST_STOP_X_M - 0.6 - 4.6 - 6.5 - 4.55
    queued = drive(
        way(turn_in, 10.0), 44.6, [(0, 8.5), (76, 5.0), (98, 9.0)], [Stop(queue_s, 4.6)], axles_m=6.0, gain_mps2=1.1
    )
    dirty = {"cover": ("uncovered", 0.93), "dirt": ("dirty", 0.9)}
    clean = {"cover": ("covered", 0.95), "dirt": ("clean", 0.92)}
    return (
        Actor("truck-rolling", vehicles.dump_truck(ORANGE, ORANGE, "cover", seed=3), rolling.pose, clean),
        Actor("truck-stopping", vehicles.dump_truck(GREEN, GREEN, "cover", seed=4), stopping.pose, clean),
        Actor(
            "truck-spilling",
            vehicles.dump_truck(BLUE, (92, 104, 118), "heap", dirty=True, seed=5),
            spilling.pose,
            dirty,
        ),
        Actor("clump", vehicles.clump(6), lambda t: fall((10.6, FAR_INNER - 0.5), 2.7, (-3.6, 0.0), SPILL_S, t)),
        Actor(
            "truck-queued",
            vehicles.dump_truck(RED, (120, 122, 126), "empty", seed=7),
            queued.pose,
            {"cover": ("empty", 0.9), "dirt": ("clean", 0.8)},
        ),
    )


SPILL_S = 4.2


def _offenders() -> tuple[Actor, ...]:
    parked = drive(way(_straight(NEAR, -90, 70)), 14.6, [(0, 10.0)], [Stop(92.2, 25.0)])
    wrong = drive(way(_straight(FAR, -53, 60)), 23.0, [(0, 8.0)])
    u_turn = drive(
        way([(-90.0, INNER), (-5.0, INNER), (-5.0, FAR), (-90.0, FAR)], 3.599),
        24.5,
        [(0, 9.0), (79, 3.8), (90, 11.0)],
        gain_mps2=2.0,
    )
    speeding = drive(way(_straight(FAR, 90, -58)), 15.9, [(0, 75 / 3.6)])
    return (
        Actor("car-parked", vehicles.car(RED), parked.pose),
        Actor("van-wrong-way", vehicles.van(WHITE), wrong.pose),
        Actor("car-u-turn", vehicles.car(SILVER, vehicles.GREEN_PLATE, tall=0.22), u_turn.pose),
        Actor("car-speeding", vehicles.car(BLACK), speeding.pose),
    )


def _traffic() -> tuple[Actor, ...]:
    queue_s = 90 + EAST_STOP_X_M - 0.6 - 2.3
    first = drive(way(_straight(INNER, -90, 70)), 41.8, [(0, 10.0)], [Stop(queue_s, 5.0)])
    passing = drive(way(_straight(NEAR, -90, 70)), 3.5, [(0, 11.0)])
    last = drive(way(_straight(NEAR, -90, 70)), 63.0, [(0, 11.5)])
    west = drive(way(_straight(FAR, 70, -90)), 2.0, [(0, 11.5)])
    big = drive(way(_straight(FAR, 70, -110)), 64.6, [(0, 9.0)], axles_m=5.9)
    return (
        Actor("car-first", vehicles.car(WHITE, tall=0.22), first.pose),
        Actor("car-passing", vehicles.car(BLUE), passing.pose),
        Actor("car-last", vehicles.car((212, 176, 62)), last.pose),
        Actor("car-west", vehicles.car(WHITE), west.pose),
        Actor("bus", vehicles.bus((240, 242, 238), (40, 150, 90)), big.pose),
    )


EXPECTED = (
    Expected("spilling", "truck-spilling", 4.2, 7.7, "the blue truck loses a lump of soil that stays to the end"),
    Expected("right-turn-without-stop", "truck-rolling", 10.0, 14.6, "the orange truck rolls over the line at 3.6 m/s"),
    Expected("speeding", "car-speeding", 19.4, 22.4, "the black car drives 75 km/h where 50 is allowed"),
    Expected("wrong-way", "van-wrong-way", 23.6, 31.6, "the white van drives east in the westbound lane"),
    Expected("no-parking", "car-parked", 25.0, 52.0, "the red car stands 26 s on the yellow grid"),
    Expected("no-u-turn", "car-u-turn", 34.0, 38.0, "the silver car turns round in the junction"),
)
"""What `configs/sample.toml` must find."""

INNOCENT = {
    "truck-stopping": "stands 4.4 s before the stop line, then turns right",
    "car-passing": "drives over the yellow grid without stopping",
    "car-last": "drives over the yellow grid without stopping",
    "truck-queued": "waits in the queue, then turns left into the site",
    "car-first": "waits at the stop line, then drives on",
    "car-west": "drives straight on at 41 km/h",
    "bus": "drives straight on at 32 km/h",
}
"""Who did nothing wrong, and what a careless rule might take it for."""

ATTRIBUTES = (
    Expected("uncovered-load", "truck-spilling", 2.8, 9.6, "a heap above the rim of an open bed"),
    Expected("dirty-body", "truck-spilling", 2.8, 9.6, "dried mud on cab and bed"),
)
"""What `configs/sample-replay.toml` must find in the log."""

ZONES = {
    "no_parking": list(NO_PARKING),
    "approach": [
        (SIDE_WEST_M, STOP_Y_M),
        (SIDE_WEST_M + 5.0, STOP_Y_M),
        (SIDE_WEST_M + 5.0, 30.0),
        (SIDE_WEST_M, 30.0),
    ],
    "exit_west": [(-24.0, 0.2), (-9.0, 0.2), (-9.0, ROAD_M), (-24.0, ROAD_M)],
    "westbound": [(-30.0, 0.2), (12.0, 0.2), (14.0, ROAD_M), (-42.0, ROAD_M)],
    "junction": [(-16.0, -3.6), (5.0, -3.6), (5.0, ROAD_M), (-16.0, ROAD_M)],
    "carriageway": [(-16.0, -ROAD_M), (9.5, -ROAD_M), (14.0, ROAD_M), (-42.0, ROAD_M)],
}
"""Areas on the ground, m."""

LINES = {
    "stop_line": [(SIDE_WEST_M, STOP_Y_M), (SIDE_WEST_M + 5.0, STOP_Y_M)],
    "lane_west": [(10.0, 3.6), (-30.0, 3.6)],
}
"""Lines on the ground, m; forward is from left to right of the line on the picture. `lane_west` runs with its traffic."""

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
