"""Faults of identity: two movers under one name, one under two, and what a transponder says of itself."""

from dataclasses import replace

import numpy as np

from roadstead.geometry.geodesy import distance_m, moved
from roadstead.positions import Ints, Kind, Reports
from roadstead.simulate.reports._own import Label, displaced, edited, fixes, moving, renamed, setting, stretch
from roadstead.simulate.reports._place import Injected, label

_NO_SHIPS = ("123", "000", "999", "200", "799", "800")
"""What six digits are put behind so that no ship has the number (ITU-R M.585-9): 1 begins none, the others have no MID."""
_MOBILE_AID = 8000
"""From 99MID8000 on aids are mobile ones, which may move."""
_ENOUGH = 12
"""From fewer reports nobody can tell what a station is."""


def _second(own: Reports, rng: np.random.Generator, seconds: float, fault: str, peer: str) -> Injected:
    """Add a second mover under the same name: its own way, displaced, at times of its own, from another peer."""
    rows = stretch(own, rng, seconds=seconds, least=20, gap_s=400)
    if rows is None:
        return None
    far = rng.uniform(20_000, 60_000)
    copy = displaced(own.where(rows), np.arange(len(rows)), rng.uniform(0, 360), far)
    shift = float(rng.integers(2, 5))
    copy = replace(
        copy,
        t=copy.t + shift,
        t_received=copy.t_received + shift,
        peers=(peer,),
        peer=np.zeros(len(rows), dtype=np.int64),
    )
    return Reports.joined((own, copy)), label(fault, own, rows)


def cloned_terminal(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A second terminal reports under the same number from elsewhere."""
    return _second(own, rng, 1800 * severity, "cloned_terminal", "172.16.9.9:40000")


def shared_mmsi(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A second ship uses the same number elsewhere."""
    return _second(own, rng, 3600 * severity, "shared_mmsi", "station-c")


def identity_swap(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Under way, the ship goes on under another number, with the same call sign."""
    silent = setting("identity_swap", "gap_s", 1800.0)
    rows = stretch(own, rng, seconds=1200, least=20, where=moving(own, severity * 2.0))
    if rows is None or "class_b" not in own.columns:
        return None
    cut = float(own.t[rows[len(rows) // 2]])
    when = np.where(np.isfinite(own.t), own.t, own.t_received)
    if np.nanmin(when) > cut - severity * silent or np.nanmax(when) < cut + severity * silent:
        return None
    new = f"{own.movers[0][:3]}9{own.movers[0][4:]}"
    before, after = own.where(when < cut), renamed(own.where(when >= cut + silent / severity / 20), new)
    said = Label("identity_swap", "identity_swap", new, cut - 60, cut + silent)
    return Reports.joined((before, after)), said


def invalid_mmsi(own: Reports, rng: np.random.Generator, _severity: float) -> Injected:
    """The number is no ship's: it begins like none, or its country digits belong to nobody. Nobody else gets the same."""
    rows = fixes(own)
    if not len(rows):
        return None
    bad = str(rng.choice(_NO_SHIPS)) + own.movers[0][-6:].zfill(6)
    return renamed(own, bad), label("invalid_mmsi", own, rows, mover=bad)


def invalid_imo(own: Reports, rng: np.random.Generator, _severity: float) -> Injected:
    """The check digit of the IMO number is wrong."""
    if not any(s.imo for s in own.statics):
        return None
    off = int(rng.integers(1, 10))
    bad = tuple(replace(s, imo=s.imo // 10 * 10 + (s.imo + off) % 10) if s.imo else s for s in own.statics)
    rows = np.flatnonzero((own.kind == Kind.STATIC) & np.isfinite(own.t_received))
    if not len(rows):
        return None
    return replace(own, statics=bad), _received(own, rows, "invalid_imo")


def _received(own: Reports, rows: Ints, fault: str) -> Label:
    t = own.t_received[rows]
    return Label(fault, fault, own.movers[0], float(t.min()), float(t.max()))


def _from_then_on(own: Reports, rows: Ints, fault: str, **other: str | float) -> Injected:
    """Say other static data from the last of some rows on."""
    cut = float(own.t[rows[-1]])
    says = own.kind == Kind.STATIC
    early, late = np.flatnonzero(says & (own.t_received <= cut)), np.flatnonzero(says & (own.t_received > cut))
    if (
        not len(late)
        or not len(early)
        or cut - own.t_received[early].max() > 900
        or own.t_received[late].min() - cut > 900
    ):
        return None
    held = own.statics[int(own.static[early[np.argmax(own.t_received[early])]])]
    if "deeper_m" in other:
        other = {"draught_m": round((held.draught_m or 5.0) + float(other["deeper_m"]), 1)}
    made = replace(own, statics=(*own.statics, replace(held, **other)))  # type: ignore[arg-type]  # fields of Static
    made = replace(made, static=np.where(np.isin(np.arange(len(own)), late), len(own.statics), own.static))
    return made, Label(fault, fault, own.movers[0], cut - 1000, cut + 1000)


def draught_change(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The draught changes under way, long after the last call."""
    if not any(s.draught_m for s in own.statics):
        return None
    seconds = severity * setting("draught_change", "late_s", 7200.0) + 1800
    rows = stretch(own, rng, seconds=seconds, least=20, where=moving(own, 1.0), gap_s=300)
    drop = severity * setting("draught_change", "change_m", 1.0)
    return None if rows is None else _from_then_on(own, rows, "draught_change", deeper_m=drop)


def static_change(own: Reports, rng: np.random.Generator, _severity: float) -> Injected:
    """The vessel has another name and call sign from now on."""
    rows = stretch(own, rng, least=20)
    if rows is None or "class_b" not in own.columns:
        return None
    return _from_then_on(own, rows, "static_change", name="XIN YUN 88", call_sign=f"X{rng.integers(1000, 9999)}")


def aid_misuse(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A ship reports as an aid to navigation, or an aid as a ship, or a fixed aid is adrift."""
    rows = fixes(own)
    kind = int(rng.integers(0, 3))
    if len(rows) < _ENOUGH:
        return None
    if kind == 0:
        rows = rows[: max(4, len(rows) // 4)]
        return edited(own, rows, message=21.0), label("aid_misuse", own, rows)
    name = f"99413{int(own.movers[0][-6:-1]) % _MOBILE_AID:04d}"
    if kind == 1:
        return renamed(own, name), label("aid_misuse", own, rows, mover=name)
    lat, lon = np.full(len(rows), own.lat[rows[0]]), np.full(len(rows), own.lon[rows[0]])
    adrift = np.arange(len(rows)) >= len(rows) * 2 // 3
    off = severity * setting("aid_misuse", "moved_m", 1000.0)
    lat[adrift], lon[adrift] = moved(lat[adrift], lon[adrift], 45.0, off)
    made = edited(renamed(own, name), rows, lat=lat, lon=lon, message=21.0, speed_mps=np.nan)
    if not adrift.any() or float(distance_m(lat[0], lon[0], lat[-1], lon[-1])) == 0:
        return None
    return made, label("aid_misuse", own, rows[adrift], mover=name)
