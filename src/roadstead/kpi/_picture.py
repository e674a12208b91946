"""The picture of key figures: an SVG of bars that needs nothing else."""

from collections.abc import Mapping, Sequence
from html import escape

from roadstead.kpi._formulas import Kpi
from roadstead.kpi._row import Row, called, percent, width

_NAME, _PANEL, _BAR, _LINE, _TOP = 260, 200, 118, 30, 92
_FACE = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',system-ui,sans-serif"


def picture(rows: Sequence[Row], kpis: Mapping[str, Kpi], more: int) -> str:
    """Draw a column of bars for each figure: from 0 to 100 %, of those that should be low to the highest, 5 % at least."""
    wide, high = _NAME + _PANEL * len(kpis) + 20, _TOP + _LINE * len(rows) + 40
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
            f'font-family="{_FACE}" font-size="14" fill="#17202a">'
        ),
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        '<text x="20" y="34" font-size="20" font-weight="600">上报考核指标 Key figures of reporting</text>',
    ]
    for i, row in enumerate(rows):
        y = _TOP + _LINE * i
        weight = ' font-weight="600"' if row.level == "total" else ""
        number = f" ({row.tally.terminals})"
        parts.append(
            f'<rect x="12" y="{y}" width="{wide - 24}" height="{_LINE}" fill="{"#fff" if i % 2 else "#f4f6f8"}"/>'
        )
        parts.append(
            f'<text x="20" y="{y + 20}"{weight}><title>{_safe(called(row))}{number}</title>{_safe(_cut(called(row), 31 - len(number)))}{number}</text>'
        )
    for j, (key, kpi) in enumerate(kpis.items()):
        parts += _panel(rows, key, kpi, _NAME + _PANEL * j)
    if more:
        y = _TOP + _LINE * len(rows) + 24
        parts.append(
            f'<text x="20" y="{y}" fill="#55626f">另有 {more} 家企业见 CSV; {more} more operators in the CSV</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(rows: Sequence[Row], key: str, kpi: Kpi, x: int) -> list[str]:
    values = [row.shares[key].value for row in rows]
    top = 1.0 if kpi.better == "high" else max(0.05, *(v for v in values if v is not None), 0.0)
    low, colour = kpi.better == "low", "#b0560f" if kpi.better == "low" else "#1f6fb2"
    hint = "↓ 越低越好 lower is better" if low else "↑ 越高越好 higher is better"
    parts = [
        f'<text x="{x}" y="62" font-weight="600">{_safe(kpi.name.zh)} {_safe(kpi.name.en)}</text>',
        f'<text x="{x}" y="80" font-size="11" fill="#55626f">{hint}, 0–{100 * top:.3g} %</text>',
    ]
    for i, (row, value) in enumerate(zip(rows, values, strict=True)):
        y = _TOP + _LINE * i
        length = 0.0 if value is None else _BAR * min(1.0, max(0.0, value) / top)
        parts.append(f'<rect x="{x}" y="{y + 8}" width="{_BAR}" height="14" rx="2" fill="#dfe5eb"/>')
        parts.append(f'<rect x="{x}" y="{y + 8}" width="{length:.1f}" height="14" rx="2" fill="{colour}"/>')
        parts.append(f'<text x="{x + _BAR + 8}" y="{y + 20}">{percent(row.shares[key])}</text>')
    return parts


def _safe(text: str) -> str:
    """Return text for XML; characters that XML has no place for become �."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))


def _cut(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return text + "…"
