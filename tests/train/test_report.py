"""The page of a training: what the folder has is on it, and nothing else."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("matplotlib")
from roadstead.dataset.samples import Label, Sample
from roadstead.evaluate.metrics import classification
from roadstead.evaluating import Speed
from roadstead.train import report
from roadstead.train.curves import history
from roadstead.train.export import Exported
from roadstead.train.gate import Verdict
from roadstead.train.runs import Run

pytestmark = pytest.mark.torch

LABELS = ("渣土车", "car <b>")
Row = dict[str, object]


def rows(stage: str = "one", steps: int = 12, **evaluation: object) -> list[Row]:
    found: list[Row] = []
    for k in range(1, steps + 1):
        found.append(
            {"kind": "step", "stage": stage, "step": k, "loss": 2 / k, "lr": 1e-3, "grad_norm": 1.0 + k, "seconds": 0.1}
        )
        if k % 4 == 0:
            said = {"stage": stage, "step": k, "loss": 2.1 / k, "metrics": {"macro_f1": k / steps}, "best": k < 12}
            found.append({"kind": "evaluation", "main": "macro_f1", **said, **evaluation})
    return found


def judged(folder: Path, name: str, right: float) -> None:
    samples = [Sample(id=f"s{i}", target=Label(LABELS[i % 2]), origin="ab"[i // 20]) for i in range(40)]
    order = np.random.default_rng(0).permutation(40)
    said = [np.eye(2)[i % 2 if order[i] < right * 40 else 1 - i % 2] * 0.8 + 0.1 for i in range(40)]
    found = classification.judge(samples, [classification.Scores(s) for s in said], LABELS, resamples=100)
    (folder / f"{name}.json").write_text(json.dumps(found.record()), encoding="utf-8")


def log(folder: Path, *some: Row) -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some), encoding="utf-8")


class _Page(HTMLParser):
    """Collects headings, text and every address that a page would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.words = ""
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if "style" not in self.open:
            self.words += f"{data} "


def page(folder: Path, pictures: dict[str, Path] | None = None) -> _Page:
    return _Page(report.write(folder, pictures).read_text(encoding="utf-8"))


def test_a_whole_run_is_on_one_page_that_fetches_nothing(tmp_path: Path, picture: Callable[[], Path]) -> None:
    judged(tmp_path, "before", 0.5)
    judged(tmp_path, "after", 0.9)
    log(tmp_path, *rows("头部"), *rows("all", 40))
    (tmp_path / "recipe.toml").write_text('name = "trucks" # <script>', encoding="utf-8")
    checks = [
        {"name": "overfit", "ok": True, "said": "fell to 0.01"},
        {"name": "merge", "ok": False, "said": "differs"},
    ]
    (tmp_path / "checks.json").write_text(json.dumps(checks), encoding="utf-8")
    stage = {"name": "all", "method": "lora", "learning": 1200, "parameters": 48000, "steps": 40}
    plan = {
        "name": "trucks",
        "task": "t",
        "model": "m",
        "origin": "w",
        "samples": [3, 2, 1],
        "stages": [stage],
        "notes": ["mind this"],
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    facts = {"seconds": 301.0, "peak_mb": 812.4, "steps": 52, "ended": "patience", "versions": {"torch": "2"}}
    (tmp_path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    found = page(tmp_path, {"s3": picture()})
    assert found.headings == [
        "What a reader has to know",
        "Figures on held-out samples",
        "Curves",
        "By class, after training",
        "By slice, after training",
        "What is taken for what",
        "Worst examples, after training",
        "Checked before the first step",
        "Plan",
        "Recipe",
    ]
    assert found.fetched
    assert all(address.startswith("data:image/") for address in found.fetched)
    for said in (
        "better by more than chance",
        "渣土车",
        "car <b>",
        "mind this",
        "5.0 min",
        "812 MB",
        "1,200",
        "2.50 %",
    ):
        assert said in found.words
    for said in ("failed", "passed", "52", "ended by patience", "# <script>"):
        assert said in found.words
    assert not found.open


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[], Path]:
    """Return a function that writes a large picture."""

    def write() -> Path:
        import cv2

        file = tmp_path / "big.jpg"
        cv2.imwrite(str(file), np.full((900, 1600, 3), 90, dtype=np.uint8))
        return file

    return write


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    empty = page(tmp_path)
    assert empty.headings == []
    assert "Not judged" in empty.words
    assert not (tmp_path / "curves.png").exists()
    judged(tmp_path, "after", 0.8)
    alone = page(tmp_path)
    assert "difference" not in alone.words
    assert "nothing to compare it with" in alone.words
    assert alone.headings == [
        "Figures on held-out samples",
        "By class",
        "By slice",
        "What is taken for what",
        "Worst examples",
    ]


def test_thumbnails_are_small_and_missing_files_are_left_out(tmp_path: Path, picture: Callable[[], Path]) -> None:
    import base64

    import cv2

    judged(tmp_path, "after", 0.8)
    worst = json.loads((tmp_path / "after.json").read_text(encoding="utf-8"))["worst"]
    found = page(tmp_path, {worst[0]["sample"]: picture(), worst[1]["sample"]: tmp_path / "gone.jpg"})
    assert len(found.fetched) == 1
    content = base64.b64decode(found.fetched[0].partition(",")[2])
    small = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape == (180, 320, 3)


def test_what_ships_is_on_the_page_with_what_fell_back(tmp_path: Path) -> None:
    passed = Verdict(
        format="openvino", exporter="torchscript", passed=True, said="ap 0.61, trained 0.61", difference=2e-6, again=1.0,
        metric="ap", value=0.61, reference=0.61, samples=16, bytes=2_400_000,
        speed=(Speed(samples=16, per_second=80.0, p50_ms=12.34, p95_ms=20.01, model_p50_ms=11.0, threads=1, engine="openvino"),),
    )  # fmt: skip
    refused = Verdict(
        format="int8", exporter="nncf", passed=False, said="<ap> is 0.02 where the trained model has 0.61"
    )
    said = (f"int8 by nncf was refused: {refused.said}", "INT8 did not pass the gate, so the bundle is in float")
    made = Exported(tmp_path / "bundle", "openvino", (passed, refused), said)
    Run(tmp_path).write("export.json", made.record())
    found = page(tmp_path)
    assert found.headings == ["What ships"]
    words = " ".join(found.words.split())
    for part in (
        "bundle/ holds openvino.",
        "openvino torchscript passed ap 0.610 0.610 2e-06 100.0 % openvino 12.3 (p95 20.0) 2,344",
        "int8 nncf refused",
        *said,
    ):
        assert part in words
    Run(tmp_path).write("export.json", Exported(None, "", said=("there is no bundle for this",)).record())
    assert "No bundle. there is no bundle for this" in " ".join(page(tmp_path).words.split())


def test_equal_reports_are_not_called_better(tmp_path: Path) -> None:
    judged(tmp_path, "before", 0.8)
    judged(tmp_path, "after", 0.8)
    words = page(tmp_path).words
    assert "not distinguishable from chance" in words
    assert not re.search(r"\b(better|worse)\b", words)


def test_curves_are_1200_px_wide_and_a_log_that_a_kill_cut_off_is_read(tmp_path: Path) -> None:
    import cv2

    log(tmp_path, *rows("渣土"), *rows("all", 40, best=False))
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "st')
    drawn = report.curves(tmp_path)
    assert drawn is not None
    picture = cv2.imread(str(drawn))
    assert picture is not None
    assert picture.shape[:2] == (800, 1200)


def test_panels_follow_the_rows() -> None:
    found = history([*rows("a", 12), *rows("b", 8)])
    assert found.stages == (("a", 0), ("b", 12))
    loss, main, rate, norm = found.panels
    assert (main.title, rate.title, norm.title) == ("macro_f1 on validation samples", "learning rate", "gradient norm")
    assert loss.steps[12] == (13.0, 2.0)
    assert loss.evaluations[-1] == (20.0, 2.1 / 8)
    assert main.kept == (20.0, 1.0)
    unknown: list[Row] = [{"kind": "step", "stage": "a", "step": 1, "loss": 1.0, "lr": 0.1, "grad_norm": float("nan")}]
    assert [p.title for p in history(unknown).panels] == ["loss", "learning rate"]
    assert history([{"kind": "said", "said": "hello"}]).panels == ()
