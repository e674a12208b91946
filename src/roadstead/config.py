"""The settings of a watch: one TOML file, checked as a whole before anything starts."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pydantic
from pydantic import Field

from roadstead import feeds, scenes
from roadstead.alerts import Transport
from roadstead.alerts import plugins as transports
from roadstead.behaviours import Behaviour, Rule
from roadstead.behaviours import plugins as behaviours
from roadstead.describe import Describer
from roadstead.describe import plugins as describers
from roadstead.detect import Detector
from roadstead.detect import plugins as detectors
from roadstead.errors import BadInput, BadSettings
from roadstead.feeds import FeedPlan, FeedTable, LegalText, MotionTable
from roadstead.looks import _plan as looks
from roadstead.looks._plan import LookPlan
from roadstead.pipeline import BUILT_IN
from roadstead.registry import Registry
from roadstead.settings import Settings, build, check, read_toml, settings_of
from roadstead.sources import Source
from roadstead.sources import plugins as sources
from roadstead.track.tracker import TrackerSettings
from roadstead.types import Outcome, Ref, Scene, Schedule

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")]


class Analysis(Settings):
    """How often pictures are analysed (`fps`) and judged (`judge_hz`)."""

    fps: Annotated[float, Field(gt=0, le=60)] = 5.0
    judge_hz: Annotated[float, Field(ge=1, le=25)] = 2.0


class Camera(scenes.Drawing):
    """One camera: where its pictures come from and what is known of its view."""

    source: dict[str, Any]
    detector: dict[str, Any] | None = None
    record: bool = True


class Window(Settings):
    """When a rule is in force: days and local times; an end before the start runs past midnight."""

    model_config = pydantic.ConfigDict(populate_by_name=True)

    days: Annotated[list[Day], Field(min_length=1)] = list(_DAYS)
    start: Annotated[_Clock, Field(alias="from")] = "00:00"
    end: Annotated[_Clock, Field(alias="to")] = "24:00"


class RuleTable(Settings):
    """The part of a rule's table that every rule has; its other keys are the behaviour's own settings."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^\s/\\]+$")]
    kind: str
    cameras: list[str] | None = None
    feeds: list[str] | None = None
    classes: list[str] = []
    schedule: Window | list[Window] = []
    legal: LegalText | None = None
    gap_s: Annotated[float, Field(gt=0)] = 10.0


class AlertTable(Settings):
    """The part of an alert's table that every transport has: its name and what it is told."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^\s/\\]+$")]
    kind: str
    rules: list[str] | None = None
    outcomes: list[Outcome] = ["violation"]


class EvidenceTable(Settings):
    """How much video an event's clip holds before its start and after its end, and at most."""

    before_s: Annotated[float, Field(ge=0, le=120)] = 5.0
    after_s: Annotated[float, Field(ge=0, le=120)] = 5.0
    longest_s: Annotated[float, Field(gt=0, le=600)] = 60.0


class RecordTable(Settings):
    """The ring of video kept on disk for live cameras."""

    segment_s: Annotated[float, Field(gt=0, le=60)] = 4.0
    keep_s: Annotated[float, Field(ge=30)] = 3600.0
    keep_gb: Annotated[float, Field(gt=0)] = 20.0


class StoreTable(Settings):
    """Where events are kept; without a URL in an SQLite file of the run folder."""

    url: str | None = None


class Watch(Settings):
    """A whole settings file."""

    name: str = "watch"
    timezone: str = "Asia/Shanghai"
    analysis: Analysis = Analysis()
    detector: dict[str, Any] = {"kind": "motion"}
    describers: list[dict[str, Any]] = []
    tracker: dict[str, Any] = {}
    cameras: dict[str, Camera] = {}
    feeds: dict[str, FeedTable] = {}
    ground: scenes.Ground = scenes.Ground()
    motions: dict[str, MotionTable] = {}
    rules: list[dict[str, Any]] = []
    anomalies: list[dict[str, Any]] | None = None
    alerts: list[dict[str, Any]] = []
    second_look: dict[str, Any] | None = None
    evidence: EvidenceTable = EvidenceTable()
    record: RecordTable = RecordTable()
    store: StoreTable = StoreTable()


@dataclass(frozen=True, slots=True)
class Sink:
    """A transport and what it is told of."""

    name: str
    transport: Transport
    rules: frozenset[str] | None
    outcomes: frozenset[Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPlan:
    """All that is needed to watch one camera; the parts that keep state are made by the runner, from these."""

    name: str
    source: Source
    scene: Scene
    rules: tuple[Rule, ...]
    detector: Mapping[str, Any]
    record: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A settings file that has been checked as a whole."""

    watch: Watch
    path: Path | None
    sha256: str
    cameras: tuple[CameraPlan, ...]
    feeds: tuple[FeedPlan, ...]
    tracker: TrackerSettings
    sinks: tuple[Sink, ...]
    second_look: LookPlan | None = None

    @property
    def base(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent if self.path else Path()


def load(path: Path) -> Plan:
    """Read and check a settings file; raise BadSettings with one sentence naming the file and the field."""
    return plan(read_toml(path), path)


def bare(video: Path) -> Plan:
    """Return the plan for a video without settings: tracks and counts, no rules."""
    return plan(
        {"name": video.stem, "cameras": {"video": {"source": {"kind": "video", "path": str(video.resolve())}}}}, None
    )


def gateway(*, port: int, udp_port: int | None, terminals: Path | None, secret: str = "") -> Plan:
    """Return the plan of a JT/T 808 gateway without a settings file: every anomaly, no rules."""
    source: dict[str, Any] = {"kind": "jt808", "port": port, "secret": secret}
    source |= {} if udp_port is None else {"udp_port": udp_port}
    source |= {} if terminals is None else {"terminals": str(terminals.resolve())}
    return plan({"name": "gateway", "feeds": {"terminals": {"source": source, "label": "truck"}}}, None)


def plan(values: Mapping[str, Any], path: Path | None) -> Plan:
    """Check the values of a settings file and build what can be built without opening anything."""
    where = str(path or "settings")
    watch = check(Watch, values, where)
    _zone_of_time(watch.timezone, where)
    base = path.parent if path else Path()
    if not watch.cameras and not watch.feeds:
        raise BadSettings(f"{where}: names neither cameras nor feeds; add at least one")
    for name in watch.cameras.keys() & watch.feeds.keys():
        raise BadSettings(f"{where}: a camera and a feed are both called {name!r}; names must differ")
    views = {name: scenes.scene(name, camera, f"{where}: cameras.{name}") for name, camera in watch.cameras.items()}
    views |= {name: scenes.ground(name, watch.ground, base, f"{where}: ground") for name in watch.feeds}
    rules = [_rule(table, watch, f"{where}: rules[{i}]") for i, table in enumerate(watch.rules)]
    checks = feeds.checks(watch.anomalies if watch.feeds else [], list(watch.feeds), f"{where}: anomalies")
    looked_for = [*(rule.name for rule, _ in rules), *(made.name for made, _, _ in checks.of)]
    _distinct(looked_for, f"{where}: rules and anomalies")
    second_look = looks.plan(watch.second_look, base, f"{where}: second_look")
    _known(second_look.rules if second_look else None, set(looked_for), f"{where}: second_look")
    sinks = tuple(_sink(table, set(looked_for), f"{where}: alerts[{i}]") for i, table in enumerate(watch.alerts))
    _distinct((sink.name for sink in sinks), f"{where}: alerts")
    for i, (rule, views_of) in enumerate(rules):
        for view in views_of:
            _fits(rule.behaviour, views[view], f"{where}: rules[{i}] ({rule.name})", kind=_kind(view, watch))
    plans = tuple(
        CameraPlan(
            name=name,
            source=_source(camera, name, watch, base, f"{where}: cameras.{name}.source"),
            scene=views[name],
            rules=tuple(rule for rule, views_of in rules if name in views_of),
            detector=camera.detector or watch.detector,
            record=camera.record,
        )
        for name, camera in watch.cameras.items()
    )
    return Plan(
        watch=watch,
        path=path,
        sha256=hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest(),
        cameras=plans,
        feeds=tuple(
            feeds.plan(
                name,
                table,
                views[name],
                checks.on(name),
                [rule for rule, views_of in rules if name in views_of],
                feeds.terms(watch.motions),
                feeds.source(name, table.source, base, f"{where}: feeds.{name}.source"),
            )
            for name, table in watch.feeds.items()
        ),
        tracker=_tracker(watch.tracker, f"{where}: tracker"),
        sinks=sinks,
        second_look=second_look,
    )


def make_detector(plan: Plan, camera: CameraPlan, shared: dict[str, Detector] | None = None) -> Detector:
    """Build a camera's detector from its table; one that keeps no state is taken from `shared`, and put there."""
    known = {} if shared is None else shared

    def made(registry: Registry[Any], table: Mapping[str, Any], where: str) -> Any:
        key = repr(sorted(table.items()))
        detector = known.get(key) or build(registry, table, where, base=plan.base, inner=made)
        if detector.shared:
            known[key] = detector
        return detector

    return cast("Detector", made(detectors, camera.detector, f"{plan.path or 'settings'}: detector"))


def make_describers(plan: Plan) -> tuple[Describer, ...]:
    """Build the describers of a watch."""
    where = plan.path or "settings"
    return tuple(
        build(describers, t, f"{where}: describers[{i}]", base=plan.base) for i, t in enumerate(plan.watch.describers)
    )


def _source(camera: Camera, name: str, watch: Watch, base: Path, where: str) -> Source:
    table = {"fps": watch.analysis.fps, **camera.source}
    plugin = sources.get(table["kind"]) if table.get("kind") in sources.names() else None
    if plugin is not None and "fps" not in {f.name for f in fields(plugin)}:  # type: ignore[arg-type]  # plug-ins are dataclasses
        del table["fps"]
    if plugin is not None and "camera" not in {f.name for f in fields(plugin)}:  # type: ignore[arg-type]  # see above
        raise BadSettings(f"{where}.kind: {table['kind']!r} brings position reports, not pictures; put it under feeds")
    return cast("Source", build(sources, table, where, base=base, camera=name))


def _tracker(table: Mapping[str, Any], where: str) -> TrackerSettings:
    model = settings_of(TrackerSettings)
    checked = check(model, table, where)
    return TrackerSettings(**{name: getattr(checked, name) for name in model.model_fields})


def _rule(table: Mapping[str, Any], watch: Watch, where: str) -> tuple[Rule, tuple[str, ...]]:
    own = {key: value for key, value in table.items() if key in RuleTable.model_fields}
    head = check(RuleTable, own, where)
    rest = {key: value for key, value in table.items() if key not in RuleTable.model_fields}
    behaviour = build(behaviours, {"kind": head.kind, **rest}, where)
    feeds.known(head.cameras, list(watch.cameras), f"{where}.cameras", "camera")
    feeds.known(head.feeds, list(watch.feeds), f"{where}.feeds", "feed")
    windows = head.schedule if isinstance(head.schedule, list) else [head.schedule]
    rule = Rule(
        name=head.name,
        kind=head.kind,
        behaviour=behaviour,
        classes=frozenset(head.classes),
        schedules=tuple(_schedule(w, watch.timezone) for w in windows),
        legal=head.legal.value() if head.legal else None,
        gap_s=head.gap_s,
    )
    if head.cameras is None and head.feeds is None:
        return rule, (*watch.cameras, *watch.feeds)
    return rule, (*(head.cameras or ()), *(head.feeds or ()))


def _kind(view: str, watch: Watch) -> str:
    return "feeds" if view in watch.feeds else "cameras"


def _schedule(window: Window, timezone: str) -> Schedule:
    days = frozenset(_DAYS.index(day) for day in window.days)
    start, end = (int(c[:2]) * 60 + int(c[3:]) for c in (window.start, window.end))
    return Schedule(timezone, days, start, end)


def _fits(behaviour: Behaviour, scene: Scene, where: str, *, kind: str) -> None:
    """Check that what a behaviour names of the scene is there: its zones, its lines, and the ground if it needs it."""
    if kind == "cameras" and getattr(behaviour, "needs_ground", False) and scene.homography is None:
        raise BadSettings(
            f"{where}: measures in metres, but cameras.{scene.camera} has no calibration; add image_px and ground_m"
        )
    for field, hint in get_type_hints(type(behaviour), include_extras=True).items():
        for ref in (m for m in _metadata(hint) if isinstance(m, Ref)):
            known: Mapping[str, object] = {"zone": scene.zones, "line": scene.lines, "way": scene.ways}[ref.to]
            named = getattr(behaviour, field)
            for one in (named,) if isinstance(named, str) else named or ():
                if one not in known:
                    there = ", ".join(known) or "none"
                    place = f"cameras.{scene.camera}" if kind == "cameras" else "the ground of the feeds"
                    raise BadSettings(f"{where}.{field}: {place} has no {ref.to} {one!r}; there are: {there}")


def _metadata(hint: Any) -> list[Any]:
    """Return every Annotated metadata in a type hint, however deep."""
    found = list(getattr(hint, "__metadata__", ()))
    for part in getattr(hint, "__args__", ()):
        found += _metadata(part)
    return found


def _sink(table: Mapping[str, Any], rules: set[str], where: str) -> Sink:
    head = check(AlertTable, {k: v for k, v in table.items() if k in AlertTable.model_fields}, where)
    rest = {k: v for k, v in table.items() if k not in AlertTable.model_fields}
    _known(head.rules, rules, where)
    return Sink(
        head.name,
        build(transports, {"kind": head.kind, **rest}, where),
        frozenset(head.rules) if head.rules is not None else None,
        frozenset(head.outcomes),
    )


def _known(named: Iterable[str] | None, rules: set[str], where: str) -> None:
    known = rules | {terms.rule for terms in BUILT_IN}
    for rule in named or ():
        if rule not in known:
            raise BadSettings(f"{where}.rules: there is no rule {rule!r}; there are: {', '.join(sorted(known))}")


def _distinct(names: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadSettings(f"{where}: two are called {name!r}; names must differ")
        seen.add(name)


def _zone_of_time(name: str, where: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSettings(f"{where}.timezone: there is no time zone {name!r}; use a name like Asia/Shanghai") from None


def is_settings(path: Path) -> bool:
    """Tell whether a path handed to the CLI is a settings file rather than a video."""
    if not path.exists():
        raise BadInput(f"{path}: there is no such file")
    return path.suffix.lower() == ".toml"
