"""The map that explains an event of a feed: where the mover reported itself, and which reports the finding rests on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.geometry.geodesy import to_ground
from roadstead.geometry.schedules import clock
from roadstead.positions import Fleet, Ints, Kind
from roadstead.record import canvas
from roadstead.record.canvas import Colour
from roadstead.record.overlay import Caption, panel
from roadstead.types import Event, Floats, Image, Scene

WIDTH, HEIGHT = 1280, 720
_GROUND: Colour = (30, 36, 44)
_GRID: Colour = (44, 52, 62)
_AREA: Colour = (120, 140, 165)
_MARGIN_PX = 80
_LEAST_M = 200.0
_BEFORE_S, _MOST_S = 600.0, 7200.0
_ROUND_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)


def rows_around(fleet: Fleet, event: Event) -> Ints:
    """Return the subject's rows from ten minutes before an event to ten minutes after it, two hours of it at most."""
    names = fleet.reports.movers
    if event.subject not in names:
        return np.zeros(0, dtype=np.int64)
    k = names.index(event.subject)
    first, end = int(fleet.start[k]), int(fleet.start[k + 1])
    until = min(event.end, event.start + _MOST_S) + _BEFORE_S
    t = fleet.t[first:end]
    return first + np.flatnonzero((t >= event.start - _BEFORE_S) & (t <= until))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Metres to px: the middle, and px per metre."""

    east: float
    north: float
    scale: float

    def px(self, xy_m: npt.ArrayLike) -> Floats:
        xy = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
        x = WIDTH / 2 + (xy[:, 0] - self.east) * self.scale
        return np.column_stack((x, HEIGHT / 2 - (xy[:, 1] - self.north) * self.scale))


def chart(fleet: Fleet, event: Event, caption: Caption) -> Image:
    """Return the map (h, w, 3) RGB with its caption; a plain ground where the mover gave no place at all."""
    rows = rows_around(fleet, event)
    reports = fleet.reports
    rows = rows[reports.kind[rows] == Kind.POSITION]
    lat, lon = reports.lat[rows], reports.lon[rows]
    usable = (
        np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    )
    rows, lat, lon = rows[usable], lat[usable], lon[usable]
    picture: Image = np.full((HEIGHT, WIDTH, 3), _GROUND, np.uint8)
    colour = canvas.RED if event.outcome == "violation" else canvas.AMBER
    if len(rows):
        origin = fleet.scene.origin or (float(lat[0]), float(lon[0]))
        xy = to_ground(origin, lat, lon)
        sheet = _sheet(xy, fleet.trusted[rows])
        _grid(picture, sheet)
        _areas(picture, sheet, fleet.scene, caption)
        _way(picture, sheet, fleet, rows, xy, event, colour, caption.timezone)
        _scale_bar(picture, sheet)
    size = round(WIDTH / 64)
    what = f"{event.camera}   {event.subject}   {clock(event.start, caption.timezone)}"
    canvas.chip(picture, what, (size * 0.6, size * 0.6), size, canvas.INK, ink=canvas.PAPER, opacity=0.72)
    return np.vstack((picture, panel(WIDTH, event, caption, colour)))


def _sheet(xy: Floats, trusted: npt.NDArray[np.bool_]) -> _Sheet:
    """Fit the map to the places; a stray one that lies a hundred times further than the way is left to the rim."""
    known = xy[np.isfinite(xy).all(axis=1)]
    way = xy[trusted & np.isfinite(xy).all(axis=1)]
    low, high = known.min(axis=0), known.max(axis=0)
    if len(way) > 1:
        near_low, near_high = way.min(axis=0), way.max(axis=0)
        reach = max(_LEAST_M, float(np.ptp(way, axis=0).max()))
        low, high = np.maximum(low, near_low - 100 * reach), np.minimum(high, near_high + 100 * reach)
    span = np.maximum(high - low, _LEAST_M)
    scale = min((WIDTH - 2 * _MARGIN_PX) / span[0], (HEIGHT - 2 * _MARGIN_PX) / span[1])
    middle = (low + high) / 2
    return _Sheet(float(middle[0]), float(middle[1]), float(scale))


def _grid(picture: Image, sheet: _Sheet) -> None:
    step = next((m for m in _ROUND_M if m * sheet.scale >= 70), _ROUND_M[-1])
    for k in range(-20, 21):
        x, y = sheet.px([(sheet.east // step * step + k * step, sheet.north // step * step + k * step)])[0]
        canvas.line(picture, [(x, 0), (x, HEIGHT)], _GRID, 1, halo=False)
        canvas.line(picture, [(0, y), (WIDTH, y)], _GRID, 1, halo=False)


def _areas(picture: Image, sheet: _Sheet, scene: Scene, caption: Caption) -> None:
    for zone in scene.zones.values():
        corners = sheet.px(zone.polygon)
        named = zone.name in caption.named
        tone = canvas.BLUE if named else _AREA
        canvas.fill(picture, corners, tone, 0.18 if named else 0.08)
        canvas.line(picture, corners, tone, 2, closed=True, halo=False)
        canvas.text(picture, zone.name, (float(corners[0, 0]) + 4, float(corners[0, 1]) + 4), 18, tone)
    for way in scene.ways.values():
        canvas.line(picture, sheet.px(way.points), canvas.BLUE if way.name in caption.named else _AREA, 3, halo=False)


def _way(
    picture: Image, sheet: _Sheet, fleet: Fleet, rows: Ints, xy: Floats, event: Event, colour: Colour, timezone: str
) -> None:
    px, trusted = sheet.px(xy), fleet.trusted[rows]
    t = fleet.t[rows]
    within = (t >= event.start) & (t <= event.end)
    for k in np.flatnonzero(within & ~trusted).tolist():
        canvas.line(picture, px[max(0, k - 1) : k + 2], colour, 1, halo=False)
    if trusted.sum() > 1:
        canvas.line(picture, px[trusted], canvas.GREEN, 2)
    for place, sure, bears in zip(px.tolist(), trusted.tolist(), within.tolist(), strict=True):
        tone = colour if bears else canvas.GREEN if sure else canvas.QUIET
        canvas.dot(picture, (place[0], place[1]), 5.0 if bears else 3.0, tone)
    for row, sign in ((0, "起"), (-1, "止")):
        label = f"{sign} {clock(float(t[row]), timezone)[11:19]}"
        x = min(float(px[row, 0]) + 8, WIDTH - canvas.width_of(label, 17) - 8)
        canvas.text(picture, label, (x, float(px[row, 1]) - 22), 17, canvas.PAPER)


def _scale_bar(picture: Image, sheet: _Sheet) -> None:
    metres = next((m for m in reversed(_ROUND_M) if m * sheet.scale <= 260), _ROUND_M[0])
    length = metres * sheet.scale
    x, y = WIDTH - 40 - length, HEIGHT - 36.0
    canvas.line(picture, [(x, y), (x + length, y)], canvas.PAPER, 3)
    name = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"
    canvas.text(picture, name, (x + length / 2 - canvas.width_of(name, 18) / 2, y - 26), 18, canvas.PAPER)
    tip = (WIDTH - 46.0, 40.0)
    canvas.arrow(picture, (tip[0], tip[1] + 46), tip, canvas.PAPER, 3)
    canvas.text(picture, "N", (tip[0] - 6, tip[1] + 50), 18, canvas.PAPER)
