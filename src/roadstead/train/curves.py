"""How a training went, drawn from its log: loss, the figure it chose by, the rate, the size of gradients."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadstead.train.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "curves.png"
_FONTS = (
    "Noto Sans CJK SC",
    "Noto Serif CJK SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "DejaVu Sans",
)
"""The first that are installed are used: names of classes and stages may be Chinese."""
_TRAIN, _VAL, _QUIET = "#1f6fb2", "#c8460e", "#8793a0"
_SMOOTH = 0.9
"""The thick line is the mean of steps, each counting so much as the next."""
_MANY = 30
"""With fewer steps than this, steps are drawn as points and not smoothed."""
_WIDE = 30.0
"""Values that span more than this factor are drawn on a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One panel: what it shows, steps (x, y) and evaluations (x, y), and which evaluation was kept."""

    title: str
    steps: Sequence[tuple[float, float]] = ()
    evaluations: Sequence[tuple[float, float]] = ()
    kept: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A log over all stages: panels that have something to show, and where each stage begins."""

    panels: tuple[Curve, ...]
    stages: tuple[tuple[str, int], ...]

    @property
    def last(self) -> float:
        """The last step of all."""
        return max(x for panel in self.panels for x, _ in (*panel.steps, *panel.evaluations))


def curves(folder: Path) -> Path | None:
    """Draw `curves.png` (1200 px wide) into a run folder and return it; None where the log has no step."""
    found = history(list(Run(folder).rows()))
    if not found.panels:
        return None
    import matplotlib as mpl
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.ticker import MaxNLocator

    installed = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [*[name for name in _FONTS if name in installed][:1], "DejaVu Sans"]
    with mpl.rc_context(
        {
            "font.family": fonts,
            "font.size": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": False,
            "axes.formatter.limits": (-3, 5),
        }
    ):
        rows = -(-len(found.panels) // 2)
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
        figure = Figure(figsize=(12, 4 * rows), dpi=100, layout=layout)
        FigureCanvasAgg(figure)
        columns = min(2, len(found.panels))
        for place, panel in enumerate(found.panels):
            axes = figure.add_subplot(rows, columns, place + 1)
            _draw(axes, panel)
            _mark(axes, found.stages)
            axes.set_xlim(-0.02 * found.last, 1.02 * found.last)
            axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        path = folder / FILE
        figure.savefig(path)
    return path


def history(rows: Sequence[dict[str, Any]]) -> History:
    """Sort a log's rows into panels; steps of later stages go on counting where the stage before ended."""
    begins, at = _begins(rows)
    steps = [(at(row), row) for row in rows if row.get("kind") == "step"]
    judged = [(at(row), row) for row in rows if row.get("kind") == "evaluation"]
    main = next((row["main"] for _, row in judged if row.get("main")), None) or _first(judged)
    panels = [Curve("loss", _column(steps, "loss"), _column(judged, "loss"))]
    if main is not None:
        values = [(x, row["metrics"].get(main)) for x, row in judged]
        kept = [(x, row["metrics"].get(main)) for x, row in judged if row.get("best")]
        panels.append(Curve(f"{main} on validation samples", (), _known(values), next(iter(_known(kept)[::-1]), None)))
    panels += [Curve("learning rate", _column(steps, "lr")), Curve("gradient norm", _column(steps, "grad_norm"))]
    return History(tuple(p for p in panels if p.steps or p.evaluations) if steps or judged else (), begins)


def _begins(rows: Sequence[dict[str, Any]]) -> tuple[tuple[tuple[str, int], ...], Any]:
    """Return where each stage begins, and what says where a row lies on one axis for all stages."""
    last: dict[str, int] = {}
    for row in rows:
        if row.get("kind") in {"step", "evaluation"}:
            stage = str(row.get("stage", ""))
            last[stage] = max(last.get(stage, 0), int(row["step"]))
    begin, total = {}, 0
    for stage, steps in last.items():
        begin[stage] = total
        total += steps
    return tuple(begin.items()), lambda row: begin[str(row.get("stage", ""))] + int(row["step"])


def _first(judged: Sequence[tuple[float, dict[str, Any]]]) -> str | None:
    return next((name for _, row in judged for name in row.get("metrics", {})), None)


def _column(rows: Sequence[tuple[float, dict[str, Any]]], name: str) -> list[tuple[float, float]]:
    return _known([(x, row.get(name)) for x, row in rows])


def _known(points: Sequence[tuple[float, Any]]) -> list[tuple[float, float]]:
    return [(x, float(y)) for x, y in points if isinstance(y, int | float) and math.isfinite(y)]


def _draw(axes: "Axes", panel: Curve) -> None:
    few = len(panel.steps) < _MANY
    smooths = panel.title in {"loss", "gradient norm"} and not few
    if panel.steps:
        x, y = zip(*panel.steps, strict=True)
        style: dict[str, Any] = {"marker": "." if few else None, "label": "training, each step"}
        axes.plot(x, y, color=_TRAIN, linewidth=0.8 if smooths else 1.6, alpha=0.35 if smooths else 1, **style)
        if smooths:
            axes.plot(x, _smoothed(y), color=_TRAIN, linewidth=2, label="training, smoothed")
    if panel.evaluations:
        x, y = zip(*panel.evaluations, strict=True)
        axes.plot(x, y, color=_VAL, linewidth=2, marker="o", markersize=4, label="validation")
    if panel.kept is not None:
        axes.plot(*panel.kept, "o", color=_VAL, markersize=11, fillstyle="none", markeredgewidth=1.8)
        near_top = panel.kept[1] == max(y for _, y in panel.evaluations)
        offset, side = (-14, "top") if near_top else (12, "bottom")
        axes.annotate(
            f"kept: {panel.kept[1]:.3g}",
            panel.kept,
            (0, offset),
            textcoords="offset points",
            ha="center",
            va=side,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )
    values = [y for _, y in (*panel.steps, *panel.evaluations)]
    if panel.title != "learning rate" and min(values) > 0 and max(values) > _WIDE * min(values):
        axes.set_yscale("log")
    axes.set_title(panel.title, loc="left", fontweight="bold")
    axes.set_xlabel("step")
    axes.grid(color="#e4e9ee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(y=0.12)
    if smooths or (panel.steps and panel.evaluations):
        axes.legend(frameon=False, loc="best")


def _mark(axes: "Axes", stages: Sequence[tuple[str, int]]) -> None:
    """Draw where stages begin, where there are several."""
    for name, begin in stages if len(stages) > 1 else ():
        axes.axvline(begin, color=_QUIET, linewidth=1, linestyle=":")
        axes.annotate(
            name,
            (begin, 1),
            (3, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=_QUIET,
        )


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return the running mean whose weights fall off, without the pull towards 0 at the beginning (as Adam corrects it)."""
    mean, weight, found = 0.0, 0.0, []
    for value in values:
        mean = _SMOOTH * mean + (1 - _SMOOTH) * value
        weight = _SMOOTH * weight + (1 - _SMOOTH)
        found.append(mean / weight)
    return found
