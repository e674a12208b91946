"""The map of checked reports: one HTML file that needs nothing else, in Chinese and English."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import jinja2
import numpy as np

from roadstead.errors import RecordingError
from roadstead.geometry.geodesy import from_ground
from roadstead.geometry.schedules import clock
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Scene

MOST_BYTES = 8_000_000
"""The page is made no larger than this (but for two fixes of every track)."""
MOST_FIXES, MOST_MARKS, MOST_MOVERS = 250_000, 20_000, 40_000
_FINDINGS_BYTES = 3_600_000
_FIX_BYTES, _MARK_BYTES, _TRACK_BYTES = 24, 46, 34
"""What one costs in the page at most, steps of 1,000 s and 1 degree taken for the longest usual ones."""
_MOST_LAT_DEG = 85.0
"""Mercator's projection goes no further."""
_MICRO = 1e6
_METRES_PER_DEG = 111_195.0
_WINDOW_ROWS = 200
"""So many fixes of one finding are never left out."""
_UNITS = {"m": "m", "s": "s", "mps": "m/s", "deg": "°", "px": "px", "m2": "m²", "km": "km", "min": "min"}

_DEFECTS: Mapping[Defect, tuple[str, str]] = {
    Defect.NO_POSITION: ("no position given", "未给出位置"),
    Defect.NO_FIX: ("receiver without a fix", "未定位"),
    Defect.SWAPPED: ("latitude and longitude swapped", "经纬度互换"),
    Defect.OUT_OF_RANGE: ("out of range", "坐标越界"),
    Defect.ZERO: ("zero, a default", "零值坐标"),
    Defect.REPEATED: ("repeated report", "重复上报"),
}
_UNTRUSTED = ("not trusted: a stray fix or a rival track", "不可信：孤立点或竞争轨迹")


@dataclass(frozen=True, slots=True)
class _Note:
    """One number of the page: what it counts in English and Chinese, and whether it deserves attention."""

    en: str
    zh: str
    n: int
    tone: Literal["", "bad"] = ""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the page carries of the fixes, and what it does not."""

    tracks: list[Any]
    marks: dict[str, list[Any]]
    notes: tuple[_Note, ...]
    shown: int


def write_map(
    out: Path,
    fleet: Fleet,
    found: Sequence[Evidence],
    *,
    title: str,
    timezone: str,
    titles: Mapping[str, tuple[str, str]],
    counts: Mapping[str, int],
) -> Path:
    """Write `map.html` into a folder and return its path; raise RecordingError.

    `titles` names each rule in English and Chinese, `counts` is what was read, by name. Every fix, defect and finding is
    drawn or counted on the page among what is not; no more than MOST_BYTES are written.
    """
    rules = sorted({f.rule for f in found})
    kept_findings = _fitting(fleet, found, rules, timezone)
    movers, number = _movers(fleet, found)
    room = MOST_BYTES - 60_000 - _size(kept_findings) - _size(movers)
    drawn = _draw(fleet, found, number, room)
    t = fleet.t[np.isfinite(fleet.t)]
    data = {
        "timezone": timezone,
        "rules": [
            {"id": rule, "en": titles.get(rule, (rule, ""))[0], "zh": titles.get(rule, ("", rule))[1]} for rule in rules
        ],
        "movers": movers,
        "tracks": drawn.tracks,
        "marks": drawn.marks,
        "why": [_UNTRUSTED, *_DEFECTS.values()],
        "findings": kept_findings,
        "shapes": _shapes(fleet.scene),
        "view": _view(fleet),
    }
    page = _template().render(
        title=title,
        timezone=timezone,
        start=clock(float(t.min()), timezone, ms=False) if len(t) else "–",
        end=clock(float(t.max()), timezone, ms=False) if len(t) else "–",
        tiles=_tiles(fleet, found),
        read=_read(counts),
        reports=_reports(fleet),
        left_out=[n for n in (*drawn.notes, *_unlisted(fleet, found, movers, kept_findings)) if n.n],
        shown=drawn.shown,
        script=resources.files("roadstead").joinpath("map.js").read_text(encoding="utf-8"),
        data=_embedded(data),
    )
    return _written(out / "map.html", page)


def _written(path: Path, page: str) -> Path:
    temporary = path.with_name(".map.html.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise RecordingError(
            f"{path}: the map cannot be written: {error.strerror}; free space or choose another folder"
        ) from error
    return path


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(resources.files("roadstead").joinpath("map.html.j2").read_text(encoding="utf-8"))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _size(value: object) -> int:
    return len(_json(value).encode())


def _embedded(data: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = _json(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _drawable(fleet: Fleet) -> Bools:
    """Tell which rows (n,) have a place that a map in Mercator's projection can show."""
    lat, lon = fleet.reports.lat, fleet.reports.lon
    with np.errstate(invalid="ignore"):
        there = (np.abs(lat) <= _MOST_LAT_DEG) & (np.abs(lon) <= 180)
    return np.asarray((fleet.reports.kind == Kind.POSITION) & there)


def _draw(fleet: Fleet, found: Sequence[Evidence], number: Ints, room: int) -> _Drawn:
    """Choose and code the fixes that fit into `room` bytes; `number` (movers,) is each mover's in the page, or -1."""
    seen, listed = _drawable(fleet), number[fleet.mover] >= 0
    position = fleet.reports.kind == Kind.POSITION
    ways = fleet.trusted & seen & np.isfinite(fleet.t)
    rows = np.flatnonzero(ways & listed)
    rows = rows[np.lexsort((fleet.segment[rows], fleet.mover[rows]))]
    first = _firsts(fleet, rows)
    others = np.flatnonzero(seen & ~ways & listed)
    marked = others[np.argsort(fleet.defect[others] == Defect.REPEATED, kind="stable")][:MOST_MARKS]
    most = min(MOST_FIXES, (room - _MARK_BYTES * len(marked) - _TRACK_BYTES * int(first.sum())) // _FIX_BYTES)
    kept, off_m = _thinned(fleet, rows, _borne(fleet, found)[rows], max(0, most))
    notes = (
        _Note(
            f"fixes of tracks: they lie on the way between others, to {off_m:g} m",
            f"轨迹点：位于相邻点连线上（{off_m:g} 米以内）",
            len(rows) - len(kept),
        ),
        _Note(
            "marks beyond the first " + f"{MOST_MARKS:,}", f"超出前 {MOST_MARKS:,} 个的标记", len(others) - len(marked)
        ),
        _Note("positions without a place that a map can show", "无法在地图上显示的位置", int((position & ~seen).sum())),
        _Note("positions of movers that are not listed", "未列出目标的位置", int((seen & ~listed).sum())),
    )
    return _Drawn(_tracks(fleet, kept, number), _marks(fleet, np.sort(marked), number), notes, len(kept) + len(marked))


def _firsts(fleet: Fleet, rows: Ints) -> Bools:
    """Tell which of rows in the order of mover and segment begin a track."""
    change = (np.diff(fleet.mover[rows]) != 0) | (np.diff(fleet.segment[rows]) != 0)
    return np.concatenate((np.ones(min(1, len(rows)), dtype=bool), change))


def _borne(fleet: Fleet, found: Sequence[Evidence]) -> Bools:
    """Tell which rows (n,) a finding rests on: of long ones only the ends."""
    borne = np.zeros(len(fleet), dtype=bool)
    number = {name: k for k, name in enumerate(fleet.reports.movers)}
    for f in found:
        k = number.get(f.subject)
        if k is None:
            continue
        low, high = int(fleet.start[k]), int(fleet.start[k + 1])
        begin = low + int(np.searchsorted(fleet.t[low:high], f.t if f.since is None else f.since, side="left"))
        end = low + int(np.searchsorted(fleet.t[low:high], f.t, side="right"))
        if end - begin <= _WINDOW_ROWS:
            borne[begin:end] = True
        else:
            borne[[begin, end - 1]] = True
    return borne


def _thinned(fleet: Fleet, rows: Ints, needed: Bools, most: int) -> tuple[Ints, float]:
    """Leave out fixes near the line between their neighbours until `most` are left; return them and how far off, m.

    Passes that leave out every second fix at most, by a limit that is doubled when a pass gains little (so a way is
    changed by less than twice the last limit). The ends of tracks stay, and needed fixes unless they are half of the most.
    """
    if needed.sum() > most // 2:
        needed = np.zeros_like(needed)
    off_m = 1.0
    used_m = 0.0
    for _ in range(64):
        if len(rows) <= most:
            break
        first = _firsts(fleet, rows)
        fixed = needed | first | np.append(first[1:], True)
        starts = np.flatnonzero(first)
        odd = (np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))) % 2 == 1
        gone = np.zeros(len(rows), dtype=bool)
        at = np.flatnonzero(odd & ~fixed)
        gone[at] = _off_line_m(fleet, rows, at) <= off_m
        if gone.any():
            used_m = off_m
        if gone.sum() * 10 < len(rows):
            off_m *= 2
        rows, needed = rows[~gone], needed[~gone]
    return rows, 2 * used_m


def _off_line_m(fleet: Fleet, rows: Ints, at: Ints) -> Floats:
    """Return how far (k,) the fixes at places of `rows` lie from the line from the one before to the one after, m."""
    lat, lon = fleet.reports.lat[rows], fleet.reports.lon[rows]
    narrow = np.cos(np.deg2rad(lat[at]))

    def metres(other: Ints) -> Floats:
        east = (lon[other] - lon[at - 1]) * narrow
        return np.column_stack((east, lat[other] - lat[at - 1])) * _METRES_PER_DEG

    here, after = metres(at), metres(at + 1)
    length2 = np.maximum((after**2).sum(axis=1), 1e-9)
    share = np.clip((here * after).sum(axis=1) / length2, 0, 1)
    return np.asarray(np.hypot(*(here - share[:, None] * after).T))


def _tracks(fleet: Fleet, rows: Ints, number: Ints) -> list[Any]:
    """Return [mover, seconds, latitudes, longitudes] of each track, the first value and then differences, 1e-6 degrees."""
    t = np.rint(fleet.t[rows]).astype(np.int64)
    lat = np.rint(fleet.reports.lat[rows] * _MICRO).astype(np.int64)
    lon = np.rint(fleet.reports.lon[rows] * _MICRO).astype(np.int64)
    first = _firsts(fleet, rows)
    coded = [np.where(first, v, np.diff(v, prepend=0)).tolist() for v in (t, lat, lon)]
    starts = np.flatnonzero(first).tolist()
    movers = number[fleet.mover[rows]].tolist()
    ends = [*starts[1:], len(rows)][: len(starts)]
    return [[movers[a], *(v[a:b] for v in coded)] for a, b in zip(starts, ends, strict=True)]


def _marks(fleet: Fleet, rows: Ints, number: Ints) -> dict[str, list[Any]]:
    """Return the fixes that are no part of a trusted track, as columns; `why` 0 is not trusted, else the defect."""
    t = [round(v) if np.isfinite(v) else None for v in fleet.t[rows].tolist()]
    return {
        "mover": number[fleet.mover[rows]].tolist(),
        "t": t,
        "lat": fleet.reports.lat[rows].round(6).tolist(),
        "lon": fleet.reports.lon[rows].round(6).tolist(),
        "why": fleet.defect[rows].tolist(),
    }


def _movers(fleet: Fleet, found: Sequence[Evidence]) -> tuple[list[list[str]], Ints]:
    """Return [identity, class, name] of movers, those with findings first, and each one's number there (-1: not)."""
    names = fleet.reports.movers
    subjects = {f.subject for f in found}
    order = np.argsort([name not in subjects for name in names], kind="stable")[:MOST_MOVERS]
    number = np.full(len(names), -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    statics = fleet.reports.statics
    named = np.array([bool(s.name) for s in statics] + [False], dtype=bool)
    rows = np.flatnonzero(named[fleet.reports.static])
    last = dict(zip(fleet.mover[rows].tolist(), fleet.reports.static[rows].tolist(), strict=True))
    said = {k: statics[static].name or "" for k, static in last.items()}
    return [[names[k], fleet.labels[k], said.get(k, "")] for k in order.tolist()], number


def _fitting(fleet: Fleet, found: Sequence[Evidence], rules: Sequence[str], timezone: str) -> list[dict[str, Any]]:
    """Return the findings as the page lists them, in their order; the surest of every rule where not all fit."""
    place = {name: k for k, name in enumerate(fleet.reports.movers)}
    drawable = _drawable(fleet)
    ranks: dict[str, int] = {}
    rank = [0] * len(found)
    for i in sorted(range(len(found)), key=lambda i: (-found[i].score, i)):
        rank[i] = ranks[found[i].rule] = ranks.get(found[i].rule, -1) + 1
    room, chosen = _FINDINGS_BYTES, {}
    for i in sorted(range(len(found)), key=lambda i: (rank[i], i)):
        listed = _finding(fleet, drawable, place, found[i], rules, timezone)
        room -= _size(listed)
        if room < 0:
            break
        chosen[i] = listed
    return [chosen[i] for i in sorted(chosen)]


def _finding(
    fleet: Fleet, drawable: Bools, place: Mapping[str, int], f: Evidence, rules: Sequence[str], timezone: str
) -> dict[str, Any]:
    since = f.t if f.since is None else f.since
    where = _where(fleet, drawable, place.get(f.subject), f)
    return {
        "rule": rules.index(f.rule),
        "subject": f.subject,
        "from": since,
        "to": f.t,
        "start": clock(since, timezone, ms=False),
        "end": clock(f.t, timezone, ms=False),
        "outcome": f.outcome,
        "score": round(f.score, 3),
        "en": f.because.en,
        "zh": f.because.zh,
        "place": where,
        "measured": [_measured(name, value) for name, value in f.measured.items() if name not in ("lat", "lon")],
    }


def _where(fleet: Fleet, drawable: Bools, k: int | None, f: Evidence) -> list[float] | None:
    """Return latitude and longitude of a finding: as measured, else the subject's place that is nearest in time."""
    lat, lon = f.measured.get("lat"), f.measured.get("lon")
    if isinstance(lat, int | float) and isinstance(lon, int | float) and abs(lat) <= _MOST_LAT_DEG and abs(lon) <= 180:
        return [round(float(lat), 6), round(float(lon), 6)]
    if k is None:
        return None
    rows = np.arange(int(fleet.start[k]), int(fleet.start[k + 1]))
    rows = rows[drawable[rows] & np.isfinite(fleet.t[rows])]
    if not len(rows):
        return None
    row = int(rows[np.argmin(np.abs(fleet.t[rows] - f.t))])
    return [round(float(fleet.reports.lat[row]), 6), round(float(fleet.reports.lon[row]), 6)]


def _measured(name: str, value: float | int | str | None) -> list[str]:
    """Return name, value and unit as they are shown."""
    stem, _, unit = name.rpartition("_")
    label, unit = (stem, _UNITS[unit]) if stem and unit in _UNITS else (name, "")
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return [label.replace("_", " "), "–", ""]
    text = str(value) if not isinstance(value, float) else f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.5g}"
    return [label.replace("_", " "), text, unit]


def _shapes(scene: Scene) -> list[dict[str, Any]]:
    """Return zones, ways and lines of the ground as degrees."""
    if scene.origin is None:
        return []
    named: list[tuple[str, str, Any]] = [("zone", z.name, z.polygon) for z in scene.zones.values() if z.space == "m"]
    named += [("way", way.name, way.points) for way in scene.ways.values()]
    named += [("line", line.name, [line.start, line.end]) for line in scene.lines.values() if line.space == "m"]
    shapes = []
    for kind, name, xy_m in named:
        lat, lon = from_ground(scene.origin, xy_m)
        shapes.append({"kind": kind, "name": name, "lat": lat.round(6).tolist(), "lon": lon.round(6).tolist()})
    return shapes


def _view(fleet: Fleet) -> list[float]:
    """Return south, west, north, east of what is shown first: all trusted fixes but for one in a hundred on each side."""
    rows = np.flatnonzero(_drawable(fleet) & fleet.trusted)
    if not len(rows):
        rows = np.flatnonzero(_drawable(fleet))
    if not len(rows):
        return [-60.0, -180.0, 75.0, 180.0]
    (south, north), (west, east) = (np.percentile(v[rows], (1, 99)) for v in (fleet.reports.lat, fleet.reports.lon))
    return [round(float(v), 6) for v in (south, west, north, east)]


def _tiles(fleet: Fleet, found: Sequence[Evidence]) -> list[_Note]:
    violations = sum(f.outcome == "violation" for f in found)
    return [
        _Note("violations", "违规", violations, "bad"),
        _Note("insufficient evidence", "证据不足", len(found) - violations),
        _Note("movers", "目标", len(fleet.reports.movers)),
        _Note("reports", "上报", len(fleet)),
    ]


def _read(counts: Mapping[str, int]) -> list[_Note]:
    return [
        _Note(name.replace("_", " "), name.replace("_", " "), n, "bad" if name.startswith("bad_") and n else "")
        for name, n in sorted(counts.items())
    ]


def _reports(fleet: Fleet) -> list[_Note]:
    """Return what became of each report; the numbers add up to all of them."""
    kind, defect = fleet.reports.kind, fleet.defect
    place = kind == Kind.POSITION
    sound = place & (defect == Defect.NONE)
    notes = [
        _Note("positions: trusted", "位置：可信", int((sound & fleet.trusted).sum())),
        _Note("positions " + _UNTRUSTED[0], "位置" + _UNTRUSTED[1], int((sound & ~fleet.trusted).sum()), "bad"),
        *(
            _Note("positions: " + en, "位置：" + zh, int((place & (defect == d)).sum()), "bad")
            for d, (en, zh) in _DEFECTS.items()
        ),
        _Note("static reports (name, size, plate)", "静态信息（名称、尺寸、车牌）", int((kind == Kind.STATIC).sum())),
        _Note("signs of life of the link", "链路心跳", int((kind == Kind.LINK).sum())),
    ]
    return [n for n in notes if n.n]


def _unlisted(
    fleet: Fleet, found: Sequence[Evidence], movers: Sequence[object], listed: Sequence[object]
) -> list[_Note]:
    return [
        _Note("movers", "目标", len(fleet.reports.movers) - len(movers)),
        _Note("findings, the least sure of each rule", "各规则中得分最低的发现", len(found) - len(listed)),
    ]
