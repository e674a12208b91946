"""CoNLL, chats and reviewed cases as others write them, and one case for each refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from roadstead.dataset.formats.chat import Chats
from roadstead.dataset.formats.conll import Conll
from roadstead.dataset.formats.reviews import Reviews
from roadstead.dataset.samples import Chat, Entities, Label, Message, Objects, Preference
from roadstead.errors import BadInput

CONLL = "-DOCSTART- -X- O\n\n# a comment\nTruck NN B-V\n12 CD I-V\n\nat IN O\n# NN O\nGate NN B-PLACE\n"


def test_conll_of_several_columns(tmp_path: Path) -> None:
    (tmp_path / "dev.txt").write_text(CONLL)
    one, two = Conll().read(tmp_path)
    assert (one.id, one.split, one.text) == ("val/1", "val", "Truck 12")
    assert one.target == Entities(("Truck", "12"), ("B-V", "I-V"))
    assert two.target == Entities(("at", "#", "Gate"), ("O", "O", "B-PLACE"))
    ends = [s.target.tags for s in Conll(scheme="bioes").read(tmp_path) if isinstance(s.target, Entities)]
    assert ends == [("B-V", "E-V"), ("O", "O", "S-PLACE")]


def test_broken_tags_are_refused_or_counted(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text("a\tO\nb\tI-X\n")
    with pytest.raises(BadInput, match=r"train.conll: line 2: I-X goes on .*; mend it, or set broken"):
        list(Conll().read(tmp_path))
    plugin = Conll(broken="repair")
    (one,) = plugin.read(tmp_path)
    assert isinstance(one.target, Entities)
    assert (one.target.tags, plugin.counts) == (("O", "B-X"), {"broken_sequences": 1})
    (tmp_path / "train.conll").write_text("alone\n")
    with pytest.raises(BadInput, match="line 1: has 1 columns"):
        list(Conll().read(tmp_path))


def lines(folder: Path, *rows: Any, name: str = "train.jsonl") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


def test_chats_of_every_writing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    parts = [{"type": "image"}, {"type": "text", "text": "what?"}]
    said = Chat((Message("user", "<image>what?"), Message("assistant", "a truck")))
    lines(
        tmp_path,
        {
            "messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "a truck"}],
            "images": ["a.jpg"],
        },
        {
            "conversations": [{"from": "human", "value": "<image>what?"}, {"from": "gpt", "value": "a truck"}],
            "image": "gone.jpg",
        },
        {
            "prompt": "what?",
            "chosen": [{"role": "user", "content": "what?"}, {"role": "assistant", "content": "x"}],
            "rejected": "y",
        },
    )
    plugin = Chats()
    one, two, three = plugin.read(tmp_path)
    assert one.target == two.target == said
    assert (one.media, two.media, one.split) == (tmp_path / "a.jpg", None, "train")
    assert three.target == Preference((Message("user", "what?"),), "x", "y")
    assert plugin.counts == {"missing_pictures": 1}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, "has neither messages"),
        ({"messages": []}, "needs a list of messages"),
        ({"messages": [{"role": "robot", "content": ""}]}, "message 1: role 'robot' is none of"),
        ({"messages": [{"role": "user", "content": [{"type": "sound"}]}]}, "neither a text nor an image"),
        ({"messages": [{"role": "user", "content": "x"}], "images": ["a", "b"]}, "one picture at most"),
        ({"prompt": "a", "chosen": "x"}, "rejected: needs a list of messages"),
        ({"prompt": "a", "chosen": [{"role": "user", "content": "x"}], "rejected": "y"}, "is not the assistant's"),
    ],
)
def test_chats_that_are_none(row: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"train.jsonl: line 1.*{says}"):
        list(Chats().read(lines(tmp_path, row)))


SEEN = [
    {"box": [1, 2, 30, 40], "label": "truck", "attributes": {"cover": "uncovered", "dirt": "clean"}},
    {"box": [5, 5, 9, 9], "label": "car"},
]


def case(event: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "event": event,
        "rule": "uncovered",
        "camera": "gate",
        "t": 5,
        "verdict": verdict,
        "reason": "R2",
        "reviewer": "9f86d081",
        "media": "",
        "width": 64,
        "height": 48,
        "objects": SEEN,
        **more,
    }


def test_reviewed_cases(tmp_path: Path) -> None:
    accused = {"object": 0, "attribute": "cover"}
    rows = [
        case("e1", "confirmed", accused=accused),
        case("e2", "rejected", accused=accused),
        case("e3", "rejected", accused={"object": 1}),
        case("e4", "unsure"),
    ]
    folder = lines(tmp_path, *rows, name="reviews.jsonl")
    plugin = Reviews()
    found = {s.id: s for s in plugin.read(folder)}
    assert plugin.counts == {"confirmed": 1, "rejected": 2, "unsure": 1}
    targets = [found[k].target for k in ("e1", "e2", "e3")]
    assert [t.labels for t in targets if isinstance(t, Objects)] == [("truck", "car"), ("truck", "car"), ("truck",)]
    assert [dict(t.attributes[0]) for t in targets if isinstance(t, Objects)] == [
        {"cover": "uncovered", "dirt": "clean"},
        {"dirt": "clean"},
        {"cover": "uncovered", "dirt": "clean"},
    ]
    assert found["e4"].target is None
    assert (found["e1"].group, found["e1"].t, found["e1"].size) == ("gate", 5, (64, 48))
    named = [s.target for s in Reviews(target="label", together="event").read(folder)]
    assert named == [Label("uncovered"), Label("nothing"), Label("nothing"), None]
    other = Reviews(rules=("spilling",))
    assert list(other.read(folder)) == []
    assert other.counts == {"other_rules": 4}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 2}, "is of schema 2; this version reads schema 1"),
        ({"verdict": "maybe"}, "verdict must be one of confirmed, rejected, unsure"),
        ({"accused": {"object": 2}}, "accused must name an object, 0 to 1"),
        ({"colour": 1}, "has an unknown key 'colour'"),
        ({"rule": ""}, "rule is missing"),
    ],
)
def test_reviews_that_are_none(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"reviews.jsonl: line 1: {says}"):
        list(Reviews().read(lines(tmp_path, {**case("e1", "rejected"), **change}, name="reviews.jsonl")))
