"""Every format gives back what was written, but for what it says that it loses, and refuses what is not of its kind."""

import tempfile
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from _samples import SIZE, essence, recordings
from roadstead.dataset.classes import pixel_values
from roadstead.dataset.formats import plugins
from roadstead.dataset.samples import (
    Answer,
    Attributes,
    Chat,
    Entities,
    Label,
    Message,
    Objects,
    Pixels,
    Preference,
    Sample,
    Split,
    Target,
    Text,
)
from roadstead.errors import BadInput

NAMES = plugins.names()
ASKED = (Message("system", "be brief"), Message("user", 'what is "it"?\n<image>'))
TARGETS: dict[type[Target], tuple[Target, ...]] = {
    Objects: (
        Objects(boxes=np.array([(1, 2, 30, 40), (0, 0, 5.5, 6)]), labels=("truck", "货船"), ids=("a", "b")),
        Objects(boxes=np.zeros((0, 4)), labels=()),
    ),
    Label: (Label("truck"), Label("货 船")),
    Attributes: (Attributes({"cover": "covered", "dirt": None}), Attributes({"dirt": "clean, 净"})),
    Pixels: (
        Pixels(
            ("road", "海"), values=np.array([[0, 1, 255]] * 2, dtype=np.uint8).repeat(24, 0).repeat(22, 1)[:48, :64]
        ),
        Pixels(("road", "海"), values=np.zeros((48, 64), dtype=np.uint8)),
    ),
    Text: (Text("沪A·12345"), Text('two "trucks",\nand more')),
    Entities: (
        Entities(("沪A", "12345", "at", "gate"), ("B-PLATE", "I-PLATE", "O", "B-PLACE")),
        Entities(("#", "x"), ("O", "O")),
    ),
    Answer: (Answer("where?", "gate", 3), Answer("who, if any?", None)),
    Chat: (Chat((*ASKED, Message("assistant", "a truck"))), Chat((Message("user", "?"), Message("assistant", "!")))),
    Preference: (Preference(ASKED, "good", "bad"), Preference(ASKED[1:], "是", "否")),
}
CARRIED = [(name, target) for name in NAMES for target in plugins.get(name).targets]


def make(name: str) -> Any:
    return plugins.get(name)()


def write_png(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(seed).integers(0, 256, (*SIZE[::-1], 3), dtype=np.uint8)
    cv2.imwrite(str(path), picture)
    return path


def some(
    target: type[Target], folder: Path, sides: tuple[Split | None, ...] = ("train", "val", "test")
) -> list[Sample]:
    """Return two samples a split with a picture and a text, and everything known of them that any format carries."""
    made = []
    for side in sides:
        for k, one in enumerate(TARGETS[target]):
            media = write_png(folder / "pictures" / f"{side}-{k}.png", k)
            made.append(
                Sample(
                    id=f"{side}-gate/{k + 1:06d}",
                    target=one,
                    size=SIZE,
                    media=media,
                    text=f"报告 {side} {k}, with a comma\nand a line",
                    split=side,
                    origin="simulated",
                    group=f"{side}-gate",
                    t=1_700_000_000.25 + k / 10,
                )
            )
    return made


def known(sample: Sample, loses: frozenset[str]) -> dict[str, Any]:
    """Return what of a sample a format must give back, files by what is in them."""
    blank = {f.name: None if f.default is MISSING else f.default for f in fields(Sample)}
    values = {f.name: blank[f.name] if f.name in loses else getattr(sample, f.name) for f in fields(Sample)}
    values["media"] = sample.media.read_bytes() if sample.media and "media" not in loses else None
    if isinstance(sample.target, Pixels):
        values["target"] = (sample.target.labels, pixel_values(sample.target).tolist())
    if isinstance(sample.target, Objects):
        lost: dict[str, Any] = dict.fromkeys(loses & {f.name for f in fields(Objects)}, ())
        values["target"] = replace(sample.target, boxes=sample.target.boxes.round(6), **lost)
    if sample.way is not None:
        values["way"] = sample.way.tolist()
    return values


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_png(tmp_path_factory.mktemp("pictures") / "a.png", 0)


@pytest.mark.parametrize("name", [name for name, target in CARRIED if target is Objects])
@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(samples=recordings())
def test_objects_of_any_kind_are_read_again(name: str, picture: Path, samples: list[Sample]) -> None:
    samples = [replace(sample, media=picture) for sample in samples]
    with tempfile.TemporaryDirectory() as folder:
        writer, reader = make(name), make(name)
        writer.write(iter(samples), Path(folder))
        found = [essence(s, reader.loses) for s in reader.read(Path(folder))]
        names = {s.id for s in make(name).read(Path(folder))}
    key = lambda v: (str(v["split"]), str(v.get("id")), str(v.get("group")), v.get("t") or 0.0)  # noqa: E731
    wanted = sorted((essence(s, reader.loses) for s in samples), key=key)
    assert sorted(found, key=key) == wanted
    assert len(names) == len(found)


@pytest.mark.parametrize(("name", "target"), CARRIED)
@pytest.mark.parametrize("sides", [("train", "val", "test"), (None,)])
def test_what_was_written_is_read(
    name: str, target: type[Target], sides: tuple[Split | None, ...], tmp_path: Path
) -> None:
    samples = some(target, tmp_path, sides)
    make(name).write(iter(samples), tmp_path / "set")
    found = list(make(name).read(tmp_path / "set"))
    loses = make(name).loses
    if "id" in loses:
        assert len({s.id for s in found}) == len(found)
    key = lambda v: (str(v["split"]), str(v["id"]), str(v["t"]))  # noqa: E731
    wanted = sorted((known(s, loses) for s in samples), key=key)
    got = sorted((known(s, loses) for s in found), key=key)
    if "text" in loses:
        wanted = [w | {"text": ""} for w in wanted]
        got = [g | {"text": ""} for g in got]
    assert got == wanted


@pytest.mark.parametrize("name", NAMES)
def test_ways_are_read_again_or_said_to_be_lost(name: str, tmp_path: Path) -> None:
    if "way" in make(name).loses or (Objects in make(name).targets and name != "jsonl"):
        pytest.skip("it says that it has no place for ways")
    way = np.array([(0.1, 2.0, -3.5), (5.0, 1 / 3, 0.0)])
    sample = Sample(id="w", target=Label("Driving"), way=way, group="truck-1")
    make(name).write([sample], tmp_path)
    (found,) = make(name).read(tmp_path)
    assert np.array_equal(found.way, way)
    assert (found.target, found.group) == (Label("Driving"), "truck-1")


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_loses_and_carries(name: str) -> None:
    every = {f.name for f in (*fields(Sample), *fields(Objects))} - {"target"}
    assert make(name).loses < every
    assert "boxes" not in make(name).loses
    assert make(name).targets
    assert set(make(name).targets) <= set(get_args(Target))


@pytest.mark.parametrize("name", NAMES)
def test_what_it_does_not_carry_is_refused(name: str, tmp_path: Path) -> None:
    for target in set(get_args(Target)) - set(make(name).targets):
        with pytest.raises(BadInput) as refused:
            make(name).write(some(target, tmp_path)[:1], tmp_path / "set")
        assert "train-gate/000001" in str(refused.value)


@pytest.mark.parametrize("name", [name for name in NAMES if "media" not in plugins.get(name).loses])
def test_pictures_are_copied_or_left_where_they_belong(name: str, tmp_path: Path) -> None:
    made = [replace(s, group="gate") for s in some(make(name).targets[0], tmp_path / "elsewhere", (None,))]
    before_bytes = [s.media.read_bytes() for s in made if s.media]
    make(name).write(made, tmp_path / "set")
    there = sorted(make(name).read(tmp_path / "set"), key=lambda s: s.id)
    assert [s.media.read_bytes() for s in there if s.media] == before_bytes
    before = sorted(tmp_path.rglob("*"))
    make(name).write(there, tmp_path / "set")
    assert sorted(tmp_path.rglob("*")) == before
    assert sorted(str(s.media) for s in make(name).read(tmp_path / "set")) == sorted(str(s.media) for s in there)


@pytest.mark.parametrize("name", [name for name in NAMES if "media" not in plugins.get(name).loses])
@pytest.mark.parametrize("wrong", ["../gate", "/gate", "a/../../b"])
def test_no_picture_leaves_the_folder(name: str, wrong: str, tmp_path: Path) -> None:
    (sample, *_) = some(make(name).targets[0], tmp_path, (None,))
    before = set(tmp_path.rglob("*.png"))
    with pytest.raises(BadInput):
        make(name).write([replace(sample, id=wrong, group=wrong)], tmp_path / "set" / "deep")
    assert set(tmp_path.rglob("*.png")) == before


@pytest.mark.parametrize("name", NAMES)
def test_another_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadInput, match=str(tmp_path)) as refused:
            list(make(name).read(folder))
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "target"), CARRIED)
def test_the_same_samples_give_the_same_bytes(name: str, target: type[Target], tmp_path: Path) -> None:
    samples = some(target, tmp_path)
    for folder in ("one", "two"):
        make(name).write(samples, tmp_path / folder)
    files = [
        sorted(p.relative_to(tmp_path / f) for p in (tmp_path / f).rglob("*") if p.is_file()) for f in ("one", "two")
    ]
    assert files[0]
    assert files[0] == files[1]
    assert all((tmp_path / "one" / p).read_bytes() == (tmp_path / "two" / p).read_bytes() for p in files[0])
