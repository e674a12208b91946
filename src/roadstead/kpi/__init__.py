"""Key figures of reporting, per terminal and operator: 上线率, 数据合格率, 轨迹完整率, 漂移率.

Authorities publish these figures, not their formulae. Each is therefore a named pair of small functions in KPIS, which
another pair may replace; docs/positions/kpi.md gives numerators, denominators and what is assumed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from roadstead.kpi._counts import tallies
from roadstead.kpi._formulas import (
    DRIFT_RULES,
    KPIS,
    QUALITY_RULES,
    Formula,
    Kpi,
    Share,
    Tally,
    Terms,
    drifted_positions,
    drifting_terminals,
    fit_positions,
    online_slots,
    online_terminals,
    whole_track,
)
from roadstead.kpi._row import Row
from roadstead.kpi._table import Table
from roadstead.positions import Fleet
from roadstead.terminals import Terminal, identity
from roadstead.types import Evidence

__all__ = [
    "DRIFT_RULES",
    "KPIS",
    "QUALITY_RULES",
    "UNLISTED",
    "Formula",
    "Kpi",
    "Row",
    "Share",
    "Table",
    "Tally",
    "Terms",
    "drifted_positions",
    "drifting_terminals",
    "fit_positions",
    "kpis",
    "online_slots",
    "online_terminals",
    "whole_track",
]

UNLISTED = "（未登记）not in the list"
"""The operator of terminals that report and are not registered."""


def kpis(
    fleet: Fleet,
    findings: Sequence[Evidence],
    terminals: Mapping[str, Terminal] | None = None,
    terms: Terms | None = None,
) -> Table:
    """Work the figures out; `terminals` are the registered ones by number (None: not known, so no group has an online rate)."""
    terms = terms or Terms()
    period, counted = tallies(fleet, findings, terms)
    listed = {identity(number): (number, terminal) for number, terminal in (terminals or {}).items()}
    each: list[Row] = []
    for mover, tally in zip(fleet.reports.movers, counted, strict=True):
        number, terminal = listed.pop(identity(mover), (mover, None))
        each.append(
            _of_terminal(mover if terminal is None else number, terminal, tally, terms, known=terminals is None)
        )
    silent = Tally(slots=period.slots)
    each += [_of_terminal(number, terminal, silent, terms, known=True) for number, terminal in listed.values()]
    each.sort(key=lambda row: (row.operator == UNLISTED, row.operator, row.terminal))
    rows = [*_groups(each, terms.kpis), *each]
    return Table(rows=rows, kpis=terms.kpis, since=period.since, until=period.until, outside=period.outside)


def _of_terminal(number: str, terminal: Terminal | None, tally: Tally, terms: Terms, *, known: bool) -> Row:
    """Return the row of one terminal; `known`: it is listed, or there is no list."""
    listed = terminal is not None
    tally = replace(tally, terminals=1, registered=int(listed), online=int(listed and tally.slots_online > 0))
    operator = terminal.operator if terminal is not None else "" if known else UNLISTED
    shares = {name: kpi.terminal(tally) for name, kpi in terms.kpis.items()}
    plate = terminal.plate if terminal is not None else ""
    return Row(level="terminal", operator=operator, terminal=number, plate=plate, tally=tally, shares=shares)


def _groups(each: Sequence[Row], kpis: Mapping[str, Kpi]) -> list[Row]:
    """Return the rows of the total and of each operator, in the order of the terminals."""
    parts: dict[str, list[Tally]] = {}
    for row in each:
        parts.setdefault(row.operator, []).append(row.tally)
    whole = _sum([row.tally for row in each])
    rows = [Row(level="total", tally=whole, shares={name: kpi.group(whole) for name, kpi in kpis.items()})]
    for operator, some in parts.items():
        tally = _sum(some)
        shares = {name: kpi.group(tally) for name, kpi in kpis.items()}
        rows += [Row(level="operator", operator=operator, tally=tally, shares=shares)] if operator else []
    return rows


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(**{f.name: sum(getattr(t, f.name) for t in tallies) for f in fields(Tally)})
