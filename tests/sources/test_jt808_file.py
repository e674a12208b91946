"""Frames in files: hex text with or without time and sender, and captures; what is no frame is counted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from roadstead.errors import BadInput
from roadstead.positions import Raw, Reports
from roadstead.sources.jt808_file import Jt808File

FRAME = "7e02000026123456789012007d02000000010000000200ba7f0e07e4f11c0028003c00001810151010100104000000640202007d01137e"
"""A place of README fame: phone 123456789012, 12.222222 N 132.444444 E, 2018-10-15 10:10:10 +08."""
T = 1_539_569_410.0


def read(path: Path) -> tuple[list[Raw], Reports, dict[str, int]]:
    feed = Jt808File(feed="trucks", path=path)
    kept: list[Raw] = []

    def keep(records: Sequence[Raw]) -> int:
        kept.extend(records)
        return len(kept) - len(records)

    decoder = feed.decoder()
    parts = [decoder.decode(records, first) for first, records in feed.read(keep)]
    return kept, Reports.joined(parts), dict(feed.counts)


@pytest.mark.parametrize(
    ("line", "received", "peer"),
    [
        (FRAME, None, "file:frames.txt"),
        (FRAME.upper(), None, "file:frames.txt"),
        (" ".join(FRAME[i : i + 2] for i in range(0, len(FRAME), 2)), None, "file:frames.txt"),
        (f"1539569411.5,{FRAME}", 1539569411.5, "file:frames.txt"),
        (f"2018-10-15T10:10:11+08:00 ; {FRAME}", T + 1, "file:frames.txt"),
        (f"2018-10-15 10:10:11+08:00,10.0.0.1:99,{FRAME}", T + 1, "10.0.0.1:99"),
        (f"1539569411.5 10.0.0.1:99 {FRAME}", 1539569411.5, "10.0.0.1:99"),
        (f"2018-10-15T10:10:11,{FRAME}", None, "file:frames.txt"),
    ],
)
def test_a_line_may_say_when_and_from_whom(tmp_path: Path, line: str, received: float | None, peer: str) -> None:
    (tmp_path / "frames.txt").write_text(line + "\n")
    (raw,), reports, counts = read(tmp_path / "frames.txt")
    assert (raw.t_received, raw.peer, raw.data) == (received, peer, bytes.fromhex(FRAME))
    assert (reports.movers, reports.t.tolist(), reports.raw.tolist()) == (("123456789012",), [T], [0])
    assert counts == {"files": 1, "lines": 1}


def test_what_is_no_frame_is_counted(tmp_path: Path) -> None:
    (tmp_path / "frames.txt").write_text(f"# from the office\n{FRAME}\nnothing\n7e0\n\n{FRAME[:-4]}ff7e\n")
    kept, reports, counts = read(tmp_path / "frames.txt")
    assert counts == {"files": 1, "lines": 5, "lines_comment": 1, "lines_bad": 2}
    assert len(kept) == 2
    assert len(reports) == 1, "the other's checksum is wrong"


def test_a_capture_is_cut_into_frames(tmp_path: Path) -> None:
    frame = bytes.fromhex(FRAME)
    (tmp_path / "capture.bin").write_bytes(b"\x00\x01" + frame + frame + frame[:20])
    kept, reports, _ = read(tmp_path / "capture.bin")
    assert [raw.data for raw in kept] == [frame, frame]
    assert len(reports) == 2


def test_several_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.hex", "a.hex"):
        (tmp_path / name).write_text(FRAME + "\n")
    kept, _, counts = read(tmp_path / "*.hex")
    assert [raw.peer for raw in kept] == ["file:a.hex", "file:b.hex"]
    assert counts["files"] == 2


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.txt: there is no such file"):
        read(tmp_path / "nothing.txt")
