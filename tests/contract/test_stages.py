"""Every source, detector, engine and transport keeps the promises of its kind."""

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead import alerts, detect, infer, registry, sources
from roadstead.config import AlertTable
from roadstead.errors import BadBundle
from roadstead.positions import Raw, Reports
from roadstead.settings import settings_of
from roadstead.types import Frame


def given(plugin: Any, folder: Path) -> dict[str, Any]:
    """Return a value for each setting that has no default."""
    values: dict[str, Any] = {
        "camera": "cam",
        "feed": "feed",
        "path": folder / "nothing",
        "url": "rtsp://127.0.0.1:9/x",
        "host": "127.0.0.1",
        "port": 9,
        "topics": ("cars/#",),
        "topic": "cars/#",
        "of": detect.plugins.get("motion")(),
    }
    if plugin.__name__ in ("Http", "Webhook"):
        values["url"] = "http://127.0.0.1:9/x"
    missing = dataclasses.MISSING
    needed = [f.name for f in dataclasses.fields(plugin) if f.init and f.default is missing is f.default_factory]
    if plugin.__name__ == "Nmea":  # files or an address, one of the two
        needed.append("path")
    return {name: values[name] for name in needed}


FEEDS = [name for name in sources.plugins.names() if hasattr(sources.plugins.get(name), "decoder")]
CAMERAS = [name for name in sources.plugins.names() if name not in FEEDS]


def test_there_are_sources_of_both_kinds() -> None:
    assert {"video", "rtsp"} <= set(CAMERAS)
    assert {"jt808", "nmea", "table"} <= set(FEEDS)


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_a_frozen_value_that_opens_nothing_until_it_is_read(name: str, tmp_path: Path) -> None:
    plugin: Any = sources.plugins.get(name)
    made = plugin(**given(plugin, tmp_path))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.feed = "other"
    assert isinstance(made.live, bool)
    assert dict(made.counts) == {}
    assert "feed" in settings_of(plugin).model_fields
    for secret in {"url", "password", "token", "secret"} & set(settings_of(plugin).model_fields):
        other = {"path": None} if secret == "url" and "path" in settings_of(plugin).model_fields else {}
        given_secret = dataclasses.replace(made, **{secret: "tcp://me:hidden@127.0.0.1:9"}, **other)
        assert "hidden" not in repr(given_secret)


@pytest.mark.parametrize("name", FEEDS)
def test_a_decoder_survives_what_is_no_message_and_counts_it(name: str, tmp_path: Path) -> None:
    """Every record is counted once, and cutting the records otherwise changes nothing."""
    plugin: Any = sources.plugins.get(name)
    rng = np.random.default_rng(5)
    records = [Raw(1e9 + k, "peer", rng.bytes(int(rng.integers(0, 90)))) for k in range(300)]
    whole = plugin(**given(plugin, tmp_path)).decoder()
    once = whole.decode(records, 0)
    counted = {k: n for k, n in whole.counts.items() if k.startswith(("read_", "bad_"))}
    assert sum(counted.values()) == len(records), counted
    cut = plugin(**given(plugin, tmp_path)).decoder()
    parts = [cut.decode(records[k : k + 7], k) for k in range(0, len(records), 7)]
    assert len(Reports.joined(parts)) == len(once)
    assert {k: n for k, n in cut.counts.items() if k.startswith(("read_", "bad_"))} == counted


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_keeps_before_it_yields(name: str, tmp_path: Path) -> None:
    """What a feed of files yields has been kept, under the number it says."""
    plugin: Any = sources.plugins.get(name)
    if plugin(**given(plugin, tmp_path)).live:
        pytest.skip("a feed that goes on: its own tests send it messages")
    path = tmp_path / "reports.txt"
    path.write_text("id,time,lat,lon\na,2026-01-01T00:00:00Z,31,121\n7e0002000001234567890100014b7e\n")
    kept: list[Raw] = []

    def keep(records: Any) -> int:
        kept.extend(records)
        return len(kept) - len(records)

    for first, records in plugin(**{**given(plugin, tmp_path), "path": path}).read(keep):
        assert kept[first : first + len(records)] == list(records)


@pytest.mark.parametrize("name", CAMERAS)
def test_a_source_is_a_frozen_value_that_opens_nothing_until_it_is_read(name: str, tmp_path: Path) -> None:
    plugin: Any = sources.plugins.get(name)
    made = plugin(**given(plugin, tmp_path))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.camera = "other"
    assert isinstance(made.live, bool)
    assert made.counts == {}
    assert made.footage is None or isinstance(made.footage[0], str)
    assert "camera" in settings_of(plugin).model_fields
    if "url" in settings_of(plugin).model_fields:
        assert "127.0.0.1" not in repr(made), "an address may hold a password"


@pytest.mark.parametrize("name", [n for n in detect.plugins.names() if n != "bundle"])
def test_a_detector_without_a_model_keeps_boxes_within_the_picture(name: str, tmp_path: Path) -> None:
    plugin: Any = detect.plugins.get(name)
    detector, rng = plugin(**given(plugin, tmp_path)), np.random.default_rng(0)
    assert isinstance(plugin.shared, bool)
    assert detector.model == {}
    for k in range(30):
        image = np.full((90, 160, 3), 90, np.uint8)
        image[30:60, 5 * k : 5 * k + 30] = rng.integers(0, 256, image[30:60, 5 * k : 5 * k + 30].shape)
        frame = Frame("cam", k * 0.2, image)
        seen = detector.detect(frame)
        assert (seen.camera, seen.t, seen.size) == ("cam", frame.t, (160, 90))
        assert ((seen.boxes >= 0) & (seen.boxes <= (160, 90, 160, 90))).all()
        assert ((seen.scores >= 0) & (seen.scores <= 1)).all()


@pytest.mark.parametrize("name", infer.plugins.names())
def test_an_engine_refuses_what_is_no_model(name: str, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(BadBundle, match=r"model\.onnx") as refused:
        infer.plugins.get(name)(tmp_path / "model.onnx", threads=1)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", alerts.plugins.names())
def test_a_transport_is_a_frozen_value_whose_settings_hide_none_of_the_table(name: str, tmp_path: Path) -> None:
    plugin: Any = alerts.plugins.get(name)
    made = plugin(**given(plugin, tmp_path))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, None)
    assert list(inspect.signature(made.send).parameters) == ["key", "payload"]
    assert not {f.name for f in dataclasses.fields(plugin)} & set(AlertTable.model_fields)


@pytest.mark.parametrize("folder", registry.FOLDERS)
def test_every_plugin_has_a_chinese_title(folder: str) -> None:
    found = registry.folder(folder)
    plain = {"openvino", "onnxruntime"}  # names of products
    for name in set(found.names()) - plain:
        assert any("\u4e00" <= c <= "\u9fff" for c in found.title(name)), f"{folder}.{name}"
