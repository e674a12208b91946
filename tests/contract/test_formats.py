"""Every format gives back what was written, but for what it says that it loses, and refuses what is not of its kind."""

import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from _samples import SIZE, essence, recordings
from roadstead.dataset.formats import plugins
from roadstead.dataset.samples import Objects, Sample
from roadstead.errors import BadInput

NAMES = plugins.names()


def make(name: str) -> Any:
    return plugins.get(name)()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(samples=recordings())
def test_what_was_written_is_read(name: str, samples: list[Sample]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer, reader = make(name), make(name)
        writer.write(iter(samples), Path(folder))
        found = list(reader.read(Path(folder)))
    key = lambda values: (str(values["split"]), values["group"], values["t"])  # noqa: E731
    wanted = sorted((essence(s, reader.loses) for s in samples), key=key)
    assert sorted((essence(s, reader.loses) for s in found), key=key) == wanted
    assert len({s.id for s in found}) == len(found)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_loses(name: str) -> None:
    known = {f.name for f in (*fields(Sample), *fields(Objects))} - {"target"}
    assert make(name).loses < known
    assert "boxes" not in make(name).loses


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_copied_or_left_where_they_belong(name: str, tmp_path: Path) -> None:
    elsewhere = [tmp_path / f"{k}.png" for k in range(2)]
    for k, path in enumerate(elsewhere):
        path.write_bytes(b"picture %d" % k)
    nothing = Objects(boxes=(), labels=())  # type: ignore[arg-type]  # becomes an array
    some = [
        Sample(id=f"gate/{k}", size=SIZE, target=nothing, media=path, group="gate", t=k / 10)
        for k, path in enumerate(elsewhere)
    ]
    make(name).write(some, tmp_path / "set")
    there = list(make(name).read(tmp_path / "set"))
    assert [s.media.read_bytes() for s in there if s.media] == [b"picture 0", b"picture 1"]
    before = sorted(tmp_path.rglob("*"))
    make(name).write(there, tmp_path / "set")
    assert sorted(tmp_path.rglob("*")) == before
    assert [s.media for s in make(name).read(tmp_path / "set")] == [s.media for s in there]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", ["../gate", "/gate", "a/../../b"])
def test_no_picture_leaves_the_folder(name: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"")
    sample = Sample(
        id=wrong,
        size=SIZE,
        target=Objects(boxes=(), labels=()),  # type: ignore[arg-type]  # becomes an array
        media=tmp_path / "1.png",
        group=wrong,
    )
    with pytest.raises(BadInput):
        make(name).write([sample], tmp_path / "set" / "deep")
    assert not [p for p in tmp_path.rglob("*.png") if p.name != "1.png"]


@pytest.mark.parametrize("name", NAMES)
def test_another_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(BadInput, match=str(tmp_path)) as refused:
        list(make(name).read(tmp_path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_samples_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    sample = Sample(
        id="gate/000001",
        size=SIZE,
        target=Objects(boxes=[(1, 2, 3, 4)], labels=("truck",), ids=("a",)),  # type: ignore[arg-type]  # becomes an array
        group="gate",
        t=5.0,
    )
    for folder in ("one", "two"):
        make(name).write([sample, replace(sample, id="gate/000002", t=5.1)], tmp_path / folder)
    files = [
        sorted(p.relative_to(tmp_path / f) for p in (tmp_path / f).rglob("*") if p.is_file()) for f in ("one", "two")
    ]
    assert files[0] == files[1]
    assert all((tmp_path / "one" / p).read_bytes() == (tmp_path / "two" / p).read_bytes() for p in files[0])
