"""`roadstead data …` as a user runs it: what it says, what it writes, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from roadstead import cli
from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import Objects, Sample


def run(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["data", *map(str, args)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    samples = []
    for k in range(8):
        path = tmp_path / f"{k}.png"
        coarse = np.random.default_rng(k).integers(0, 256, (6, 7, 3), dtype=np.uint8)
        cv2.imwrite(str(path), cv2.resize(coarse, (64, 48), interpolation=cv2.INTER_CUBIC))
        target = Objects(boxes=np.array([(1, 2, 30, 40)]), labels=("truck",), ids=(str(k),))
        samples.append(Sample(id=f"p{k}", target=target, size=(64, 48), media=path, group=f"g{k // 2}"))
    Coco().write(samples, tmp_path / "yard")
    return tmp_path / "yard"


def test_convert_tells_what_is_lost(yard: Path, tmp_path: Path) -> None:
    code, out = run("convert", yard, tmp_path / "out", "--from", "coco", "--to", "voc")
    assert code == 0
    assert out.splitlines() == [f"8 samples (8 no split) to {tmp_path / 'out'}", "lost: ids of 8 samples"]
    assert len(list((tmp_path / "out" / "Annotations").glob("*.xml"))) == 8
    code, out = run("convert", yard, tmp_path / "all", "--from", "coco", "--to", "jsonl", "--json")
    assert json.loads(out)["lost"] == {}
    with pytest.raises(Exception, match="is not empty; name a new folder"):
        run("convert", yard, tmp_path / "out", "--from", "coco", "--to", "voc")
    with pytest.raises(Exception, match="sample 'p0' has objects; conll carries entities"):
        run("convert", yard, tmp_path / "new", "--from", "coco", "--to", "conll")
    assert not (tmp_path / "new").exists()


def test_check_ends_with_1_where_there_are_errors(yard: Path) -> None:
    assert run("check", yard, "--from", "coco") == (0, "8 samples, 8 pictures decoded\nnothing is wrong\n")
    next((yard / "images").glob("*.png")).write_bytes(b"no picture")
    code, out = run("check", yard, "--from", "coco", "--class", "truck", "--json")
    told = json.loads(out)
    assert (code, told["bad"], [one["id"] for one in told["found"]]) == (1, True, ["corrupt_picture"])
    assert run("check", yard, "--from", "coco", "--no-pictures")[0] == 0


def test_split_keeps_groups_together(yard: Path, tmp_path: Path) -> None:
    how = ("--from", "coco", "--to", "jsonl", "--val", 0.25, "--test", 0.25, "--seed", 1)
    code, out = run("split", yard, tmp_path / "out", *how)
    assert code == 0
    assert out.splitlines()[0] == f"8 samples (2 test, 4 train, 2 val) to {tmp_path / 'out'}"
    sides: dict[str, set[object]] = {}
    for sample in Jsonl().read(tmp_path / "out"):
        sides.setdefault(sample.group, set()).add(sample.split)
    assert [len(some) for some in sides.values()] == [1, 1, 1, 1]


def test_settings_reach_the_format(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name;plate\nx;A1\n")
    how = ("--from", "csv", "--set", "delimiter=;", "--set", "columns.text=plate", "--set", "columns.id=name")
    code, out = run("convert", tmp_path, tmp_path / "out", *how, "--to", "jsonl")
    assert (code, out.splitlines()[1]) == (0, "nothing is lost")
    (sample,) = Jsonl().read(tmp_path / "out")
    assert (sample.id, str(sample.target)) == ("x", "Text(text='A1')")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom roadstead import cli\n"
        "assert CliRunner().invoke(cli.app, ['data', 'check', '--help']).exit_code == 0\n"
        "print(sorted({'torch', 'cv2', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
