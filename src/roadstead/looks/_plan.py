"""The settings of a second look, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from roadstead.looks import Look, plugins
from roadstead.settings import Settings, build, check
from roadstead.types import Event, Outcome


class LookTable(Settings):
    """The part of `second_look` that every way to look has: at what, in which language, and how long the end waits for it."""

    kind: str
    rules: tuple[str, ...] | None = None
    outcomes: tuple[Outcome, ...] = ("violation", "insufficient")
    language: Literal["en", "zh"] = "en"
    side_px: Annotated[int, Field(ge=64, le=4096)] = 1024
    wait_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    most_waiting: Annotated[int, Field(ge=1, le=10_000)] = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LookPlan:
    """Who looks a second time, at what, and in which language; the longer side of a picture is at most `side_px`.

    Where the watch ends, it waits `wait_s` for looks that are due, and no more than `most_waiting` may be.
    """

    kind: str
    look: Look
    rules: frozenset[str] | None = None
    outcomes: frozenset[Outcome] = frozenset({"violation", "insufficient"})
    language: Literal["en", "zh"] = "en"
    side_px: int = 1024
    wait_s: float = 30.0
    most_waiting: int = 200

    def wanted(self, event: Event) -> bool:
        """Whether an event is to be looked at."""
        return event.outcome in self.outcomes and (self.rules is None or event.rule in self.rules)


def plan(table: Mapping[str, Any] | None, base: Path, where: str) -> LookPlan | None:
    """Check a `second_look` table and build who looks; None where nobody does. Raises BadSettings."""
    if table is None:
        return None
    head = check(LookTable, {k: v for k, v in table.items() if k in LookTable.model_fields}, where)
    rest = {k: v for k, v in table.items() if k not in LookTable.model_fields}
    return LookPlan(
        kind=head.kind,
        look=build(plugins, {"kind": head.kind, **rest}, where, base=base),
        rules=frozenset(head.rules) if head.rules is not None else None,
        outcomes=frozenset(head.outcomes),
        language=head.language,
        side_px=head.side_px,
        wait_s=head.wait_s,
        most_waiting=head.most_waiting,
    )
