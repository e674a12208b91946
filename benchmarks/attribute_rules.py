"""The rules on attributes, through the model that ships: worlds of test-only assets, rendered, described and judged.

    python benchmarks/attribute_rules.py [--bundle FOLDER] [--seeds 6] [--first 400000] [--work runs/attribute-rules]

Where trucks are is taken from the truth, so that only what the model sees of them, the votes over a track's best views and the rules
`uncovered_load` and `dirty_body` are judged. Junctions and site gates, 60 s at 2 pictures a second, 1280 x 720, by day and under clouds
(by night nobody tells dirt). Nothing was tuned on seeds from 400000 on. A finished world is kept in the work folder. Told is what the
episodes say; "only suspected" are acts for which the rule asks for a better view. Writes results/attribute_rules.csv.
"""

import argparse
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from roadstead import config
from roadstead.dataset.truth import Row
from roadstead.describe.attributes import AttributeVotes
from roadstead.evaluate import scores
from roadstead.evaluate.events import Verdict, judge
from roadstead.evaluate.identities import identities
from roadstead.pipeline import Step, watch
from roadstead.runner import stages_of
from roadstead.simulate.footage import Footage
from roadstead.simulate.judging import detections
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.settings import watch_tables
from roadstead.simulate.world import truth
from roadstead.simulate.world.world import World
from roadstead.types import Detections, Frame

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "attribute_rules.csv"
SHIPPED = ROOT / "src" / "roadstead" / "models" / "attributes"
KINDS = ("uncovered_load", "dirty_body")
SCENES = ("junction", "site_gate")
ACTS = {
    "junction": ("uncovered", "dirty", "covered_like_load"),
    "site_gate": ("uncovered", "dirty", "sealed_clean", "covered_like_load"),
}
LIGHTS = ("day", "overcast")
SIZE, FPS, SECONDS = (1280, 720), 2.0, 60.0


@dataclass(slots=True, eq=False)
class Known:
    """A detector that finds what is there."""

    shared: ClassVar[bool] = False
    found: dict[float, Detections] = field(default_factory=dict)

    @property
    def model(self) -> Mapping[str, str]:
        """None."""
        return {}

    def detect(self, frame: Frame) -> Detections:
        """Return the boxes of a picture."""
        return self.found[frame.t]


def one_world(scene: str, seed: int, bundle: Path) -> list[dict[str, Any]]:
    """Make and watch one world; return its verdicts on the two rules."""
    order = Order(
        seed=seed,
        seconds=SECONDS,
        fps=FPS,
        size=SIZE,
        stock="test",
        light=LIGHTS[seed % 2],  # type: ignore[arg-type]  # they are lights
        weather="clear",
        acts=ACTS[scene],
    )
    world = plugins.get(scene)().build(order)
    source = {"kind": "replay", "path": "observations.jsonl"}
    tables = watch_tables(world.scene, [world], {world.camera: source}, {}, fps=FPS)
    tables["rules"] = [rule for rule in tables["rules"] if rule["kind"] in KINDS]
    plan = config.plan({k: v for k, v in tables.items() if k != "alerts"}, None)
    known = Known()
    stages = stages_of(plan, plan.cameras[0], known, [AttributeVotes(path=bundle, labels=("truck",))])
    with Footage.of(world) as footage:
        steps = [replace(step, frame=None) for step in watch(_shown(world, footage, known), stages)]
        frames = footage.rows
    rows: list[Row] = [*truth.heading(world), *frames]
    who = identities([(s.detections, s.ids) for s in steps if s.detections is not None], rows)
    events = {change.event.id: change.event for step in steps for change in step.changes}
    named = {rule["name"]: rule["kind"] for rule in tables["rules"]}
    verdicts = judge(events.values(), rows, identities=who).verdicts
    return [told(v, named, world, steps) for v in verdicts if named.get(v.rule) in KINDS]


def _shown(world: World, footage: Footage, known: Known) -> Iterator[Frame]:
    """Yield the pictures, and tell the detector beforehand what is on each."""
    for t, picture in footage.pictures():
        for one in detections(world, [footage.rows[-1]]):
            known.found[world.begin + t] = replace(one, t=world.begin + t, votes=())
        yield Frame(world.camera, world.begin + t, picture)


def told(verdict: Verdict, named: dict[str, str], world: World, steps: Sequence[Step]) -> dict[str, Any]:
    """Return a verdict in plain words."""
    found, act = verdict.found, verdict.act
    return {
        "what": verdict.what,
        "rule": named[verdict.rule],
        "told": "" if found is None else found.because.en,
        "truth": "" if act is None else str(act),
        "world": f"{world.scene} {world.seed} {world.conditions.light}",
        "pictures": len(steps),
    }


def table(verdicts: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return a row for each rule."""
    made = []
    for kind in KINDS:
        own = [Verdict(what=v["what"], rule=kind) for v in verdicts if v["rule"] == kind]
        one = scores.score(kind, own)
        made.append(
            {
                "rule": kind,
                "true": str(one.true),
                "told": str(one.found),
                "matched": str(one.matched),
                "only suspected": str(one.insufficient),
                **{
                    f"{name}{part}": "" if getattr(by, at) is None else f"{getattr(by, at):.3f}"
                    for name, by in (("precision", one.precision), ("recall", one.recall))
                    for part, at in (("", "value"), ("_low", "low"), ("_high", "high"))
                },
                "bar": "0.95",
            }
        )
    return made


def main() -> None:
    """Judge the worlds; write and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--bundle", type=Path, default=SHIPPED)
    ask.add_argument("--seeds", type=int, default=6)
    ask.add_argument("--first", type=int, default=400_000)
    ask.add_argument("--work", type=Path, default=Path("runs/attribute-rules"))
    given = ask.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    verdicts: list[dict[str, Any]] = []
    for k in range(given.seeds):
        for scene in SCENES:
            kept = given.work / f"{scene}-{given.first + k}.json"
            if not kept.is_file():
                made = one_world(scene, given.first + k, given.bundle)
                kept.write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
            new = json.loads(kept.read_text(encoding="utf-8"))
            verdicts += new
            print(
                f"{kept.stem}: {', '.join(sorted(v['what'] + ' ' + v['rule'] for v in new)) or 'nothing'}", flush=True
            )
    rows = table(verdicts)
    with RESULT.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    for row in rows:
        print(row)
    for one in verdicts:
        if one["what"] not in ("matched", "innocent_kept"):
            print(one["world"], one["what"], one["rule"], one["told"] or one["truth"])


if __name__ == "__main__":
    main()
