"""The measured tables of docs/simulate.md, made of the results: each stands between `<!-- name -->` and `<!-- /name -->`.

    python benchmarks/_simulate_page.py

writes them into the page. What was not measured leaves its place empty; a test holds the page equal to the results.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "simulate.md"
RESULTS = Path(__file__).parent / "results"
Rows = Sequence[Mapping[str, str]]


def rows_of(name: str) -> Rows:
    """Return the rows of a result; none where it was not measured."""
    path = RESULTS / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; nothing of no rows."""
    if not rows:
        return ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def share(row: Mapping[str, str], name: str) -> str:
    """Return a share with its 95 % interval."""
    return f"{row[name]} ({row[name + '_low']} to {row[name + '_high']})" if row[name] else "–"


def behaviours() -> str:
    """Return what rules make of detections replayed from truth, and with a detector's mistakes."""
    rows = rows_of("behaviours")
    mistaken = {row["behaviour"]: row for row in rows if row["condition"] == "mistakes"}
    made = []
    for row in (r for r in rows if r["condition"] == "truth"):
        wrong = mistaken.get(row["behaviour"])
        cells = ["–", "–"] if wrong is None else [share(wrong, "precision"), share(wrong, "recall")]
        late = row["delay_max_s"] or "–"
        made.append([row["behaviour"], row["true"], share(row, "precision"), share(row, "recall"), late, *cells])
    head = ["behaviour", "true", "precision", "recall", "latest, s", "precision, mistakes", "recall, mistakes"]
    return table(head, made)


def reports() -> str:
    """Return what rules on reports find."""
    rows = [row for row in rows_of("behaviours") if row["condition"] == "reports"]
    return table(
        ["behaviour", "true", "precision", "recall"],
        [[r["behaviour"], r["true"], share(r, "precision"), share(r, "recall")] for r in rows],
    )


def pixels() -> str:
    """Return what the motion detector's watch finds."""
    head = ["behaviour", "true", "told", "matched", "false", "only suspected", "precision", "recall", "delay, s"]
    names = ("behaviour", "true", "found", "matched", "false", "insufficient")
    return table(
        head,
        [
            [*(row[n] for n in names), share(row, "precision"), share(row, "recall"), row["delay_p50_s"] or "–"]
            for row in rows_of("pixels")
        ],
    )


def errors() -> str:
    """Return the most frequent mistakes, and a picture of each."""
    rows = rows_of("pixels_errors")
    made = table(
        ["", "mistake", "times", "why"],
        [[r["rank"], f"{r['what'].replace('_', ' ')}: {r['behaviour']}", r["times"], r["why"]] for r in rows],
    )
    pictures = [
        f"![{r['what'].replace('_', ' ')}: {r['behaviour']}](simulate/error-{r['rank']}.jpg)\n\n*{r['rank']}. {r['shown']}*"
        for r in rows
        if (PAGE.parent / "simulate" / f"error-{r['rank']}.jpg").is_file()
    ]
    return "\n\n".join([made, *pictures]) if made else ""


def rendering() -> str:
    """Return the CPU time of a picture by its size."""
    rows = [row for row in rows_of("rendering") if row["threads"] == "1"]
    sizes = list(dict.fromkeys(f"{r['width']} × {r['height']}" for r in rows))
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for r in rows:
        key = f"{r['scene']}, {r['light']}, {r['weather']}", r["quality"]
        cells.setdefault(key, {})[f"{r['width']} × {r['height']}"] = f"{float(r['cpu_ms']):.0f}"
    return table(
        ["scene", "quality", *sizes], [[*key, *(by.get(size, "–") for size in sizes)] for key, by in cells.items()]
    )


TABLES: Mapping[str, Callable[[], str]] = {
    "behaviours": behaviours,
    "reports": reports,
    "pixels": pixels,
    "errors": errors,
    "rendering": rendering,
}


def filled(text: str) -> str:
    """Return the page with all tables as the results say."""
    for name, made in TABLES.items():
        block = f"<!-- {name} -->\n{made()}\n<!-- /{name} -->"
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", block.replace("\\", "\\\\"), text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
