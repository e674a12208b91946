"""The settings of position feeds: where reports come from, what is known of their ground, what is looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field

from roadstead.anomalies import Anomaly, Check
from roadstead.anomalies import plugins as anomalies
from roadstead.behaviours import Rule
from roadstead.errors import BadSettings
from roadstead.geometry.datums import Datum
from roadstead.positions import MOTIONS, Motion
from roadstead.reporting import ReportStages
from roadstead.settings import Settings, build, check
from roadstead.sources import Feed
from roadstead.sources import plugins as sources
from roadstead.track.fleet import FleetTerms
from roadstead.types import Legal, Scene

RARE_S = 300.0
"""On a feed an act goes on through a silence of so long at least: reports come every half minute, or every six."""
_NAME = r"^[^\s/\\]+$"


class LegalText(Settings):
    """The legal text a rule enforces."""

    reference: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)]

    def value(self) -> Legal:
        """Return it as a value."""
        return Legal(self.reference, self.version)


class FeedTable(Settings):
    """One feed: where its reports come from, the class of its movers (and of those that are of another), its datum.

    `judge_s` and `window_s`: how often a live feed is judged, and over how much of its past, of `most_reports` at most;
    `path_s`: how much of a mover's way the rules see.
    """

    source: dict[str, Any]
    label: Annotated[str, Field(min_length=1)]
    labels: dict[str, str] = {}
    datum: Datum = "wgs84"
    judge_s: Annotated[float, Field(ge=1)] = 30.0
    window_s: Annotated[float, Field(ge=60)] = 3600.0
    path_s: Annotated[float, Field(ge=60)] = 7200.0
    most_reports: Annotated[int, Field(ge=1000)] = 1_000_000


class MotionTable(Settings):
    """What a class of mover can do, and the error of its positions (a standard deviation)."""

    max_kmh: Annotated[float, Field(gt=0)]
    sigma_m: Annotated[float, Field(gt=0)]


class AnomalyTable(Settings):
    """The part of an anomaly's table that every one has; its other keys are the anomaly's own settings."""

    kind: str
    name: Annotated[str, Field(min_length=1, pattern=_NAME)] | None = None
    feeds: list[str] | None = None
    classes: list[str] = []
    legal: LegalText | None = None
    gap_s: Annotated[float, Field(gt=0)] = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """All that is needed to follow one feed. `gaps` is each check's silence after which its event has ended."""

    name: str
    source: Feed | None
    stages: ReportStages
    table: FeedTable
    gaps: Mapping[str, float] = field(default_factory=dict)

    @property
    def checks(self) -> Sequence[Check]:
        """The anomalies that are looked for."""
        return self.stages.checks

    @property
    def rules(self) -> Sequence[Rule]:
        """The rules that are asked."""
        return self.stages.rules


@dataclass(frozen=True, slots=True)
class Checks:
    """The anomalies of a settings file: each with its gap and the feeds that it is for (None: all)."""

    of: tuple[tuple[Check, float, tuple[str, ...] | None], ...]

    def on(self, feed: str) -> list[tuple[Check, float]]:
        """Return the checks of one feed."""
        return [(made, gap) for made, gap, feeds in self.of if feeds is None or feed in feeds]


def checks(tables: Sequence[Mapping[str, Any]] | None, feeds: Sequence[str], where: str) -> Checks:
    """Return the checks that a file names; without any table, every anomaly with its default settings."""
    if tables is None:
        return Checks(tuple((_default(kind), AnomalyTable(kind=kind).gap_s, None) for kind in anomalies.names()))
    return Checks(tuple(_check(table, feeds, f"{where}[{i}]") for i, table in enumerate(tables)))


def _default(kind: str) -> Check:
    return Check(name=kind, kind=kind, anomaly=anomalies.get(kind)())


def _check(table: Mapping[str, Any], feeds: Sequence[str], where: str) -> tuple[Check, float, tuple[str, ...] | None]:
    head = check(AnomalyTable, {k: v for k, v in table.items() if k in AnomalyTable.model_fields}, where)
    rest = {k: v for k, v in table.items() if k not in AnomalyTable.model_fields}
    made: Anomaly = build(anomalies, {"kind": head.kind, **rest}, where)
    known(head.feeds, feeds, f"{where}.feeds", "feed")
    found = Check(
        name=head.name or head.kind,
        kind=head.kind,
        anomaly=made,
        classes=frozenset(head.classes),
        legal=head.legal.value() if head.legal else None,
    )
    return found, head.gap_s, None if head.feeds is None else tuple(head.feeds)


def known(named: Sequence[str] | None, there: Sequence[str], where: str, noun: str) -> None:
    """Raise BadSettings where a table names something that is not there."""
    for name in named or ():
        if name not in there:
            raise BadSettings(f"{where}: there is no {noun} {name!r}; there are: {', '.join(there) or 'none'}")


def terms(motions: Mapping[str, MotionTable]) -> FleetTerms:
    """Return what each class can do: the known ones, and those of the settings."""
    own = {label: Motion(max_mps=m.max_kmh / 3.6, sigma_m=m.sigma_m) for label, m in motions.items()}
    return FleetTerms(motions={**MOTIONS, **own})


def source(name: str, table: Mapping[str, Any], base: Path, where: str) -> Feed:
    """Build the source of a feed; nothing is opened."""
    kind = table.get("kind")
    plugin = sources.get(kind) if kind in sources.names() else None
    if plugin is not None and not hasattr(plugin, "decoder"):
        raise BadSettings(f"{where}.kind: {kind!r} brings pictures, not position reports; put it under cameras")
    return cast("Feed", build(sources, table, where, base=base, feed=name))


def plan(
    name: str,
    table: FeedTable,
    scene: Scene,
    found: Sequence[tuple[Check, float]],
    rules: Sequence[Rule],
    known_terms: FleetTerms,
    made: Feed | None = None,
) -> FeedPlan:
    """Return one feed's plan; `made` is its source, None where its messages come from elsewhere."""
    stages = ReportStages(
        feed=name,
        scene=scene,
        labels={"": table.label, **table.labels},
        datum=table.datum,
        checks=tuple(one for one, _ in found),
        rules=tuple(rules),
        terms=known_terms,
        judge_s=table.judge_s,
        path_s=table.path_s,
        window_s=table.window_s,
        most_reports=table.most_reports,
    )
    gaps = {one.name: gap for one, gap in found} | {rule.name: max(rule.gap_s, RARE_S) for rule in rules}
    return FeedPlan(name=name, source=made, stages=stages, table=table, gaps=gaps)
