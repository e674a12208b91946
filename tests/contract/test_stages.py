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
from roadstead.settings import settings_of
from roadstead.types import Frame


def given(plugin: Any, folder: Path) -> dict[str, Any]:
    """Return a value for each setting that has no default."""
    values: dict[str, Any] = {"camera": "cam", "path": folder / "nothing", "url": "rtsp://127.0.0.1:9/x"}
    if plugin.__name__ in ("Http", "Webhook"):
        values["url"] = "http://127.0.0.1:9/x"
    missing = dataclasses.MISSING
    needed = [f.name for f in dataclasses.fields(plugin) if f.init and f.default is missing is f.default_factory]
    return {name: values[name] for name in needed}


@pytest.mark.parametrize("name", sources.plugins.names())
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
def test_a_detector_without_a_model_keeps_boxes_within_the_picture(name: str) -> None:
    plugin: Any = detect.plugins.get(name)
    detector, rng = plugin(), np.random.default_rng(0)
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
