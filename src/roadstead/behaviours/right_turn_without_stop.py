"""Right turn without a stop: a large vehicle turns right and did not stand at the stop line first (右转必停)."""

import statistics
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Lt

from roadstead.behaviours import behaviour
from roadstead.behaviours._standstill import (
    OPEN_SIGMA,
    Band,
    Passage,
    jitter,
    left_open_s,
    longest_gap,
    proven_s,
    slowest,
    thin,
)
from roadstead.behaviours._stop_line import StopLine, stop_line
from roadstead.geometry import paths, zones
from roadstead.types import Evidence, Homography, Measured, Mover, Outcome, Ref, Scene, Text, Track, View

_LOOK_ON_S = 1.0
"""A turn is judged so long after the exit was entered, when its angle is known; nothing later is used."""
_REPORT_S = 3.0
"""How long a judged turn is reported: seven judgements at 2 Hz, of which one is enough."""
_RESIZED, _RESIZED_S = 0.2, 3.0
"""A box whose height differs by this share from those within 3 s is cut by something in front: its foot is not seen."""
_JUMP_MPS = 40.0
"""No vehicle in a junction is as fast: the track jumped from one vehicle to another."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Rows of a mover: from `first` to `row`, where it entered the exit; and whether it was seen in the approach."""

    first: int
    row: int
    approached: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """One turn: when the exit was entered, the way to and over the line, the angle to the right."""

    t: float
    approached: bool
    way: Passage
    turned_deg: float | None


@behaviour("right_turn_without_stop", zh="未停车观察右转")
@dataclass(frozen=True, slots=True, kw_only=True)
class RightTurnWithoutStop:
    """Violation when a mover came from `approach`, turned right into `exit_zone`, and cannot have stood for `min_stop_s`.

    Standing is no faster than `stop_speed_mps`. It counts where the foot point is at most `before_line_m` before and
    `beyond_line_m` beyond the stop line. What the observations leave open is insufficient. Left turns, straight on and
    proven stops give nothing.
    """

    needs_ground: ClassVar[bool] = True

    approach: Annotated[str, Ref("zone")]
    stop_line: Annotated[str, Ref("line")]
    exit_zone: Annotated[str, Ref("zone")]
    min_stop_s: Annotated[float, Gt(0)] = 2.0
    stop_speed_mps: Annotated[float, Gt(0)] = 0.3
    before_line_m: Annotated[float, Gt(0)] = 12.0
    beyond_line_m: Annotated[float, Ge(0)] = 1.5
    min_turn_deg: Annotated[float, Ge(0), Lt(180)] = 30.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the same evidence of a turn for three seconds after it could be judged."""
        entry = self._entry(mover, view.scene, view.t)
        if entry is None or not 0.0 <= view.t - mover.t[entry.row] - _LOOK_ON_S <= _REPORT_S:
            return None
        line = stop_line(view.scene, self.stop_line, self.approach)
        turn = None if line is None else self._turn(mover, entry, line, view.scene.homography)
        if turn is None or (turn.turned_deg is not None and turn.turned_deg < self.min_turn_deg):
            return None
        ground = view.scene.homography
        band = Band(-self.beyond_line_m, self.before_line_m, ground.residual_m if ground else 0.0)
        return self._judge(mover, turn, band)

    def _entry(self, mover: Mover, scene: Scene, now: float) -> _Entry | None:
        """Return where the exit was last entered, from the approach or (once) from nowhere; two sights in it confirm it.

        None also where no entry at all can be reported now.
        """
        approach, leave = scene.zones[self.approach], scene.zones[self.exit_zone]
        before, after = mover.points(approach.space), mover.points(leave.space)
        if before is None or after is None or len(mover.t) < 3:
            return None
        # most movers entered nothing lately: then where they were earlier need not be asked
        lately = mover.t.searchsorted((now - _LOOK_ON_S - _REPORT_S, now - _LOOK_ON_S), "right")
        since, until = max(int(lately[0]) - 2, 0), int(lately[1]) + 2
        if not len(_entered(zones.inside(leave, after[since:until]))):
            return None
        in_approach, in_exit = zones.inside(approach, before), zones.inside(leave, after)
        starts = _entered(in_exit)
        found, first = None, 0
        for row in starts.tolist():
            approached = bool(in_approach[first:row].any())
            if approached or found is None:
                found, first = _Entry(first, row, approached), row
        return found

    def _turn(self, mover: Mover, entry: _Entry, line: StopLine, calibration: Homography | None) -> _Turn | None:
        """Return the way from the entry's first row on, seen from the stop line; None where it came from elsewhere."""
        ground = mover.points("m")
        if ground is None:
            return None
        t = float(mover.t[entry.row])
        rows = np.arange(entry.first, int(np.searchsorted(mover.t, t + _LOOK_ON_S, "right")))
        rows = rows[np.isfinite(ground[rows]).all(axis=1) & _whole(mover, calibration)[rows]]
        if len(rows) < 2:
            return None
        when, xy = thin(mover.t[rows], line.seen_from(ground[rows]))
        if not entry.approached and not line.crossed_from_near(xy, self.before_line_m):
            return None
        sigma = jitter(when, xy)
        turned = line.turned_deg(xy, float(np.nan_to_num(sigma).max()))
        return _Turn(t, entry.approached, Passage(when, xy, sigma), turned)

    def _judge(self, mover: Mover, turn: _Turn, band: Band) -> Evidence | None:
        doubt = _doubt(turn, band)
        if doubt is not None:
            return self._evidence(mover, turn, band, "insufficient", None, doubt)
        near = _near(turn.way, band)
        least = proven_s(near, self.min_stop_s, band, self.stop_speed_mps)
        if least >= self.min_stop_s:
            return None
        most = left_open_s(near, self.min_stop_s, band, self.stop_speed_mps)
        stood = (min(least, most), most)
        if most >= self.min_stop_s:
            why = self._why_open(near, band, stood)
            return self._evidence(mover, turn, band, "insufficient", stood, why)
        return self._evidence(mover, turn, band, "violation", stood, self._why_not(turn, band, stood))

    def _why_open(self, way: Passage, band: Band, stood: tuple[float, float]) -> Text:
        """Say what keeps it open whether it stood for long enough."""
        gap = longest_gap(way, band)
        if way.xy[0, 0] < band.most:
            return Text(
                f"it was first seen {way.xy[0, 0]:.1f} m before the stop line",
                f"首次出现时距停止线仅 {way.xy[0, 0]:.1f} m",
            )
        if gap >= max(1.0, self.min_stop_s / 2):
            return Text(f"it was hidden near the stop line for {gap:.1f} s", f"在停止线附近被遮挡 {gap:.1f} s")
        if gap > self.min_stop_s / 2.5:
            return Text(f"it was seen only every {gap:.1f} s", f"观测间隔长达 {gap:.1f} s")
        noisy = float(way.jitter_m.max())
        if OPEN_SIGMA * noisy > self.stop_speed_mps * self.min_stop_s:
            return Text(f"its position is known only to {noisy:.2f} m", f"位置误差达 {noisy:.2f} m")
        return Text(
            f"it stood for {stood[0]:.1f} to {stood[1]:.1f} s, too near to {self.min_stop_s:g} s to tell",
            f"停止时间在 {stood[0]:.1f} 至 {stood[1]:.1f} s 之间,与要求的 {self.min_stop_s:g} s 过于接近",
        )

    def _why_not(self, turn: _Turn, band: Band, stood: tuple[float, float]) -> Text:
        """Say how long it stood at most, how slow it was, and where else it stood."""
        slow = slowest(_near(turn.way, band), self.min_stop_s, band)
        en = f"it stood at the stop line for at most {stood[1]:.1f} of the {self.min_stop_s:g} s demanded"
        zh = f"停止线处停止时间至多 {stood[1]:.1f} s(要求 {self.min_stop_s:g} s)"
        if slow is not None:
            en += f", its slowest speed was {slow.mps:.1f} m/s (standing: {self.stop_speed_mps:g} m/s)"
            zh += f",最低速度 {slow.mps:.1f} m/s(停止判定 {self.stop_speed_mps:g} m/s)"
        other = _elsewhere(turn.way, band, self.min_stop_s, self.stop_speed_mps)
        if other is not None:
            place, where = ("before", "前") if other > 0 else ("beyond", "后")
            en += f"; a stop {abs(other):.1f} m {place} the line does not count"
            zh += f";停止线{where} {abs(other):.1f} m 处的停车不计"
        return Text(en, zh)

    def _evidence(
        self, mover: Mover, turn: _Turn, band: Band, outcome: Outcome, stood: tuple[float, float] | None, why: Text
    ) -> Evidence:
        angle_en = "" if turn.turned_deg is None else f" by {turn.turned_deg:.0f}°"
        angle_zh = "" if turn.turned_deg is None else f" {turn.turned_deg:.0f}°"
        if outcome == "violation":
            text = Text(
                f"{mover.label} {mover.id} turned right{angle_en} without a full stop: {why.en}.",
                f"{mover.id} 右转{angle_zh}未停车观察:{why.zh}。",
            )
            score = 1.0 if stood is None else 1.0 - 0.5 * min(1.0, stood[1] / self.min_stop_s)
        else:
            text = Text(
                f"{mover.label} {mover.id} turned right{angle_en}; whether it stopped first cannot be told: {why.en}.",
                f"{mover.id} 右转{angle_zh},无法判定是否停车:{why.zh}。",
            )
            score = 0.0
        return Evidence(mover.id, turn.t, outcome, score, text, self._measured(turn, band, stood))

    def _measured(self, turn: _Turn, band: Band, stood: tuple[float, float] | None) -> Measured:
        way = turn.way
        known = bool(np.isfinite(way.jitter_m).all())
        slow = slowest(_near(way, band), self.min_stop_s, band) if known else None
        near = (way.xy[:, 0] <= band.most) & (way.xy[:, 0] >= band.least)
        return {
            "standstill_s": None if stood is None else round(sum(stood) / 2, 3),
            "standstill_uncertainty_s": None if stood is None else round((stood[1] - stood[0]) / 2, 3),
            "min_stop_s": self.min_stop_s,
            "min_speed_mps": None if slow is None else round(slow.mps, 3),
            "min_speed_sigma_mps": None if slow is None else round(slow.sigma_mps, 3),
            "stop_speed_mps": self.stop_speed_mps,
            "slowest_before_line_m": None if slow is None else round(slow.to_go_m, 2),
            "stop_elsewhere_before_line_m": _rounded(_elsewhere(way, band, self.min_stop_s, self.stop_speed_mps)),
            "before_line_m": self.before_line_m,
            "beyond_line_m": self.beyond_line_m,
            "position_sigma_m": round(float(way.jitter_m.max()), 3) if known else None,
            "longest_gap_s": round(longest_gap(way, band), 3),
            "samples": len(way.t),
            "samples_at_line": int(near.sum()),
            "turn_deg": _rounded(turn.turned_deg),
            "min_turn_deg": self.min_turn_deg,
        }


def _entered(within: zones.Bools) -> npt.NDArray[np.intp]:
    """Return the rows at which a zone was entered for two sights at least."""
    return 1 + np.flatnonzero(within[1:-1] & within[2:] & ~within[:-2])


def _doubt(turn: _Turn, band: Band) -> Text | None:
    """Return why nothing can be said of a stop at all; what the track did far before the line does not matter."""
    way = turn.way
    if not turn.approached:
        return Text("its track begins after the approach", "轨迹在进口道之后才出现")
    if not np.isfinite(way.jitter_m).all():
        return Text(f"it was seen only {len(way.t)} times", f"仅有 {len(way.t)} 个观测点")
    near = _near(way, band)
    step = np.maximum(np.abs(np.diff(near.xy, axis=0)) - OPEN_SIGMA * np.sqrt(2) * near.jitter_m, 0.0)
    fastest = float((np.hypot(*step.T) / np.diff(near.t)).max(initial=0.0))
    if fastest > _JUMP_MPS:
        return Text(
            f"its track jumps at {fastest:.0f} m/s, so it may be two vehicles",
            f"轨迹跳变({fastest:.0f} m/s),可能混淆两辆车",
        )
    return None


def _near(way: Passage, band: Band) -> Passage:
    """Return the way from the last sight before the band on; what lies further back holds no stop that counts."""
    reach = band.most + band.slack_m + OPEN_SIGMA * float(way.jitter_m[0])
    inside = np.flatnonzero(way.xy[:, 0] <= reach)
    first = max(0, int(inside[0]) - 1) if len(inside) else 0
    return Passage(way.t[first:], way.xy[first:], way.jitter_m)


def _elsewhere(way: Passage, band: Band, seconds: float, slow_mps: float) -> float | None:
    """Return the metres to go (negative: beyond) of the longest standstill outside the band; None if there is none."""
    if not np.isfinite(way.jitter_m).all():
        return None
    radius = OPEN_SIGMA * float(way.jitter_m.max()) + slow_mps * seconds / 2
    stops = paths.standstills(way.t, way.xy, radius=radius, min_s=seconds)
    outside = [s for s in stops if not band.least <= s.at[0] <= band.most]
    return max(outside, key=lambda s: s.seconds).at[0] if outside else None


def _whole(mover: Mover, ground: Homography | None) -> npt.NDArray[np.bool_]:
    """Tell which rows show the whole vehicle: a box partly hidden by another vehicle has its lower edge elsewhere."""
    if not isinstance(mover, Track) or ground is None:
        return np.ones(len(mover.t), dtype=bool)
    feet = np.column_stack(((mover.boxes[:, 0] + mover.boxes[:, 2]) / 2, mover.boxes[:, 3], np.ones(len(mover.t))))
    # the third row of the calibration goes with 1 / distance, as a height in px does: this is a height in metres, but for a factor
    heights = (mover.boxes[:, 3] - mover.boxes[:, 1]) / np.maximum(feet @ ground.matrix[2], 1e-12)
    near = heights.tolist()
    first, last = (
        np.searchsorted(mover.t, mover.t - _RESIZED_S),
        np.searchsorted(mover.t, mover.t + _RESIZED_S, "right"),
    )
    usual = np.array([statistics.median(near[a:b]) for a, b in zip(first.tolist(), last.tolist(), strict=True)])
    return np.asarray(np.abs(heights - usual) <= _RESIZED * usual)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
