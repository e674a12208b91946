"""Golden paths: a way in ground metres as a vessel or a truck terminal reports it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from _fleets import HOME
from _fleets import T0 as REPORTS_T0
from _golden import T0
from roadstead.behaviours import Behaviour, Rule
from roadstead.positions import Position, Reports
from roadstead.reporting import ReportStages, judged
from roadstead.types import Evidence, Floats, Line, Scene, Space, View, Vote, Way, Zone


class Fixes:
    """A mover of reports alone: every `every_s` a place, known to `jitter_m`; of each share `misses` of them is lost."""

    def __init__(
        self,
        way: Sequence[tuple[float, float, float]],
        every_s: float = 10.0,
        *,
        name: str = "vessel",
        label: str = "vessel",
        jitter_m: float = 0.0,
        misses: float = 0.0,
        seed: int = 0,
    ) -> None:
        rng = np.random.default_rng(seed)
        when, xs, ys = np.asarray(way, dtype=np.float64).T
        t = np.arange(when[0], when[-1] + 1e-6, every_s)
        t = t[(rng.random(len(t)) >= misses) | (t == t[0])]
        self.id, self.label = name, label
        self.t: Floats = T0 + t
        self.attributes: Mapping[str, Vote] = MappingProxyType({})
        self._xy: Floats = np.column_stack((np.interp(t, when, xs), np.interp(t, when, ys)))
        self._xy = self._xy + rng.normal(0, jitter_m, self._xy.shape)

    def points(self, space: Space) -> Floats | None:
        """Return the reported places on the ground."""
        return self._xy if space == "m" else None

    def upto(self, t: float) -> "Fixes | None":
        """Return what was reported by t; None before the first report."""
        rows = self.t <= t
        if not rows.any():
            return None
        known = object.__new__(Fixes)
        known.id, known.label, known.attributes = self.id, self.label, self.attributes
        known.t, known._xy = self.t[rows], self._xy[rows]
        return known


def watch_paths(
    behaviour: Behaviour, paths: Sequence[Fixes], where: Scene, *, step_s: float = 5.0, keep_s: float = 600.0
) -> list[Evidence]:
    """Return all evidence that a behaviour gives of paths as they grow, until `keep_s` after the last report."""
    found: list[Evidence] = []
    end = max(float(p.t[-1]) for p in paths) + keep_s
    for t in np.arange(T0, end, step_s).tolist():
        known = [k for k in (p.upto(t) for p in paths) if k is not None]
        view = View(t, (), where, paths=known)
        asked = (behaviour.check(mover, view) for mover in known)
        found += [evidence for evidence in asked if evidence is not None]
    return found


def ground(*shapes: Zone | Line | Way) -> Scene:
    """Return the ground of a feed with these shapes, in metres from HOME."""
    zones = {s.name: s for s in shapes if isinstance(s, Zone)}
    lines = {s.name: s for s in shapes if isinstance(s, Line)}
    ways = {s.name: s for s in shapes if isinstance(s, Way)}
    return Scene("feed", zones=zones, lines=lines, ways=ways, origin=HOME)


def square(name: str, x: float, y: float, side: float) -> Zone:
    """Return a square zone on the ground about its middle."""
    h = side / 2
    return Zone(name, np.array([(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)]), "m")


def judged_by(
    behaviour: Behaviour, reports: Sequence[Position], where: Scene, *, label: str = "truck"
) -> list[Evidence]:
    """Return the evidence of a rule, asked of reports as a feed asks it: through the fleet, every 30 s of their time."""
    rule = Rule(name="rule", kind="rule", behaviour=behaviour)
    stages = ReportStages(feed="feed", scene=where, labels=label, rules=(rule,))
    return list(judged(Reports.of(reports), stages).evidence)


def after_s(t: float | None) -> float:
    """Return how many seconds of the way had passed at t."""
    assert t is not None
    return t - REPORTS_T0
