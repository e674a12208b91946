"""How well the attribute model that ships tells cover, dirt, load and kind: real crops of "valid", and simulated ones of test-only assets.

    python examples/make_attributes.py $ROADSTEAD_DATA runs/attributes/judged --simulated runs/attributes/held-out
    python benchmarks/attributes.py runs/attributes/judged [--bundle FOLDER] [--engine openvino]

The table's rows of "valid" and "val" are real, those of "test" simulated (configs/datasets/attributes-test.toml). One view a crop, as the
bundle gives it: its card's temperatures are taken, nothing is averaged or mirrored. `sure=1` are the crops whose labeller would bet on
cover and kind (labels.csv of the data).

Covered against enclosed: of the crops that are one of the two, the balanced accuracy (mean of the two recalls)
* forced: the larger of the two shares is the answer;
* as it votes: the largest of all five shares is the answer; "cannot tell", another value or a share below 0.5 (the describer's
  `least`) counts as wrong; beside it the same of those alone that were answered at all.
Intervals: bootstrap over photographs, 2000 resamples. Calibration error: mean gap between the largest share and how often it is right, over
10 bins of equal width, each by how many crops are in it.

Writes results/attributes.csv (a row a figure), attributes_confusion.csv and attributes_worst.csv (the 30 worst crops of cover), and with
`--page` the tables of docs/attributes.md.
"""

import argparse
import csv
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.bundle.attributes import shares
from roadstead.bundle.folder import load
from roadstead.bundle.prepare import prepare
from roadstead.evaluate.bootstrap import interval
from roadstead.evaluate.intervals import share
from roadstead.infer import plugins as engines
from roadstead.types import Floats

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
SHIPPED = ROOT / "src" / "roadstead" / "models" / "attributes"
LEAST, SURELY, BINS, WORST = 0.5, 0.8, 10, 30
BARS = {
    "covered or enclosed, forced, sure": 0.88,
    "covered or enclosed, as it votes, sure": 0.88,
    "calibration error, cover": 0.08,
}
SIDES = {"valid": "real trucks", "val": "real vessels", "test": "simulated"}


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A crop, what it is from, what is true of it, and the shares that the model gives each value of each attribute."""

    file: str
    side: str
    group: str
    sure: bool
    truth: Mapping[str, str]
    shares: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the result."""

    what: str
    side: str
    value: str
    low: str = ""
    high: str = ""
    crops: int = 0
    bar: str = ""


Said = dict[str, tuple[str, ...]]


def crops(folder: Path, bundle: Path, engine: str) -> tuple[list[Crop], Said]:
    """Show every judged crop of a table to a bundle; return them, and the values of each attribute."""
    opened = load(bundle)
    run = engines.get(engine)(opened.model, threads=1).run
    labels = Path(os.environ["ROADSTEAD_DATA"]) / "truck_attributes" / "labels.csv"
    with labels.open(encoding="utf-8") as file:
        sure = {row["file"]: row["sure"] == "1" for row in csv.DictReader(file)}
    with (folder / "samples.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] in SIDES]
    made = []
    for row in rows:
        picture = cv2.imread(str(folder / "crops" / row["file"]))
        if picture is None:
            raise SystemExit(f"{row['file']}: cannot be read; make the table again")
        tensor, _ = prepare(np.asarray(picture[..., ::-1], np.uint8), opened.card.picture)
        told = {name: row[name] for name in opened.card.attributes if row[name]}
        found = shares(opened.card, run(tensor[None])[0][0])
        made.append(Crop(row["file"], SIDES[row["split"]], row["group"], sure.get(row["file"], True), told, found))
    return made, dict(opened.card.attributes)


def answers(
    some: Sequence[Crop], name: str, values: Sequence[str]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    """Return true and said values by index, and the share of what is said, of crops that have the attribute."""
    true = np.array([values.index(crop.truth[name]) for crop in some], dtype=np.intp)
    table = np.stack([crop.shares[name] for crop in some])
    return true, table.argmax(axis=1), table.max(axis=1)


def two_sided(some: Sequence[Crop], values: Sequence[str]) -> list[Figure]:
    """Return how well covered is told from enclosed."""
    made = []
    for which, chosen in (("all", some), ("sure", [crop for crop in some if crop.sure])):
        pair = [crop for crop in chosen if crop.truth.get("cover") in ("covered", "enclosed")]
        true, said, score = answers(pair, "cover", values)
        c, e = values.index("covered"), values.index("enclosed")
        table = np.stack([crop.shares["cover"] for crop in pair])
        forced = np.where(table[:, c] > table[:, e], c, e)
        told = (score >= LEAST) & (values.index("cannot_tell") != said)
        groups = [crop.group for crop in pair]

        sides = (c, e)
        every = np.ones(len(true), bool)
        n = len(pair)
        name = "covered or enclosed"
        made += [
            _figure(f"{name}, forced, {which}", "real trucks", balanced(forced == true, every, true, groups, sides), n),
            _figure(
                f"{name}, as it votes, {which}",
                "real trucks",
                balanced((said == true) & told, every, true, groups, sides),
                n,
            ),
            _figure(
                f"{name}, of those answered, {which}",
                "real trucks",
                balanced(said == true, told, true, groups, sides),
                int(told.sum()),
            ),
        ]
    return made


def balanced(
    right: npt.NDArray[np.bool_],
    of: npt.NDArray[np.bool_],
    true: npt.NDArray[np.intp],
    groups: Sequence[str],
    sides: tuple[int, int],
) -> tuple[str, str, str]:
    """Return the mean of the shares of two true values that are right, of the crops that count, with its interval."""

    def figure(at: npt.NDArray[np.intp]) -> float:
        parts = [right[at][(true[at] == k) & of[at]] for k in sides]
        return float(np.mean([part.mean() if len(part) else np.nan for part in parts]))

    found = interval(figure, len(true), groups=groups, resamples=2000)
    value, low, high = ("" if v is None else f"{v:.3f}" for v in (found.value, found.low, found.high))
    return value, low, high


def _figure(what: str, side: str, found: tuple[str, str, str], n: int) -> Figure:
    bar = BARS.get(what)
    return Figure(what, side, *found, n, "" if bar is None else f"at least {bar}")


def counted(some: Sequence[Crop], side: str, name: str, values: Sequence[str]) -> list[Figure]:
    """Return of each value how many crops of it were told, and of each calibration error."""
    asked = [crop for crop in some if crop.side == side and name in crop.truth]
    if not asked:
        return []
    true, said, score = answers(asked, name, values)
    made = []
    for k, value in enumerate(values):
        of = true == k
        if of.any():
            one = share(int((said[of] == k).sum()), int(of.sum()))
            made.append(
                Figure(
                    f"{name} = {value}: told", side, f"{one.hits}/{one.of}", f"{one.low:.3f}", f"{one.high:.3f}", one.of
                )
            )
    bar = f"at most {BARS['calibration error, cover']}" if (name, side) == ("cover", "real trucks") else ""
    error = calibration_error(score, said == true)
    return [*made, Figure(f"calibration error, {name}", side, f"{error:.3f}", crops=len(asked), bar=bar)]


def calibration_error(score: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Return the mean gap between score and rightness over bins of equal width, by how many are in each.

    >>> calibration_error(np.array([0.95, 0.95]), np.array([True, False]))
    0.45
    """
    place = np.minimum((score * BINS).astype(int), BINS - 1)
    gaps = [(place == b).mean() * abs(score[place == b].mean() - right[place == b].mean()) for b in set(place.tolist())]
    return round(float(np.sum(gaps)), 6)


def pairs(some: Sequence[Crop], values: Sequence[str]) -> list[Figure]:
    """Return what the accusing rules ask of simulated crops: precision and recall of uncovered among what can be told, and of dirty."""
    made = []
    for name, bad in (("cover", "uncovered"), ("dirt", "dirty")):
        asked = [c for c in some if c.side == "simulated" and c.truth.get(name, "cannot_tell") != "cannot_tell"]
        if not asked:
            continue
        of = values if name == "cover" else ("clean", "dirty", "cannot_tell")
        true, said, score = answers(asked, name, of)
        k = list(of).index(bad)
        accused = (said == k) & (score >= LEAST)
        hits = int((accused & (true == k)).sum())
        for what, n in (("recall", int((true == k).sum())), ("precision", int(accused.sum()))):
            one = share(hits, n)
            made.append(
                Figure(f"{bad}, {what} a crop", "simulated", f"{hits}/{n}", f"{one.low:.3f}", f"{one.high:.3f}", n)
            )
    return made


def worst(some: Sequence[Crop], values: Sequence[str]) -> list[dict[str, str]]:
    """Return the crops of cover that are most surely wrong."""
    asked = [crop for crop in some if crop.side == "real trucks" and "cover" in crop.truth]
    true, said, score = answers(asked, "cover", values)
    wrong = sorted(np.flatnonzero(true != said).tolist(), key=lambda k: -score[k])[:WORST]
    return [
        {
            "file": asked[k].file,
            "sure": str(int(asked[k].sure)),
            "truth": values[true[k]],
            "answer": values[said[k]],
            "score": f"{score[k]:.2f}",
            "share of the truth": f"{asked[k].shares['cover'][true[k]]:.2f}",
            "kind": asked[k].truth.get("kind", ""),
        }
        for k in wrong
    ]


def confusion(some: Sequence[Crop], said_of: Said) -> list[dict[str, str]]:
    """Return how often which true value was called what."""
    made = []
    for side in SIDES.values():
        for name, values in said_of.items():
            asked = [crop for crop in some if crop.side == side and name in crop.truth]
            if not asked:
                continue
            true, said, _ = answers(asked, name, values)
            for k, value in enumerate(values):
                row = {"side": side, "attribute": name, "truth": value}
                counts = {other: str(int(((true == k) & (said == j)).sum())) for j, other in enumerate(values)}
                if (true == k).any():
                    made.append({**row, "said": "; ".join(f"{other} {n}" for other, n in counts.items() if n != "0")})
    return made


def surely_wrong(some: Sequence[Crop], values: Sequence[str]) -> list[Crop]:
    """Return the uncovered crops that are called covered with a high share."""
    k = values.index("covered")
    return [
        c
        for c in some
        if c.side == "real trucks" and c.truth.get("cover") == "uncovered" and c.shares["cover"][k] >= SURELY
    ]


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def marked(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as a Markdown table."""
    names = list(rows[0])
    lines = [f"| {' | '.join(cells)} |" for cells in (names, ["---"] * len(names), *(list(r.values()) for r in rows))]
    return "\n".join(lines)


def into_page(page: Path, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    """Write tables into a page, each between its marks."""
    text = page.read_text(encoding="utf-8")
    for name, rows in tables.items():
        before, _, rest = text.partition(f"<!-- {name} -->")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}<!-- {name} -->\n{marked(rows)}\n<!-- /{name} -->{after}"
    page.write_text(text, encoding="utf-8")


def matrix(some: Sequence[Crop], name: str, values: Sequence[str]) -> list[dict[str, str]]:
    """Return how often which true value of real trucks was called what, a row a true value."""
    asked = [crop for crop in some if crop.side == "real trucks" and name in crop.truth]
    true, said, _ = answers(asked, name, values)
    rows = [
        {"truth": value, **{other: str(int(((true == k) & (said == j)).sum())) for j, other in enumerate(values)}}
        for k, value in enumerate(values)
    ]
    return [row for row in rows if any(cell != "0" for cell in list(row.values())[1:])]


def main() -> None:
    """Judge the bundle, write and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--bundle", type=Path, default=SHIPPED)
    ask.add_argument("--engine", default="openvino")
    ask.add_argument("--out", type=Path, default=RESULTS)
    ask.add_argument("--page", type=Path, help="docs/attributes.md")
    given = ask.parse_args()
    some, said_of = crops(given.folder, given.bundle, given.engine)
    covers = said_of["cover"]
    real = [crop for crop in some if crop.side == "real trucks"]
    rows = two_sided(real, covers)
    rows += [
        f for side in SIDES.values() for name, values in said_of.items() for f in counted(some, side, name, values)
    ]
    rows += pairs(some, covers)
    bad = surely_wrong(some, covers)
    rows.append(
        Figure(
            f"uncovered called covered with {SURELY} or more",
            "real trucks",
            str(len(bad)),
            crops=sum(c.truth.get("cover") == "uncovered" for c in real),
            bar="0",
        )
    )
    write(given.out / "attributes.csv", [{s: getattr(row, s) for s in Figure.__slots__} for row in rows])
    write(given.out / "attributes_confusion.csv", confusion(some, said_of))
    write(given.out / "attributes_worst.csv", worst(some, covers))
    for row in rows:
        print(
            f"{row.side:<13} {row.what:<48} {row.value:>8} {re.sub(' to $', '', f'{row.low} to {row.high}'):<16} {row.crops:>4}  {row.bar}"
        )
    for crop in bad:
        print(f"uncovered called covered: {crop.file}")


if __name__ == "__main__":
    main()
