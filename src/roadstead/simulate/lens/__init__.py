"""What goes wrong between the world and the picture: camera faults as a lens in front of any pictures, rendered or filmed.

A kind's forms say where on the way of the light the fault sits: the camera turns, something is on the glass, the sensor
fails, the on-screen clock is wrong, or the line loses what was sent. Faults lie over one another in that order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType

import numpy as np

from roadstead.errors import BadInput
from roadstead.simulate.lens import turning, wrong_clock
from roadstead.simulate.lens.black import black
from roadstead.simulate.lens.blocked import blocked
from roadstead.simulate.lens.blurred import blurred
from roadstead.simulate.lens.colour_cast import colour_cast
from roadstead.simulate.lens.dirt import dirt
from roadstead.simulate.lens.fault import CameraFault, Spoil
from roadstead.simulate.lens.frozen import frozen
from roadstead.simulate.lens.low_frame_rate import low_frame_rate
from roadstead.simulate.lens.no_signal import no_signal
from roadstead.simulate.lens.noise import noise
from roadstead.simulate.lens.onscreen import Display, stamped
from roadstead.simulate.lens.overexposed import overexposed
from roadstead.simulate.lens.packet_loss import packet_loss
from roadstead.simulate.lens.picture import Sensor, developed
from roadstead.simulate.lens.stripes import stripes
from roadstead.simulate.lens.substituted import substituted
from roadstead.simulate.lens.turning import Angles, turned
from roadstead.types import Frame

__all__ = ["KINDS", "CameraFault", "Display", "Kind", "Lens", "Sensor", "Stage", "checked", "faulty", "sway"]


class Stage(IntEnum):
    """Where on the way from the world to the reader a fault sits."""

    TURN = 0
    GLASS = 1
    SENSOR = 2
    CLOCK = 3
    LINE = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: where each of its forms sits, and what it does to pictures (None: it turns, or changes the clock)."""

    forms: Mapping[str, Stage]
    spoil: Spoil | None


def _kind(spoil: Spoil | None, stage: Stage, *forms: str, **others: Stage) -> Kind:
    return Kind(MappingProxyType({**dict.fromkeys(forms, stage), **others}), spoil)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "moved": _kind(None, Stage.TURN, "knocked", "pan", "tilt", "roll"),
        "shaking": _kind(None, Stage.TURN, "wind", "traffic"),
        "dirt": _kind(dirt, Stage.GLASS, "dust", "drops", "smear"),
        "blocked": _kind(blocked, Stage.GLASS, "leaf", "spray", "bag", "hand"),
        "blurred": _kind(blurred, Stage.GLASS, "defocus", "fogged"),
        "overexposed": _kind(overexposed, Stage.SENSOR, "white", "glare"),
        "colour_cast": _kind(colour_cast, Stage.SENSOR, "magenta", "green", "blue", "yellow"),
        "black": _kind(black, Stage.SENSOR, "cap", "off"),
        "noise": _kind(noise, Stage.SENSOR, "snow", "grain", "speckle"),
        "stripes": _kind(stripes, Stage.SENSOR, "bands", "tearing", "columns"),
        "wrong_clock": _kind(None, Stage.CLOCK, "offset", "stopped", "reset", "jumps"),
        "substituted": _kind(substituted, Stage.LINE, "loop", clock_runs=Stage.SENSOR),
        "frozen": _kind(frozen, Stage.LINE, "picture", clock_runs=Stage.SENSOR),
        "packet_loss": _kind(packet_loss, Stage.LINE, "lost", "corrupt"),
        "low_frame_rate": _kind(low_frame_rate, Stage.LINE, "dropped", "uneven", "repeated"),
        "no_signal": _kind(no_signal, Stage.LINE, "silence"),
    }
)
"""By name, in the order in which faults of one stage lie over one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """What else the pictures pass: a healthy sensor, the on-screen display.

    `fov_deg` is the horizontal field of view by which turns are warped into the pictures; None where whoever renders
    them has turned the camera by `sway` already.
    """

    fov_deg: float | None = 60.0
    sensor: Sensor | None = None
    display: Display | None = None


def faulty(
    pictures: Iterable[Frame], faults: Sequence[CameraFault], seed: int, lens: Lens | None = None
) -> Iterator[Frame]:
    """Return a camera's pictures, ascending in time, with what is wrong with them; some may be kept back, none comes twice.

    The same seed gives the same pictures. Raise BadInput on a kind or form that is not there, and on a wrong clock
    without a display.
    """
    through = lens or Lens()
    known = [checked(fault) for fault in faults]
    stream: Iterable[Frame] = pictures
    if through.fov_deg is not None:
        stream = turned(stream, known, seed, through.fov_deg)
    stream = _spoilt(stream, known, Stage.GLASS, seed)
    if through.sensor is not None:
        stream = developed(stream, through.sensor, np.random.default_rng((seed, Stage.SENSOR)))
    stream = _spoilt(stream, known, Stage.SENSOR, seed)
    clocks = [fault for fault in known if fault.kind == "wrong_clock"]
    if through.display is not None:
        stream = stamped(stream, through.display, lambda t: _clock(clocks, t, seed))
    elif clocks:
        raise BadInput("camera fault 'wrong_clock': there is no on-screen clock; give the lens a display")
    return iter(_spoilt(stream, known, Stage.LINE, seed))


def sway(faults: Sequence[CameraFault], t: float, seed: int) -> Angles:
    """Return pan (right), tilt (up) and roll (clockwise) of the camera at t in degrees, for whoever renders its pictures."""
    return turning.sway([checked(fault) for fault in faults], t, seed)


def checked(fault: CameraFault) -> CameraFault:
    """Return the fault with its form named; raise BadInput on a kind or form that there is not."""
    if fault.kind not in KINDS:
        raise BadInput(f"no camera fault is called {fault.kind!r}; there are: {', '.join(sorted(KINDS))}")
    forms = KINDS[fault.kind].forms
    if fault.form and fault.form not in forms:
        raise BadInput(f"camera fault {fault.kind!r} has no form {fault.form!r}; it has: {', '.join(forms)}")
    return fault if fault.form else replace(fault, form=next(iter(forms)))


def _spoilt(pictures: Iterable[Frame], faults: Sequence[CameraFault], stage: Stage, seed: int) -> Iterable[Frame]:
    """Lay the faults of one stage over one another, in the order of KINDS."""
    for name, kind in KINDS.items():
        for fault in faults:
            if fault.kind == name and kind.forms[fault.form] == stage and kind.spoil is not None:
                pictures = kind.spoil(pictures, fault, seed)
    return pictures


def _clock(faults: Sequence[CameraFault], t: float, seed: int) -> float:
    """Return the time that the on-screen clock shows at t."""
    return next((wrong_clock.shown(fault, t, seed) for fault in faults if fault.covers(t)), t)
