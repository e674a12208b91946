"""The report needs nothing but itself, and nobody can write into it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from roadstead import report
from roadstead.errors import RecordingError
from roadstead.report import CameraRun, EventCard, RunSummary, write_report
from roadstead.types import Event, Legal, Media, Signal, Text

T0 = 1_767_323_045.0
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' onload='x"
VOID = {"meta", "input", "img", "br", "hr", "link"}


def event(name: str, start: float = 0.0, **other: object) -> Event:
    made = Event(
        id=name,
        camera="gate",
        rule="stop-rule",
        kind="stopped",
        subject="gate/1",
        start=T0 + start,
        end=T0 + start + 4,
        outcome="violation",
        score=0.5,
        because=Text("Stood for 12 s.", "停车 12 秒。"),
        measured={"stood_s": 12.0, "limit_s": 10.0, "gap_m": None},
        legal=Legal("第五十六条", "2021"),
    )
    return replace(made, **other)  # type: ignore[arg-type]  # a test names the fields it changes


def media(name: str, *, missing: str | None = None) -> tuple[Media, ...]:
    folder = f"evidence/{name}"
    return (
        Media(name, "trigger", f"{folder}/trigger.jpg", "aa"),
        Media(name, "overlay", f"{folder}/overlay.jpg", "bb"),
        Media(name, "clip", f"{folder}/clip.mp4", None if missing else "cc", missing),
        Media(name, "record", f"{folder}/evidence.json", "dd" * 32),
    )


def picture(out: Path, name: str) -> None:
    folder = out / "evidence" / name
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "overlay.jpg"), np.full((60, 80, 3), 120, np.uint8))


def run(*cards: EventCard, **other: object) -> RunSummary:
    made = RunSummary(
        name="路口",
        software="0.1.0",
        settings_sha256="ab" * 32,
        started=T0,
        ended=T0 + 60,
        timezone="Asia/Shanghai",
        cameras=(
            CameraRun(name="gate", source="rtsp", start=T0, end=T0 + 60, counts={"pictures": 300, "dropped_late": 7}),
        ),
        events=cards,
    )
    return replace(made, **other)  # type: ignore[arg-type]  # a test names the fields it changes


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, text, and whether everything is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.stack: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def links(self) -> list[str]:
        return [a[k] or "" for _, a in self.elements for k in ("href", "src", "poster", "action", "data") if k in a]


def card(name: str = "e1", **other: object) -> EventCard:
    return EventCard(event=event(name, **other), media=media(name))  # type: ignore[arg-type]  # as above


def test_it_is_whole_and_needs_nothing_else(tmp_path: Path) -> None:
    picture(tmp_path, "e1")
    page = Page(write_report(tmp_path, run(card())))
    assert page.stack == []
    for link in page.links():
        assert re.match(r"(#|\./|data:image/jpeg;base64,)", link), link
    assert not re.search(r"https?://|file:|//[a-z]", page.source.replace("</", "< /"))
    assert "@import" not in page.source
    assert "url(#hatch)" in page.source
    assert len(re.findall(r"url\(", page.source)) == 1
    assert not any(tag in {"link", "iframe", "object", "base"} for tag, _ in page.elements)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["report.html"]


def test_it_says_what_was_found(tmp_path: Path) -> None:
    picture(tmp_path, "e1")
    page = Page(write_report(tmp_path, run(card(), card("e2", start=20, outcome="insufficient"))))
    for words in (
        "停车 12 秒。",
        "Stood for 12 s.",
        "第五十六条",
        "violation",
        "证据不足",
        "dropped late 7",
        "11:04:05",
    ):
        assert words in page.text, words
    assert "./evidence/e1/clip.mp4" in page.links()
    assert "./evidence/e1/evidence.json" in page.links()
    assert any(tag == "video" and a["preload"] == "none" for tag, a in page.elements)
    languages = {a.get("lang") for _, a in page.elements}
    assert {"zh", "en"} <= languages


def test_measured_values_and_limits_come_from_the_record(tmp_path: Path) -> None:
    record = {
        "rule": {"title": {"en": "Stopped", "zh": "违法停车"}},
        "measures": [
            {"name": "stood_s", "label": "stood", "value": 12.3456, "unit": "s", "limit": False},
            {"name": "gap_m", "label": "gap", "value": None, "unit": "m", "limit": False},
            {"name": "limit_s", "label": "limit", "value": 10.0, "unit": "s", "limit": True},
        ],
    }
    page = Page(write_report(tmp_path, run(replace(card(), record=record))))
    assert "12.35 s" in page.text
    assert "违法停车" in page.text
    assert "– m" not in page.text
    assert [a["class"] for tag, a in page.elements if tag == "tr" and "class" in a] == ["limit"]


def test_nobody_can_write_into_it(tmp_path: Path) -> None:
    evil = event("e1", rule=HOSTILE, kind=HOSTILE, subject=HOSTILE, camera=HOSTILE, because=Text(HOSTILE, HOSTILE))
    evil = replace(evil, measured={HOSTILE: HOSTILE}, legal=Legal(HOSTILE, HOSTILE))
    record = {
        "rule": {"title": {"en": HOSTILE, "zh": HOSTILE}},
        "measures": [{"name": "x", "label": HOSTILE, "value": HOSTILE, "unit": HOSTILE, "limit": True}],
    }
    files = (
        Media("e1", "clip", f"javascript:alert(1)//{HOSTILE}", "x"),
        Media("e1", "overlay", HOSTILE, None, HOSTILE),
        Media("e1", "record", HOSTILE, HOSTILE),
    )
    camera = CameraRun(name=HOSTILE, source=HOSTILE, start=T0, end=T0 + 9, counts={HOSTILE: 1})
    summary = run(
        EventCard(event=evil, media=files, record=record),
        EventCard(event=evil, media=files),
        name=HOSTILE,
        software=HOSTILE,
        settings_sha256=HOSTILE,
        cameras=(camera,),
        deliveries={HOSTILE: {HOSTILE: 1}},
        videos=(HOSTILE,),
        problems=(HOSTILE,),
    )
    page = Page(write_report(tmp_path, summary))
    assert page.stack == []
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert not any(name.startswith("on") for _, a in page.elements for name in a)
    assert all(re.match(r"(#|\./)", link) for link in page.links())
    assert "<script>alert" not in page.source


@pytest.mark.parametrize("name", ["违规 1", "a b", "a#b?c", "100%"])
def test_links_to_odd_names_are_quoted(tmp_path: Path, name: str) -> None:
    page = Page(write_report(tmp_path, run(videos=(f"{name}.mp4",))))
    (link,) = [x for x in page.links() if x.endswith(".mp4")]
    assert re.fullmatch(r"\./[A-Za-z0-9%._/-]+", link)


def test_a_missing_picture_or_clip_says_why(tmp_path: Path) -> None:
    files = (Media("e1", "overlay", "x", None, "no disk"), *media("e1", missing="it was overwritten")[2:])
    page = Page(write_report(tmp_path, run(EventCard(event=event("e1"), media=files))))
    assert "no disk" in page.text
    assert "it was overwritten" in page.text
    assert not any(tag in {"video", "img"} for tag, _ in page.elements)


@pytest.mark.parametrize("content", [b"", b"no jpeg"])
def test_a_damaged_picture_does_not_stop_the_report(tmp_path: Path, content: bytes) -> None:
    picture(tmp_path, "e1")
    (tmp_path / "evidence" / "e1" / "overlay.jpg").write_bytes(content)
    page = Page(write_report(tmp_path, run(card())))
    assert not any(tag == "img" for tag, _ in page.elements)
    assert "no picture" in page.text


def test_many_pictures_are_left_beside_the_file_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PICTURES", 2)
    for k in range(5):
        picture(tmp_path, f"e{k}")
    page = Page(write_report(tmp_path, run(*(card(f"e{k}", start=k) for k in range(5)))))
    assert sum(tag == "img" for tag, _ in page.elements) == 2
    assert "3 pictures lie beside this file" in page.text


def test_events_come_in_order_of_time(tmp_path: Path) -> None:
    page = Page(write_report(tmp_path, run(card("late", start=30), card("early", start=1))))
    assert [a["id"] for tag, a in page.elements if tag == "article"] == ["event-early", "event-late"]


def test_the_timeline_has_a_bar_for_each_event_and_lanes_for_those_at_once(tmp_path: Path) -> None:
    summary = run(card("a", start=10), card("b", start=11), card("c", start=40, outcome="insufficient"))
    page = Page(write_report(tmp_path, summary))
    bars = [a for tag, a in page.elements if tag == "rect" and a.get("class") in {"violation", "insufficient"}]
    assert [a["class"] for a in bars] == ["violation", "violation", "insufficient"]
    assert [float(a["x"] or 0) for a in bars] == pytest.approx([1000 * t / 60 for t in (10, 11, 40)], abs=0.01)
    assert [a["y"] for a in bars] == ["2.0", "18.0", "2.0"]


def test_lost_signal_is_hatched(tmp_path: Path) -> None:
    signals = (
        Signal("gate", T0 + 10, False, "cut"),
        Signal("gate", T0 + 20, True),
        Signal("gate", T0 + 50, False, "cut"),
    )
    camera = CameraRun(name="gate", source="rtsp", start=T0, end=T0 + 60, signals=signals)
    page = Page(write_report(tmp_path, run(cameras=(camera,))))
    gone = [a for _, a in page.elements if a.get("class") == "gone"]
    assert [float(a["x"] or 0) for a in gone] == pytest.approx([166.67, 833.33], abs=0.01)
    assert [float(a["width"] or 0) for a in gone] == pytest.approx([166.66, 166.67], abs=0.02)


@pytest.mark.parametrize(
    "cameras", [(), (CameraRun(name="gate", source="x"),), (CameraRun(name="g", source="x", start=5, end=5),)]
)
def test_a_run_that_saw_nothing_has_a_report(tmp_path: Path, cameras: tuple[CameraRun, ...]) -> None:
    page = Page(write_report(tmp_path / "new", run(cameras=cameras)))
    assert "This run found no events." in page.text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordingError, match="the report cannot be written"):
        write_report(tmp_path / "file", run())


def looked(**other: object) -> dict[str, object]:
    both = {"en": HOSTILE, "zh": HOSTILE}
    answers = [
        {"question": both, "answer": "cannot_tell", "supports": "yes", "read": False},
        {"question": both, "answer": "yes", "supports": None, "read": True},
    ]
    made = {"look": {"name": HOSTILE}, "failed": None, "says": "undecided", "answers": answers, "description": both}
    return {**made, **other}


def test_a_second_look_is_shown_with_its_event_and_in_the_totals(tmp_path: Path) -> None:
    card = EventCard(event=event("e1"), second_look=looked())
    page = write_report(tmp_path, run(card, looks={"looked": 1, "unread": 1})).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert page.count("cannot tell") == 1
    assert "could not be read" in page
    assert "no event and no alert depends on it" in page


def test_without_second_looks_nothing_is_said_of_them(tmp_path: Path) -> None:
    page = write_report(tmp_path, run(EventCard(event=event("e1")))).read_text(encoding="utf-8")
    assert "Second look" not in page


def test_a_later_look_finds_its_place_in_the_report_and_replaces_an_earlier_one(tmp_path: Path) -> None:
    write_report(tmp_path, run(EventCard(event=event("e1"), second_look=looked()), EventCard(event=event("e2", 9))))
    both = {"en": "A truck.", "zh": "一辆货车。"}
    told = {
        "e1": looked(says="supports", description=both),
        "e2": looked(failed=HOSTILE, says=None, answers=[]),
        "e9": looked(),
    }
    assert report.show_second_looks(tmp_path, told) == 2
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    first, second = (
        page.partition(f"<!-- second look {name} -->")[2].partition("<!-- end")[0] for name in ("e1", "e2")
    )
    assert "the answers support the event" in first
    assert "A truck." in first
    assert "the model gave no answer" in second
    assert "undecided" not in page
    assert "<script>alert" not in page
    assert report.show_second_looks(tmp_path, told) == 2
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page


def test_a_report_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no report to show it in"):
        report.show_second_looks(tmp_path, {})
