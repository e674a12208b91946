"""The folder is the registry: listed without importing, loaded one by one, refused in one sentence."""

import subprocess
import sys
import textwrap

import pytest

from roadstead import registry
from roadstead.errors import MissingExtra, UnknownPlugin
from roadstead.settings import settings_of

EVERY = [(folder, name) for folder in registry.FOLDERS for name in registry.folder(folder).names()]


def test_every_kind_has_plugins() -> None:
    assert not [folder for folder in registry.FOLDERS if not registry.folder(folder).names()]


@pytest.mark.parametrize(("folder", "name"), EVERY)
def test_a_plugin_is_a_documented_dataclass_with_a_schema(folder: str, name: str) -> None:
    plugin = registry.folder(folder).get(name)
    assert (plugin.__doc__ or "").strip(), f"{name} says nothing of itself"
    if folder == "infer":
        return
    schema = settings_of(plugin).model_json_schema()
    assert schema["type"] == "object"


def test_names_import_no_plugin() -> None:
    code = textwrap.dedent("""
        import sys
        from roadstead import registry
        for folder in registry.FOLDERS:
            registry.folder(folder).names()
        heavy = {"torch", "cv2", "av", "openvino", "onnxruntime", "sqlalchemy", "httpx", "pydantic"} & set(sys.modules)
        print(sorted(heavy))
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_lists_near_ones() -> None:
    with pytest.raises(UnknownPlugin, match=r"no behaviour is called 'stoped'; did you mean stopped"):
        registry.folder("behaviours").get("stoped")
    with pytest.raises(UnknownPlugin, match=r"there are: .*stopped"):
        registry.folder("behaviours").get("zzzzzz")


def test_a_missing_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = registry.folder("infer")
    monkeypatch.setattr(found, "_loaded", {})
    monkeypatch.delitem(sys.modules, "roadstead.infer.onnxruntime", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match="engine 'onnxruntime' needs onnxruntime: pip install onnxruntime"):
        found.get("onnxruntime")


def test_a_plugin_file_is_the_only_place_that_names_it() -> None:
    """Two files a plug-in: its own and its test; no list anywhere else in the package (the simulator does what some name)."""
    from importlib.resources import files

    every = files("roadstead").rglob("*.py")  # type: ignore[attr-defined]  # a Path here
    source = {p: p.read_text(encoding="utf-8") for p in every if "simulate" not in p.parts}
    for name in (n for n in registry.folder("behaviours").names() if "_" in n):  # "stopped" is also a plain word
        naming = [p.name for p, text in source.items() if f'"{name}"' in text]
        assert naming == [f"{name}.py"], f"{name} is named in {naming}"
