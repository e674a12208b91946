"""A table with `kind` becomes a plug-in; its fields are its settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Gt

from roadstead.errors import BadSettings
from roadstead.registry import Registry
from roadstead.settings import build, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A plug-in of the test."""

    watts: Annotated[float, Gt(0)]
    path: Path = Path("lamp")
    colours: tuple[str, ...] = ("white",)
    camera: str = ""
    feed_url: str = ""
    seen: int = field(default=0, init=False)


@pytest.fixture
def lamps() -> Registry[Lamp]:
    found: Registry[Lamp] = Registry("behaviours", "lamp")
    found("lamp")(Lamp)
    return found


def test_build(lamps: Registry[Lamp], tmp_path: Path) -> None:
    lamp = build(
        lamps, {"kind": "lamp", "watts": 5, "colours": ["red"]}, "here", base=tmp_path, camera="gate", unused=1
    )
    assert lamp == Lamp(watts=5.0, path=tmp_path / "lamp", colours=("red",), camera="gate")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"kind": "lamp"}, r"^here\.watts: is missing; set it$"),
        ({"kind": "lamp", "watts": 0}, r"^here\.watts: .*greater than 0, not 0$"),
        ({"kind": "lamp", "watts": 1, "wats": 1}, r"^here\.wats: unknown setting; did you mean watts\?$"),
        ({"kind": "lamp", "watts": 1, "zzz": 1}, r"^here\.zzz: unknown setting; remove it$"),
        ({"kind": "lamp", "watts": 1, "camera": "mine"}, r"^here\.camera: is set by the watch itself; remove it$"),
        ({"kind": "lamp", "watts": "x", "colours": 3}, r"^here\.watts: .*\(and 1 more\)$"),
        ({"watts": 1}, r"^here: needs kind = "),
        (
            {"kind": "lamp", "watts": 1, "feed_url": ["rtsp://me:secret@x"]},
            r"^here\.feed_url: Input should be a valid string$",
        ),
    ],
)
def test_refusals(lamps: Registry[Lamp], table: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        build(lamps, table, "here", camera="gate")


def test_the_schema_is_that_of_the_fields() -> None:
    schema = settings_of(Lamp).model_json_schema()
    assert schema["required"] == ["watts"]
    assert schema["properties"]["watts"]["exclusiveMinimum"] == 0
    assert "seen" not in schema["properties"]
