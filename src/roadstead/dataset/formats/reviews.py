"""Reviewed cases: what officers said of what the system accused, as samples to learn from. The schema is in docs/datasets.md.

    <folder>/reviews.jsonl          one still of one reviewed case a line, written when cases are exported
    <folder>/pictures/              the stills

confirmed: the accused thing is there, a positive. rejected: the picture stays without the accused thing, a hard negative.
unsure: still to label (no target).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import checked, placed
from roadstead.dataset.formats._rows import (
    Row,
    demand,
    facts,
    left,
    maybe_text,
    media_of,
    of_facts,
    read_lines,
    text_of,
    unique,
    write_lines,
)
from roadstead.dataset.formats._targets import object_row, objects_of
from roadstead.dataset.samples import Label, Objects, Sample, Target
from roadstead.errors import BadInput

SCHEMA = 1
"""The version of the rows that is written, and the only one that is read."""
_VERDICTS = ("confirmed", "rejected", "unsure")
_KEYS = frozenset(
    {
        *("schema", "id", "event", "rule", "camera", "t", "verdict", "reason", "reviewer", "media", "width", "height"),
        *("objects", "accused", "origin", "group", "split"),
    }
)


@format_("reviews", zh="复核案件样本")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """Stills of reviewed cases.

    `target` objects: what was seen, without what was wrongly accused. label: the rule where it was confirmed, `nothing` where it
    was rejected. `rules` keeps cases of these rules (none: all). `together` says what may not be split apart where a row names
    no group.
    """

    loses: ClassVar[frozenset[str]] = frozenset({"text", "way"})
    targets: ClassVar[tuple[type[Target], ...]] = (Objects,)
    target: Literal["objects", "label"] = "objects"
    nothing: str = "nothing"
    rules: tuple[str, ...] = ()
    together: Literal["camera", "event"] = "camera"
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: confirmed, rejected, unsure, other_rules (left out), missing_pictures (yielded without)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a row; raise BadInput naming the line, also where its schema is another version."""
        file = folder / "reviews.jsonl"
        if not file.is_file():
            raise BadInput(f"{folder}: holds no reviews.jsonl")
        kept = ((where, row) for where, row in read_lines(file) if self._wanted(row, where))
        yield from unique((self._sample(row, where, folder) for where, row in kept), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write samples of objects as if a reviewer had confirmed them, and those without a target as unsure."""
        write_lines(folder / "reviews.jsonl", [_row(sample, folder) for sample in samples])

    def _wanted(self, row: Row, where: str) -> bool:
        if row.get("schema") != SCHEMA:
            raise BadInput(f"{where}: is of schema {row.get('schema')!r}; this version reads schema {SCHEMA}")
        unknown = row.keys() - _KEYS
        if unknown:
            raise BadInput(f"{where}: has an unknown key {min(unknown)!r}; there are {', '.join(sorted(_KEYS))}")
        if row.get("verdict") not in _VERDICTS:
            raise BadInput(f"{where}: verdict must be one of {', '.join(_VERDICTS)}")
        wanted = not self.rules or row.get("rule") in self.rules
        self._counts["other_rules"] += not wanted
        return wanted

    def _sample(self, row: Row, where: str, folder: Path) -> Sample:
        event, rule, verdict = text_of(row, "event", where), text_of(row, "rule", where), row["verdict"]
        self._counts[verdict] += 1
        known: dict[str, Any] = facts(row, where)
        camera = maybe_text(row, "camera", where)
        known["group"] = known["group"] or (event if self.together == "event" else camera)
        return Sample(
            id=maybe_text(row, "id", where) or event,
            target=None if verdict == "unsure" else self._target(row, rule, where),
            media=media_of(maybe_text(row, "media", where), folder, where, self._counts),
            **known,
        )

    def _target(self, row: Row, rule: str, where: str) -> Target:
        seen, confirmed = row.get("objects", []), row["verdict"] == "confirmed"
        if self.target == "label":
            return Label(rule if confirmed else self.nothing)
        found = objects_of(seen, where)
        accused = row.get("accused")
        if confirmed or accused is None:
            return found
        k = accused.get("object") if isinstance(accused, dict) else None
        if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k < len(found):
            raise BadInput(
                f"{where}: accused must name an object, 0 to {len(found) - 1}, and may name an attribute of it"
            )
        return objects_of(_without(seen, k, accused.get("attribute")), where)


def _without(seen: list[Row], k: int, attribute: str | None) -> list[Row]:
    """Return the objects without the accused one, or without its accused attribute alone."""
    if attribute is None:
        return [row for place, row in enumerate(seen) if place != k]
    attributes = {name: value for name, value in seen[k].get("attributes", {}).items() if name != attribute}
    return [{**row, "attributes": attributes} if place == k else row for place, row in enumerate(seen)]


def _row(sample: Sample, folder: Path) -> Row:
    demand(sample, (Objects,), "reviews")
    seen = sample.target
    row: Row = {
        "schema": SCHEMA,
        "event": sample.id,
        "rule": "labelled",
        "verdict": "unsure" if seen is None else "confirmed",
    }
    if sample.media is not None:
        row["media"] = placed(sample.media, folder, f"pictures/{checked(sample.id)}")
    if isinstance(seen, Objects):
        row["objects"] = [object_row(seen, k) for k in range(len(seen))]
    return row | of_facts(sample) | ({"split": sample.split} if sample.split else {})
