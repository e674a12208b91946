"""What a training came to, on one page that needs no network: figures before and after, curves, checks, mistakes, what ships, recipe.

What a run folder does not have is left out of the page; nothing is made up for it.
"""

import base64
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from roadstead.evaluate.bootstrap import Difference
from roadstead.evaluate.comparing import better, difference, table, verdict
from roadstead.evaluate.reports import Example, Measured, Report
from roadstead.train.curves import curves
from roadstead.train.runs import LOG, RECIPE, RUN, Run

FILE = "report.html"
SIDE = 320
"""Thumbnails are at most so many px wide and high."""
CLASSES = 30
"""A confusion of more classes shows those that are confused most."""

__all__ = ["curves", "write"]


@dataclass(frozen=True, slots=True)
class _Figure:
    """One row of the table of figures."""

    name: str
    main: bool
    before: Measured | None
    after: Measured | None
    change: Difference | None
    good: bool


@dataclass(frozen=True, slots=True)
class _Confusion:
    """Counts by class; `shades` are shares of the row. `left_out` classes are not shown."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shades: tuple[tuple[float, ...], ...]
    left_out: int


def write(folder: Path, pictures: Mapping[str, Path] | None = None) -> Path:
    """Write `curves.png` and `report.html` into a run folder; `pictures` are the files of samples by id, for thumbnails."""
    run = Run(folder)
    drawn = curves(folder)
    reports = {name: run.report(name) for name in ("before", "after") if (folder / f"{name}.json").is_file()}
    shown = next((reports[name] for name in ("after", "before") if name in reports), None)
    facts = run.read(RUN) if (folder / RUN).is_file() else {}
    plan = run.read("plan.json") if (folder / "plan.json").is_file() else {}
    recipe = (folder / RECIPE).read_text(encoding="utf-8") if (folder / RECIPE).is_file() else ""
    page = _template().render(
        name=plan.get("name") or _named(recipe) or folder.name,
        plan=plan,
        facts=facts,
        steps=sum(row.get("kind") == "step" for row in run.rows()) if (folder / LOG).is_file() else 0,
        reports=reports,
        shown=shown,
        verdict=verdict(reports["before"], reports["after"]) if len(reports) == 2 else "",
        figures=_figures(reports),
        classes=_columns(shown.per_class) if shown else (),
        slices=_columns(shown.per_slice) if shown else (),
        confusion=_confusion(shown.confusion) if shown and shown.confusion else None,
        worst=[(one, _thumbnail(one, pictures or {})) for one in shown.worst] if shown else (),
        checks=run.read("checks.json") if (folder / "checks.json").is_file() else (),
        shipped=run.read("export.json") if (folder / "export.json").is_file() else None,
        curves=_inline(drawn.read_bytes(), "png") if drawn else "",
        recipe=recipe,
        notes=_notes(plan, reports),
    )
    path = folder / FILE
    part = folder / f".{FILE}.part"
    part.write_text(page, encoding="utf-8")
    part.replace(path)
    return path


def _named(recipe: str) -> str:
    """Return the name that a recipe gives its training; "" where it cannot be read."""
    try:
        return str(tomllib.loads(recipe).get("name", ""))
    except tomllib.TOMLDecodeError:
        return ""


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": _number, "seconds": _seconds, "plain": _plain, "change": _change}
    environment.globals |= {"bar": _bar, "support": _support}
    text = resources.files("roadstead.train").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)


def _figures(reports: Mapping[str, Report]) -> list[_Figure]:
    found = []
    both, last = len(reports) == 2, list(reports.values())[-1:]
    for row in table(reports):
        change = difference(reports["before"], reports["after"], row.figure) if both else None
        good = change is not None and change.value is not None and (change.value > 0) == better(last[0], row.figure)
        before, after = row.values.get("before"), row.values.get("after")
        found.append(_Figure(row.figure, row.main, before, after, change, good))
    return found


def _columns(parts: Mapping[str, Mapping[str, Measured]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Return groups of classes that have the same figures: (figures, classes), in the order they come."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, figures in parts.items():
        groups.setdefault(tuple(figures), []).append(name)
    return list(groups.items())


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> _Confusion:
    """Lay a confusion out as a square; with too many classes those that are mistaken most, in their order."""
    labels = list(dict.fromkeys([*confusion, *(said for row in confusion.values() for said in row)]))
    wrong = dict.fromkeys(labels, 0)
    for true, row in confusion.items():
        for said, n in row.items():
            if true != said:
                wrong[true] += n
                wrong[said] += n
    most = sorted(labels, key=lambda label: -wrong[label])[:CLASSES]
    shown = tuple(label for label in labels if label in most)
    counts = tuple(tuple(confusion.get(true, {}).get(said, 0) for said in shown) for true in shown)
    totals = [max(1, sum(confusion.get(true, {}).values())) for true in shown]
    shades = tuple(tuple(n / total for n in row) for row, total in zip(counts, totals, strict=True))
    return _Confusion(shown, counts, shades, len(labels) - len(shown))


def _thumbnail(example: Example, pictures: Mapping[str, Path]) -> str:
    """Return a sample's picture made small, as a data URI; "" where there is none that can be read."""
    import cv2

    file = pictures.get(example.sample)
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR) if file is not None and file.is_file() else None
    if picture is None:
        return ""
    scale = min(1.0, SIDE / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return _inline(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes(), "jpeg")


def _inline(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _notes(plan: Mapping[str, Any], reports: Mapping[str, Report]) -> list[str]:
    said = [str(note) for note in plan.get("notes", ())]
    return list(dict.fromkeys([*said, *(note for report in reports.values() for note in report.notes)]))


def _bar(value: Measured) -> tuple[float, float, float] | None:
    """Return value, low and high in per cent of 0 to 1, for drawing; None for figures of another range."""
    if value.value is None or not 0 <= value.value <= 1:
        return None
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    return 100 * value.value, 100 * max(0.0, low), 100 * min(1.0, high)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "–"
        return f"{value:.3f}" if value == 0 or 0.001 <= abs(value) < 10 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _change(value: float) -> str:
    return f"{value:+.3f}" if abs(value) < 10 else f"{value:+.4g}"


def _support(figures: Mapping[str, Measured]) -> int:
    """Return how many true cases a class has: what its recall rests on, or what comes nearest to it."""
    for name in ("recall", "ap", "iou", "macro_f1", "accuracy", "f1", "exact"):
        if name in figures:
            return figures[name].of
    return max((figure.of for figure in figures.values()), default=0)


def _plain(value: Any) -> str:
    """Return a plan's value for people: numbers with separators, lists by commas."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_plain(one) for one in value) or "–"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else _number(value)


def _seconds(value: float) -> str:
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"
