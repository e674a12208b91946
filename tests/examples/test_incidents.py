"""The made-up incident reports: what is true of them stands in them, and learning and judging share no words that matter."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import Answer, Chat, Entities, Label, Preference, Sample, Text
from roadstead.evaluate import fields
from roadstead.evaluate.metrics.entities import spans

ROOT = Path(__file__).parents[2]


def made(folder: Path, language: str, seed: int = 0) -> dict[str, list[Sample]]:
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "examples/incidents.py", folder, "--language", language),
            *("--train", "60", "--val", "5", "--test", "40", "--seed", str(seed)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {place.name: list(Jsonl().read(place)) for place in folder.iterdir()}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_true_stands_in_the_text(tmp_path: Path, language: str) -> None:
    uses = made(tmp_path, language)
    assert {use: len(some) for use, some in uses.items()} == dict.fromkeys(uses, 105)
    assert len(uses) == 7
    for label, tags, chat, asked, pair, text in zip(
        *(uses[use] for use in ("classes", "names", "reports", "questions", "preferences", "texts")), strict=True
    ):
        assert isinstance(label.target, Label)
        assert isinstance(tags.target, Entities)
        assert isinstance(chat.target, Chat)
        assert isinstance(asked.target, Answer)
        assert isinstance(pair.target, Preference)
        assert isinstance(text.target, Text)
        assert text.target.text == label.text == asked.text
        report = chat.target.messages[-1].content
        told = fields.fields(report, "lines")
        assert told is not None
        assert len(told) == 6
        assert label.target.label in report
        assert pair.target.chosen == report != pair.target.rejected
        if asked.target.text is not None:
            assert asked.target.start is not None
            assert asked.text[asked.target.start :].startswith(asked.target.text)
            assert asked.target.text in report
        named = {"".join(tags.target.tokens[a:b]) for _, a, b in spans(tags.target.tags)}
        plate = next(iter(list(told.values())[1:2]))
        assert plate.upper().replace(" ", "") in {one.upper().replace(" ", "") for one in named}


def test_judging_has_words_of_its_own(tmp_path: Path) -> None:
    uses = made(tmp_path, "en")

    def named(split: str) -> set[str]:
        some = [s.target for s in uses["names"] if s.split == split]
        return {
            " ".join(t.tokens[a:b])
            for t in some
            if isinstance(t, Entities)
            for kind, a, b in spans(t.tags)
            if kind in {"COMPANY", "PLACE"}
        }

    assert len(named("train")) > 10
    assert len(named("test")) > 6
    assert not named("train") & named("test")


def test_the_same_seed_makes_the_same_reports(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        made(tmp_path / name, "en", seed)
    a, b, c = (json.loads((tmp_path / n / "texts/train.jsonl").read_text().splitlines()[0]) for n in "abc")
    assert a == b != c
