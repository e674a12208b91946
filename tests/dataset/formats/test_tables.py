"""CSV, JSON and text tables as others write them, and one case for each refusal."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead import settings
from roadstead.dataset.formats import plugins
from roadstead.dataset.reading import read
from roadstead.dataset.samples import Answer, Attributes, Label, Sample, Text
from roadstead.errors import BadInput, BadSettings

TRUCKS = "file,split,cover,dirt\na.jpg,train,covered,clean\nb.jpg,valid,cannot_tell,\n"


def rows(folder: Path, kind: str, **table: Any) -> list[Sample]:
    return list(settings.build(plugins, {"kind": kind, **table}, "format").read(folder))


def test_attributes_of_named_columns(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(TRUCKS)
    (tmp_path / "crops").mkdir()
    (tmp_path / "crops" / "a.jpg").write_bytes(b"a")
    plugin = settings.build(
        plugins, {"kind": "csv", "columns": {"attributes": ["cover", "dirt"], "pictures": "crops"}}, "format"
    )
    one, two = plugin.read(tmp_path)
    assert (one.id, one.split, one.target) == ("a", "train", Attributes({"cover": "covered", "dirt": "clean"}))
    assert (two.split, two.target, two.media) == ("val", Attributes({"cover": None}), None)
    assert one.media == tmp_path / "crops" / "a.jpg"
    assert plugin.counts == {"missing_pictures": 1}


def test_points_become_ways_cut_where_the_label_changes(tmp_path: Path) -> None:
    text = "trace,when,x,y,mode\n7,1970-01-01 00:00:05.000000000,1,2,on\n7,1970-01-01T00:00:00Z,0,0,on\n7,9,5,5,off\n8,1,1,1,on\n"
    (tmp_path / "points.csv.gz").write_bytes(gzip.compress(text.encode()))
    found = rows(tmp_path, "csv", columns={"way": ["when", "x", "y"], "track": "trace", "label": "mode"})
    assert [(s.id, s.group, s.target, s.t) for s in found] == [
        ("7/0", "7", Label("on"), 0),
        ("7/1", "7", Label("off"), 9),
        ("8", "8", Label("on"), 1),
    ]
    assert found[0].way is not None
    assert np.array_equal(found[0].way, [(0, 0, 0), (5, 1, 2)])


def test_json_has_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "plates.json").write_text('[{"picture": "a.jpg", "plate": "沪A12345", "width": 90, "height": 30}]')
    (one,) = rows(tmp_path, "json", columns={"file": "picture", "text": "plate"})
    assert (one.id, one.target, one.size) == ("a", Text("沪A12345"), (90, 30))


@pytest.mark.parametrize(
    ("kind", "name", "text", "says"),
    [
        ("csv", "a.csv", "file,label\na.jpg\n", "a.csv: line 2: has 1 cells, the first line 2"),
        ("csv", "a.csv", "file,colour\na.jpg,red\n", "none of its columns is the target; set columns.label"),
        ("csv", "a.csv", "text,label\nx,y\n", "has both label and text"),
        ("csv", "a.csv", "file,file\na.jpg,y\n", "must name each column once"),
        ("csv", "a.csv", "file,label,split\na.jpg,x,half\n", "'half' is no split"),
        ("csv", "a.csv", "file,label\n../a.jpg,x\n", "cannot name a picture below"),
        ("csv", "a.csv", "file,label\na.jpg,x\na.png,x\n", "two samples are called 'a'"),
        ("csv", "a.csv", "id,label,t\na,x,noon\n", "'noon' is no time"),
        ("csv", "a.csv", "id,label,way\na,x,[[1]]\n", "way must be a list of"),
        ("json", "a.json", "{}", "must be a JSON list of objects"),
        ("json", "a.json", "[", "is not JSON"),
        ("jsonl", "a.jsonl", "{}\n", "line 1: id is missing"),
        ("jsonl", "a.jsonl", '{"id": "a", "lable": 1}\n', "unknown key 'lable'"),
        ("jsonl", "a.jsonl", '{"id": "a", "target": {"kind": "wish"}}\n', "its kind must be one of objects"),
        ("jsonl", "a.jsonl", '{"id": "a", "target": {"kind": "label"}}\n', "line 1: target: is no label"),
        ("jsonl", "a.jsonl", '{"id": "a", "target": {"kind": "objects", "objects": [{"box": [1]}]}}', "object 1: box"),
        ("jsonl", "a.jsonl", '{"id": "a", "target": {"kind": "pixels", "labels": [], "png": "!"}}', "is no pixels"),
        ("jsonl", "a.jsonl", '{"id": "a", "target": {"kind": "entities", "tokens": ["a"], "tags": []}}', "do not fit"),
        ("text_table", "a.csv", "text,other\nx,y\n", "has no column question, label or summary"),
        ("text_table", "a.csv", "report,label\nx,y\n", "there is no column 'text'"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, name: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=says) as refused:
        rows(tmp_path, kind)
    assert str(tmp_path) in str(refused.value)


def test_several_tables_are_no_guess(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,label\nx,y\n")
    with pytest.raises(BadInput, match="holds 2 such files"):
        rows(tmp_path, "csv")
    assert len(rows(tmp_path, "csv", file="b.csv")) == 1
    with pytest.raises(BadSettings, match="columns"):
        rows(tmp_path, "csv", file="b.csv", columns={"lable": "y"})


def test_tables_of_texts(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("text\tlabel\nA truck, loud\tnoise\n")
    (tmp_path / "dev.tsv").write_text("text\tlabel\nmud\t\n")
    found = {s.split: s for s in rows(tmp_path, "text_table")}
    assert (found["train"].text, found["train"].target) == ("A truck, loud", Label("noise"))
    assert found["val"].target is None
    (tmp_path / "qa").mkdir()
    (tmp_path / "qa" / "samples.csv").write_text("context,question,answer,start\nat gate 3,where?,gate 3,3\n,who?,,\n")
    one, two = rows(tmp_path / "qa", "text_table", text="context")
    assert (one.target, two.target) == (Answer("where?", "gate 3", 3), Answer("who?", None))


@pytest.mark.data
def test_the_development_data_is_read(data: Path) -> None:
    table = {"kind": "csv", "columns": {"attributes": ["cover", "dirt", "view", "kind"], "pictures": "crops"}}
    trucks = read(data / "truck_attributes", table, class_map={})
    assert trucks.counts == {"samples": 689}
    assert {s.split for s in trucks.samples} == {"train", "val"}
    plates = read(data / "plate", {"kind": "csv", "file": "plates_crops.csv"}, class_map={})
    assert plates.counts == {"samples": 500}
    assert plates.samples[0].target == Text("京PL3N67")
    ways = read(
        data / "gps",
        {
            "kind": "csv",
            "file": "delivery_traces.csv.gz",
            "columns": {"way": ["timestamp", "x", "y"], "track": "trace", "label": "groundtruth"},
        },
        class_map={},
    )
    assert {s.target for s in ways.samples} == {Label("Driving"), Label("OnFoot")}
    assert sum(len(s.way) for s in ways.samples if s.way is not None) == 12834 + 16182
