"""Faults of place: what a receiver, its antenna or somebody who falsifies does to where a mover seems to be."""

import numpy as np

from roadstead.geometry.geodesy import moved
from roadstead.positions import MOTIONS, Ints, Kind, Reports
from roadstead.simulate.reports._own import (
    Label,
    displaced,
    edited,
    fixes,
    led,
    moving,
    reach_m,
    setting,
    steps,
    stretch,
)

Injected = tuple[Reports, Label] | None


def label(fault: str, own: Reports, rows: Ints, anomaly: str = "", mover: str = "") -> Label:
    """Return the label of a fault in some rows, by event time."""
    t = own.t[rows]
    return Label(fault, anomaly or fault, mover or own.movers[0], float(t.min()), float(t.max()))


def class_of(own: Reports) -> str:
    """Return "vessel" where the reports are AIS, else "truck"."""
    return "vessel" if "class_b" in own.columns else "truck"


def zero_island(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Some places are 0, 0."""
    rows = stretch(own, rng, least=int(np.ceil(setting("zero_island", "least", 1) * severity)))
    return None if rows is None else (edited(own, rows, lat=0.0, lon=0.0), label("zero_island", own, rows))


def out_of_range(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Some longitudes are beyond 180 degrees: no place, exchanged or not."""
    rows = stretch(own, rng, least=int(np.ceil(setting("out_of_range", "least", 1) * severity)))
    return None if rows is None else (edited(own, rows, lon=180.0 + 3 * severity), label("out_of_range", own, rows))


def swapped_coordinates(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Latitude and longitude are exchanged."""
    rows = stretch(own, rng, least=int(np.ceil(setting("swapped_coordinates", "least", 1) * severity)))
    if rows is None:
        return None
    return edited(own, rows, lat=own.lon[rows], lon=own.lat[rows]), label("swapped_coordinates", own, rows)


def jump(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """One fix lies where the mover cannot come from nor go on from; one time in four it's the first of all."""
    rows = fixes(own)
    if len(rows) < 20:
        return None
    k = 0 if rng.random() < 0.25 else int(rng.integers(5, len(rows) - 5))
    span = np.diff(own.t[rows[max(0, k - 1) : k + 2]])
    if span.max() > 400:
        return None
    far = severity * reach_m(float(span.max()), class_of(own)) + float(steps(own, rows[max(0, k - 1) : k + 2])[1].max())
    return displaced(own, rows[k : k + 1], rng.uniform(0, 360), far), label("jump", own, rows[k : k + 1])


def teleport(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """From one fix on everything lies elsewhere, too far for a few strays to explain it."""
    rows = stretch(own, rng, seconds=300, least=10)
    if rows is None:
        return None
    k = len(rows) // 2
    span = rows[k - 5 : k + 5]
    dt, step, _ = steps(own, span)
    far = severity * reach_m(float(dt.sum()), class_of(own)) + float(step.sum())
    after = np.flatnonzero((own.kind == Kind.POSITION) & (own.t >= own.t[rows[k]]))
    return displaced(own, after, rng.uniform(0, 360), far), label("teleport", own, rows[k - 1 : k + 1])


def frozen_fix(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The place stays the same while the mover goes on."""
    vessel = class_of(own) == "vessel"
    least = int(np.ceil(severity * setting("frozen_fix", "least_vessel" if vessel else "least", 10 if vessel else 5)))
    fast = severity * setting("frozen_fix", "moving_vessel_mps" if vessel else "moving_mps", 0.6 if vessel else 2.8)
    rows = stretch(own, rng, least=least, where=moving(own, fast))
    if rows is None:
        return None
    return edited(own, rows, lat=own.lat[rows[0]], lon=own.lon[rows[0]]), label("frozen_fix", own, rows)


def drift(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Fixes stray to the one side of the way and the other, while the mover goes on; reported often enough that bends show as such."""
    off = severity * setting("drift", "sigmas", 4.0) * MOTIONS[class_of(own)].sigma_m
    for _ in range(8):
        rows = stretch(own, rng, seconds=600, least=60, gap_s=21)
        if rows is None:
            return None
        goes = rows[own.speed_mps[rows] > 3.0]
        if len(goes) > 0.7 * len(rows):
            _, _, way = steps(own, goes)
            across = off * rng.uniform(0.7, 1.3, len(goes)) * np.where(np.arange(len(goes)) % 2, 1, -1)
            return displaced(own, goes, np.append(way, way[-1]) + 90, across), label("drift", own, goes)
    return None


def jitter(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Fixes scatter at random in all directions while the mover goes on: drift that was not made for its anomaly."""
    off = severity * setting("drift", "sigmas", 4.0) * MOTIONS[class_of(own)].sigma_m
    rows = stretch(own, rng, seconds=600, least=60, where=moving(own, 3.0), gap_s=21)
    if rows is None:
        return None
    course, far = rng.uniform(0, 360, len(rows)), np.abs(rng.normal(0, off, len(rows)))
    return displaced(own, rows, course, far), label("drift", own, rows)


def rare_jump(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """One fix lies astray, further than an interval's reach from where it was, on the way of a mover that reports each 30 s."""
    rows = stretch(own, rng, seconds=120, least=3, where=moving(own), gap_s=35)
    if rows is None or np.median(np.diff(own.t[rows])) < 25:
        return None
    k = len(rows) // 2
    far = severity * reach_m(float(own.t[rows[k]] - own.t[rows[k - 1]]), class_of(own))
    return displaced(own, rows[k : k + 1], rng.uniform(0, 360), far), label("jump", own, rows[k : k + 1])


def parked_drift(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """Fixes of a mover that stands wander off and come back, or leap to and fro."""
    still = np.asarray((own.speed_mps < 0.1) & ~(own.column("recorder_mps") > 0.1))
    rows = stretch(own, rng, seconds=650, least=15, where=still, gap_s=320)
    if rows is None:
        return None
    off = severity * setting("parked_drift", "wander_m", 50.0)
    n, course = len(rows), float(rng.uniform(0, 360))
    dense = float(np.diff(own.t[rows]).max()) <= 31
    if dense and rng.random() < 0.5:
        step = severity * setting("parked_drift", "path_m", 200.0) / 4
        made = displaced(own, rows, course, np.where(np.arange(n) // 2 % 2, step, 0.0))
        return made, label("parked_drift", own, rows)
    off_rows = rows[n // 3 : n // 3 + max(4, n // 4)]
    return displaced(own, off_rows, course, off), label("parked_drift", own, off_rows)


def wrong_datum(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """All places are those of GCJ-02, and nothing says so."""
    from roadstead.geometry.datums import convert

    rows = np.flatnonzero((own.kind == Kind.POSITION) & np.isfinite(own.lat))
    if moving(own).sum() < 60 * severity:
        return None
    lat, lon = convert(own.lat[rows], own.lon[rows], "wgs84", "gcj02" if rng.random() < 0.5 else "bd09")
    return edited(own, rows, lat=np.round(lat, 6), lon=np.round(lon, 6)), label("wrong_datum", own, rows)


def circle_spoofing(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The places lie on a circle, passed at an even speed."""
    turns = severity * setting("circle_spoofing", "turns", 2.0)
    radius, speed = rng.uniform(300, 1500), rng.uniform(5, 10)
    rows = stretch(own, rng, seconds=turns * 2 * np.pi * radius / speed, least=40, where=moving(own, 1.0), gap_s=45)
    if rows is None:
        return None
    angle = (own.t[rows] - own.t[rows[0]]) * speed / radius + rng.uniform(0, 6)
    lat, lon = moved(own.lat[rows[0]], own.lon[rows[0]], np.rad2deg(angle[0]) + 180, radius)
    lat, lon = moved(lat, lon, np.rad2deg(angle), radius + rng.normal(0, 1.5, len(rows)))
    return led(own, rows, lat, lon), label("circle_spoofing", own, rows)
