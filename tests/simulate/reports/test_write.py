"""What is written can be read again, and its labels name movers that are in it."""

import csv
import json
from pathlib import Path

import pytest

from roadstead.errors import BadInput
from roadstead.protocols.jt808 import location
from roadstead.protocols.jt808.framing import unwrap
from roadstead.protocols.jt808.header import parse
from roadstead.protocols.jt808.messages import Batch, decode
from roadstead.simulate.reports import write
from roadstead.simulate.reports.fleet import BEGIN
from roadstead.simulate.reports.write import Format, positions, simulate


def _labels(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "labels.jsonl").read_text(encoding="utf-8").splitlines()]


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_csv_with_labels(tmp_path: Path) -> None:
    summary = simulate(tmp_path, trucks=6, vessels=6, hours=2, seed=1, faults=("jump", "invalid_imo", "zero_island"))
    rows = [*_rows(tmp_path / "trucks.csv"), *_rows(tmp_path / "vessels.csv")]
    assert summary.reports == len(rows)
    assert summary.movers == 12
    labels = _labels(tmp_path)
    assert {str(said["fault"]) for said in labels} >= {"jump", "zero_island"}
    assert {said["mover"] for said in labels} <= {row["mover"] for row in rows}
    assert len({said["mover"] for said in labels}) == len(labels)
    for said in labels:
        if said["fault"] == "zero_island":
            begin, end = float(str(said["start"])), float(str(said["end"]))
            hit = [r for r in rows if r["mover"] == said["mover"] and r["t"] and begin <= float(r["t"]) <= end]
            assert [(float(r["lat"]), float(r["lon"])) for r in hit] == [(0.0, 0.0)] * len(hit)
            assert hit
    assert all(BEGIN + 8 * 3600 <= float(r["t_received"]) < BEGIN + 10 * 3600 for r in rows)


def test_frames_hold_what_was_simulated(tmp_path: Path) -> None:
    simulate(tmp_path / "wire", trucks=2, vessels=0, hours=1, seed=2, format="wire")
    simulate(tmp_path / "csv", trucks=2, vessels=0, hours=1, seed=2)
    rows = _rows(tmp_path / "csv" / "trucks.csv")
    lines = (tmp_path / "wire" / "trucks.jt808.txt").read_text().splitlines()
    assert len(lines) == len(rows)
    places = 0
    for line, row in zip(lines, rows, strict=True):
        when, peer, frame = line.split()
        header, body = parse(unwrap(bytes.fromhex(frame)))
        message = decode(header, body)
        assert (header.identity, peer) == (row["mover"], row["peer"])
        assert float(when) == pytest.approx(float(row["t_received"]), abs=0.001)
        one = message.items[0] if isinstance(message, Batch) else message
        if row["kind"] == "position":
            assert isinstance(one, location.Location)
            assert (one.t, one.lat, one.lon) == (float(row["t"]), float(row["lat"]), float(row["lon"]))
            assert one.speed_kmh / 3.6 == pytest.approx(float(row["speed_mps"]), abs=0.014)
            assert one.mileage_m == float(row["mileage_m"])
            assert one.status & 1 == float(row["ignition"])
            places += 1
    assert places > 100


def test_sentences_are_decoded_to_what_was_simulated(tmp_path: Path) -> None:
    pyais = pytest.importorskip("pyais")
    simulate(tmp_path / "wire", trucks=0, vessels=3, hours=1, seed=2, format="wire")
    simulate(tmp_path / "csv", trucks=0, vessels=3, hours=1, seed=2)
    rows = [r for r in _rows(tmp_path / "csv" / "vessels.csv") if r["kind"] == "position"]
    lines = (tmp_path / "wire" / "vessels.nmea").read_bytes().splitlines()
    plain = [line.split(b"\\")[2] for line in lines]
    assert all(b"c:" in line.split(b"\\")[1] for line in lines)
    read = [pyais.decode(line) for line in plain if line.split(b",")[1] == b"1"]
    read = [m for m in read if m.msg_type in (1, 18)]
    assert len(read) == len(rows)
    for message, row in zip(read, rows, strict=True):
        assert str(message.mmsi) == row["mover"]
        assert message.lat == pytest.approx(float(row["lat"]), abs=2e-6)
        assert message.lon == pytest.approx(float(row["lon"]), abs=2e-6)
        assert message.speed * 1852 / 3600 == pytest.approx(float(row["speed_mps"]), abs=0.03)


def test_an_unknown_fault_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no fault is called 'jumps'"):
        simulate(tmp_path, trucks=1, vessels=0, hours=1, faults=("jumps",))
    assert not list(tmp_path.iterdir())


def test_positions_are_the_columns() -> None:
    from roadstead.positions import Reports
    from roadstead.simulate.reports.fleet import vessels

    reports = vessels(2, 0.1, seed=1)
    again = Reports.of(positions(reports))
    assert len(again) == len(reports)
    assert [again.movers[k] for k in again.mover] == [reports.movers[k] for k in reports.mover]


@pytest.mark.slow
@pytest.mark.parametrize("movers", [1, 2, 12])
@pytest.mark.parametrize("hours", [0.5, 1, 4])
@pytest.mark.parametrize("how", ["csv", "wire"])
def test_every_fault_at_once_in_short_watches(tmp_path: Path, how: Format, hours: float, movers: int) -> None:
    """Who was hardly heard offers no occasion for a fault; that is no reason to fail."""
    for seed in (0, 1):
        summary = simulate(
            tmp_path / str(seed), trucks=movers, vessels=movers, hours=hours, seed=seed, faults=("all",), format=how
        )
        labels = _labels(tmp_path / str(seed))
        assert sum(summary.cases.values()) == len(labels)
        single = [said["mover"] for said in labels if said["mover"]]
        assert len(set(single)) == len(single) <= 2 * movers


def test_a_fleet_shares_its_movers_among_all_faults(tmp_path: Path) -> None:
    cases = simulate(tmp_path, trucks=30, vessels=30, hours=4, seed=1, faults=("all",)).cases
    assert sum(n > 0 for n in cases.values()) >= 0.9 * len(cases), cases


def test_what_ais_cannot_say_is_left_out(tmp_path: Path) -> None:
    summary = simulate(
        tmp_path, trucks=0, vessels=4, hours=2, faults=("swapped_coordinates", "aid_misuse"), format="wire"
    )
    assert summary.cases["swapped_coordinates"] == 0
    assert summary.cases["aid_misuse"] == 1


def test_a_large_fleet_is_several_files_and_the_same_movers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(tmp_path / "one", trucks=5, vessels=0, hours=1, seed=2)
    monkeypatch.setattr(write, "PART", 2)
    parts = simulate(tmp_path / "many", trucks=5, vessels=0, hours=1, seed=2)
    files = [path.name for path in parts.files]
    assert files == ["trucks-0001.csv", "trucks-0002.csv", "trucks-0003.csv", "labels.jsonl"]
    assert (parts.movers, parts.reports) == (whole.movers, whole.reports)
    lines = [line for path in parts.files[:-1] for line in path.read_text().splitlines()[1:]]
    assert sorted(lines) == sorted((tmp_path / "one" / "trucks.csv").read_text().splitlines()[1:])
