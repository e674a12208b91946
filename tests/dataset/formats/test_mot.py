"""MOT sequences as the challenge gives them away, and what is wrong with some."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from roadstead.dataset.formats.mot import Mot
from roadstead.dataset.samples import Objects, Sample, objects
from roadstead.errors import BadInput

INFO = "[Sequence]\nname=MOT17-02\nimDir=img1\nframeRate=30\nseqLength=3\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n"


def sequence(folder: Path, gt: str, info: str = INFO) -> Path:
    (folder / "train" / "MOT17-02" / "gt").mkdir(parents=True)
    (folder / "train" / "MOT17-02" / "seqinfo.ini").write_text(info)
    (folder / "train" / "MOT17-02" / "gt" / "gt.txt").write_text(gt)
    return folder


def test_a_sequence_as_the_challenge_gives_it_away(tmp_path: Path) -> None:
    mot = Mot()
    rows = "1,2,912,484,97,109,0,7,1\n3,2,912,484,97,109,1,1,0.25\n3,5,10,20,0,5,1,3,1\n"
    found = list(mot.read(sequence(tmp_path, rows)))
    assert [(s.id, s.split, s.group, len(objects(s))) for s in found] == [
        ("MOT17-02/000001", "train", "MOT17-02", 1),
        ("MOT17-02/000002", "train", "MOT17-02", 0),
        ("MOT17-02/000003", "train", "MOT17-02", 1),
    ]
    assert found[0].target == Objects(
        boxes=np.array([(911, 483, 1008, 592)]),
        labels=("static person",),
        ids=("2",),
        ignored=(True,),
        visible=np.array([1.0]),
    )
    assert found[2].t == 2 / 30
    assert mot.counts == {"missing_pictures": 3, "degenerate_boxes": 1}


@pytest.mark.parametrize(
    ("gt", "info", "says"),
    [
        ("1,2,3\n", INFO, r"gt\.txt: line 1: needs 9 numbers"),
        ("1,2,1,1,5,5,1,1,1\n4,2,1,1,5,5,1,1,1\n", INFO, "line 2: there is no picture 4"),
        ("1,2,1,1,5,5,1,14,1\n", INFO, "no class 14"),
        ("1,nan,1,1,5,5,1,1,1\n", INFO, "needs 9 numbers"),
        ("", "nothing", "says no rate, length and size"),
        ("", INFO.replace("imWidth=1920\n", ""), "says no rate, length and size"),
        ("", INFO.replace("=30", "=0"), "must be above 0"),
    ],
)
def test_refused_in_one_sentence(gt: str, info: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=says):
        list(Mot().read(sequence(tmp_path, gt, info)))


def at(k: float, *, ids: tuple[str | None, ...] = ("a",), size: tuple[int, int] = (64, 48)) -> Sample:
    target = Objects(boxes=np.array([(1, 2, 30, 40)]), labels=("truck",), ids=ids)
    return Sample(id=f"gate/{k}", size=size, target=target, group="gate", t=k)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        ([at(0.0, ids=(None,))], "gate/0.0: object 1 has no id"),
        ([at(0.0), at(0.01)], "two pictures fall on one at 10 a second"),
        ([at(0.1), at(0.0)], "sort by time"),
        ([at(0.0), at(0.1, size=(32, 24))], "several sizes"),
    ],
)
def test_what_a_sequence_cannot_hold_is_refused(samples: list[Sample], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=says):
        Mot().write(samples, tmp_path)


def test_a_sequence_that_comes_later_changes_no_class(tmp_path: Path) -> None:
    Mot().write([at(0.0)], tmp_path)
    later = at(0.0)
    cars = Objects(boxes=objects(later).boxes, labels=("car",), ids=("a",))
    Mot().write([replace(later, group="quay", target=cars)], tmp_path)
    assert (tmp_path / "labels.txt").read_text() == "truck\ncar\n"
    assert [(s.group, objects(s).labels) for s in Mot().read(tmp_path)] == [("gate", ("truck",)), ("quay", ("car",))]


def test_pictures_without_objects_and_gaps_are_pictures(tmp_path: Path) -> None:
    Mot(fps=5, labels=("car", "truck")).write([at(0.0), at(0.6)], tmp_path)
    assert (tmp_path / "labels.txt").read_text() == "car\ntruck\n"
    assert (tmp_path / "gate" / "gt" / "gt.txt").read_text().splitlines() == [
        "1,1,2.0,3.0,29.0,38.0,1,2,-1",
        "4,1,2.0,3.0,29.0,38.0,1,2,-1",
    ]
    assert [(len(objects(s)), s.t) for s in Mot().read(tmp_path)] == [(1, 0.0), (0, 0.2), (0, 0.4), (1, 3 / 5)]
