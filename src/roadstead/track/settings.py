"""What can be set about tracking. Lengths are in box sides (the root of the box's area), so any picture size works."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """Scores, patience and memory; the defaults serve 2 to 25 analyses a second."""

    sure_score: Annotated[float, Interval(ge=0, le=1)] = 0.35
    """A box scored so or more may begin a track; weaker ones only continue one."""
    least_score: Annotated[float, Interval(ge=0, le=1)] = 0.1
    """Boxes scored less are ignored."""
    confirm_sightings: Annotated[int, Interval(ge=1, le=50)] = 3
    """Sightings until a track is confirmed."""
    confirm_s: Annotated[float, Interval(ge=0, le=60)] = 0.3
    """Seconds from the first to the last sighting until a track is confirmed."""
    newcomer_s: Annotated[float, Interval(gt=0, le=60)] = 0.4
    """An unconfirmed track ends when unseen for so long and for two pictures; a lone box is forgotten after so long and three."""
    hidden_s: Annotated[float, Interval(gt=0, le=600)] = 3.0
    """A moving track is searched along its way for so long."""
    hidden_standing_s: Annotated[float, Interval(gt=0, le=86_400)] = 120.0
    """A standing track keeps its place at most so long, and no longer than it stood (but ten seconds)."""
    speed_sides_per_s: Annotated[float, Interval(gt=0, le=100)] = 5.0
    """Standard deviation of the speed of an object of which nothing is known."""
    agility: Annotated[float, Interval(gt=0, le=100)] = 0.4
    """Process noise: the velocity's standard deviation grows by so many sides/s within a second."""
    jitter_sides: Annotated[float, Interval(gt=0, le=1)] = 0.05
    """Standard deviation of a box's centre."""
    history_s: Annotated[float, Interval(gt=0, le=86_400)] = 900.0
    """How far back a track's points are kept."""
    max_tracks: Annotated[int, Gt(0), Interval(le=10_000)] = 1_000
    """Live tracks at once; what would begin more is counted and left out."""
