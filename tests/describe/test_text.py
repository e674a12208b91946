"""Readings of the best views of a track vote; what cannot be read is not guessed."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _striped import CHARACTERS, bundle, striped
from roadstead.describe import _finding
from roadstead.describe._rapidocr import RapidOcr
from roadstead.describe._reading import PlateReader, Reading, spelt, spelt_as, views
from roadstead.describe.text import FORGOTTEN_S, Plates, TextVotes
from roadstead.errors import BadBundle, BadInput
from roadstead.types import Floats, Frame, Image, Track


@dataclass
class Said:
    """Says one thing after another."""

    texts: list[str]
    sure: float = 0.95
    looked: list[Image] = field(default_factory=list)

    def look(self, image: Image) -> Reading:
        said = self.texts[len(self.looked) % len(self.texts)]
        self.looked.append(image)
        return Reading(said, (self.sure,) * len(said))


BOX = (40, 40, 240, 160)


def votes(folder: Path, said: Said, **settings: Any) -> TextVotes:
    made = TextVotes(path=bundle(folder / "striped"), engine="onnxruntime", **settings)
    made._looker = said
    return made


def frame(t: float) -> Frame:
    rng = np.random.default_rng(int(t))
    return Frame("gate", t, rng.integers(0, 255, (200, 320, 3), dtype=np.uint8))


def track(t: float, box: tuple[int, int, int, int] = BOX, name: str = "gate-1", label: str = "truck") -> Track:
    return Track(name, "gate", label, 0.0, np.array([t]), np.array([box], dtype=np.float64), np.array([0.9]))


def test_views_vote_and_a_dropped_sign_is_outvoted(tmp_path: Path) -> None:
    describer = votes(tmp_path, Said(["皖A12345", "皖A1234", "皖A12345"]))
    for t in (1.0, 2.0, 3.0):
        (seen,) = describer.describe(frame(t), [track(t)])
    assert seen.attributes["plate"].label == "皖A12345"
    assert seen.attributes["plate"].views == 2


def test_what_is_no_plate_or_is_not_agreed_on_cannot_be_read(tmp_path: Path) -> None:
    for texts in (["皖A1234"], [""], ["皖A12345", "皖A67890"]):
        describer = votes(tmp_path, Said(texts))
        for t in (1.0, 2.0):
            (seen,) = describer.describe(frame(t), [track(t)])
        assert seen.attributes["plate"].label is None
    (seen,) = votes(tmp_path, Said(["皖A12345"], sure=0.5)).describe(frame(1.0), [track(1.0)])
    assert seen.attributes["plate"].label is None
    (seen,) = votes(tmp_path, Said(["皖A12345"], sure=0.5), least=0.4).describe(frame(1.0), [track(1.0)])
    assert seen.attributes["plate"].label == "皖A12345"


def test_only_the_best_views_are_read_and_few_on_one_picture(tmp_path: Path) -> None:
    said = Said(["皖A12345"])
    describer = votes(tmp_path, said, views=2, at_most=1, margin=0.0)
    both = [track(1.0, BOX, "large"), track(1.0, (20, 20, 90, 80), "small")]
    large, small = describer.describe(frame(1.0), both)
    assert large.attributes
    assert not small.attributes
    assert said.looked[0].shape[:2] == (120, 200)
    for t in (2.0, 3.0):
        describer.describe(frame(t), [track(t, (20, 20, 90, 80), "small")])
    looked = len(said.looked)
    describer.describe(frame(4.0), [track(4.0, (20, 20, 69, 69), "small")])
    assert len(said.looked) == looked


@pytest.mark.parametrize("box", [(0, 40, 100, 120), (40, 40, 60, 120), (220, 40, 319, 120)])
def test_boxes_at_the_edge_and_small_ones_are_not_read(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    (seen,) = votes(tmp_path, Said(["皖A12345"])).describe(frame(1.0), [track(1.0, box)])
    assert not seen.attributes


def test_other_labels_and_hidden_tracks_are_not_read_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    describer = votes(tmp_path, Said(["皖A12345"]), labels=("truck",), at_most=4)
    tracks = [track(1.0, BOX, "a", "car"), track(0.5, BOX, "b"), track(1.0, BOX, "c")]
    seen = describer.describe(frame(1.0), tracks)
    assert [one.id for one in seen] == ["a", "b", "c"]
    assert [bool(one.attributes) for one in seen] == [False, False, True]
    (later,) = describer.describe(frame(2.0), [track(1.0, BOX, "c")])
    assert later.attributes == seen[2].attributes
    describer.describe(frame(3.0 + FORGOTTEN_S), [])
    assert not describer._ballots


def test_a_register_says_whether_it_is_known_and_lists_near_ones_without_replacing(tmp_path: Path) -> None:
    known = tmp_path / "known.csv"
    known.write_text("plate\n皖A12345\n皖A12346\n", encoding="utf-8")
    said = {}
    for text_ in ("皖A12345", "皖A12349", "京B00000"):
        describer = votes(tmp_path, Said([text_]), known=known, column="plate", near=1)
        (seen,) = describer.describe(frame(1.0), [track(1.0)])
        assert seen.attributes["plate"].label == text_
        said[text_] = {name: vote.label for name, vote in seen.attributes.items() if name != "plate"}
    assert said["皖A12345"] == {"plate_known": "yes"}
    assert said["皖A12349"] == {"plate_known": "near", "plate_candidates": "皖A12345 皖A12346"}
    assert said["京B00000"] == {"plate_known": "no"}
    with pytest.raises(BadInput, match="has no column 'text'"):
        votes(tmp_path, Said([""]), known=known)


def test_a_bundle_reads_one_row_and_two(tmp_path: Path) -> None:
    reader = PlateReader.opened(bundle(tmp_path / "b"), "onnxruntime")
    read = reader.read(striped("皖A12345"))
    assert read.text == "皖A12345"
    assert len(read.sure) == 7
    assert read.score > 0.9
    assert len(views(np.zeros((24, 94, 3), np.uint8))) == 1
    assert len(views(np.zeros((40, 88, 3), np.uint8))) == 2
    assert len(views(np.zeros((60, 88, 3), np.uint8))) == 1


def test_a_bundle_of_another_task_is_refused(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b")
    card = (folder / "card.toml").read_text(encoding="utf-8")
    other = card.replace("text_recognition", "image_classification").replace("characters", "labels = ['a']\n#")
    (folder / "card.toml").write_text(other, encoding="utf-8")
    with pytest.raises(BadBundle, match="plates are read by a model for text recognition"):
        TextVotes(path=folder, engine="onnxruntime")


def _vehicle(angle: float) -> tuple[Image, np.ndarray[Any, Any]]:
    """A grey vehicle with a blue plate, turned by an angle, and the plate's corners."""
    rng = np.random.default_rng(3)
    image = np.clip(110 + rng.normal(0, 3, (300, 400, 3)), 0, 255).astype(np.uint8)
    plate = np.full((44, 140, 3), (20, 60, 190), np.uint8)
    for k in range(7):
        cv2.rectangle(plate, (6 + 19 * k, 8), (15 + 19 * k, 36), (240, 240, 240), 2)
    turn = cv2.getRotationMatrix2D((70, 22), angle, 1.0)
    turn[:, 2] += (130, 200)
    cv2.warpAffine(plate, turn, (400, 300), image, borderMode=cv2.BORDER_TRANSPARENT)
    corners = np.array([[0, 0], [140, 0], [140, 44], [0, 44]], float)
    return image, corners @ turn[:, :2].T + turn[:, 2]


@pytest.mark.parametrize("angle", [-8.0, 0.0, 5.0])
def test_a_plate_is_found_on_a_vehicle_and_cut_out(angle: float) -> None:
    image, corners = _vehicle(angle)
    found = _finding.fields(image, 3)
    assert found
    assert np.abs(found[0].corners - corners).max() < 7
    crop = _finding.cut(image, found[0].corners)
    assert np.abs(np.ptp(corners, axis=0) - (crop.shape[1], crop.shape[0])).max() < 14


def test_a_vehicle_without_a_plate_is_read_as_nothing(tmp_path: Path) -> None:
    reader = PlateReader.opened(bundle(tmp_path / "b"), "onnxruntime")
    grey = np.full((300, 400, 3), 110, np.uint8)
    assert Plates(reader).look(grey) == Reading("", ())


def test_names_come_from_the_highest_line(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Found:
        boxes: Any
        txts: Any
        scores: Any

    class Engine:
        def __call__(self, image: Image, **settings: Any) -> Found:
            square = np.array([[0, 0], [40, 0], [40, 40], [0, 40]], float)
            low = np.array([[0, 60], [80, 60], [80, 80], [0, 80]], float)
            return Found([low, square, square + np.array((120, 0))], ["宁波", "浙", "海 8"], [0.9, 0.8, 0.7])

    monkeypatch.setattr(RapidOcr, "opened", lambda threads: RapidOcr(Engine()))
    describer = TextVotes(read="name", least=0.5)
    (seen,) = describer.describe(frame(1.0), [track(1.0, label="vessel")])
    assert seen.attributes["name"].label == "浙海8"
    assert seen.attributes["name"].score == pytest.approx(0.7)


def _said(signs: list[tuple[str, float]], characters: str = CHARACTERS) -> Floats:
    """Log shares of steps that say signs ("" for none) as surely as given, the rest spread evenly."""
    rows = np.empty((len(signs), len(characters) + 1))
    for row, (sign, sure) in zip(rows, signs, strict=True):
        row[:] = (1 - sure) / len(characters)
        row[characters.index(sign) if sign else len(characters)] = sure
    return np.log(rows)


def test_a_text_of_a_grammar_is_the_likeliest_path_that_has_it() -> None:
    logs = _said(
        [("皖", 0.9), ("", 0.9), ("A", 0.9), ("1", 0.9), ("1", 0.8), ("", 0.9), ("1", 0.9), ("2", 0.6), ("", 0.5)]
    )
    assert spelt(logs, CHARACTERS).text == "皖A112"
    assert spelt_as(logs, CHARACTERS, ("皖京", "AB", "012", "012", "012")).text == "皖A112"
    fewer = spelt_as(logs, CHARACTERS, ("皖京", "AB", "012", "012"))
    assert len(fewer.text) == 4
    assert max(fewer.sure) < 0.2
    barred = spelt_as(logs, CHARACTERS, ("京", "AB", "012", "012", "012"))
    assert barred.text == "京A112"
    assert barred.sure[0] < 0.1
    assert max(barred.sure) < 0.5
    assert spelt_as(logs[:2], CHARACTERS, ("皖", "A", "1")) == Reading("", ())


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["", *"皖A12"]), st.floats(0.3, 0.99)), min_size=5, max_size=5))
def test_the_likeliest_path_of_a_grammar_is_that_of_all_paths_tried(signs: list[tuple[str, float]]) -> None:
    characters, places = "皖A12", ("皖", "A1", "12")
    logs = _said(signs, characters)
    tried: dict[str, float] = {}
    for path in itertools.product(range(5), repeat=len(signs)):
        text = "".join(characters[k] for k, _ in itertools.groupby(path) if k < 4)
        if len(text) == 3 and all(sign in place for sign, place in zip(text, places, strict=True)):
            tried[text] = max(tried.get(text, -np.inf), sum(logs[t, k] for t, k in enumerate(path)))
    best = max(tried.values())
    found = spelt_as(logs, characters, places)
    assert tried[found.text] == pytest.approx(best)
