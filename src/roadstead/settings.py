"""TOML to checked values; a table with `kind = "…"` becomes a plug-in.

A plug-in's settings are the fields of its dataclass. Every refusal names the file and the field.
"""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import pydantic
from pydantic_core import PydanticUndefined

from roadstead.errors import BadSettings, UnknownPlugin
from roadstead.registry import Registry, folder
from roadstead.types import PlugIn

M = TypeVar("M", bound=pydantic.BaseModel)
P = TypeVar("P")


_SECRET = re.compile(r"(url|secret|password|token)[^.]*$", re.IGNORECASE)
"""Fields whose value may hold a password: it is not repeated in a refusal."""


Inner = Callable[[Registry[Any], Mapping[str, Any], str], Any]
"""Makes the plug-in that is a setting of another from its registry, its table, and where that stands."""


class Settings(pydantic.BaseModel):
    """The base of every settings table: unknown keys are refused, values are frozen."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=False)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raise BadSettings naming the file and, for a syntax error, the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSettings(f"{path}: there is no such settings file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: cannot be read as settings: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path}: not valid TOML: {error}") from error


def check(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """Return the values as `model`; raise BadSettings with one sentence on the first thing that does not fit."""
    try:
        return model.model_validate(values)
    except pydantic.ValidationError as error:
        raise BadSettings(_sentence(error, model, where)) from error


def build(
    registry: Registry[P],
    table: Mapping[str, Any],
    where: str,
    *,
    base: Path | None = None,
    inner: Inner | None = None,
    **given: Any,
) -> P:
    """Make the plug-in that a table's `kind` names from the table's other keys.

    `given` are fields the caller sets where the plug-in has them; a relative Path setting is taken from `base`. Settings
    that are plug-ins themselves are made by `inner`, or like this one.
    """
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise BadSettings(f'{where}: needs kind = "…", one of {", ".join(registry.names())}')
    try:
        plugin = registry.get(kind)
    except UnknownPlugin as error:
        raise BadSettings(f"{where}.kind: {error}") from error
    own = {name: value for name, value in table.items() if name != "kind"}
    model = settings_of(plugin)
    for name in own.keys() & given.keys():
        raise BadSettings(f"{where}.{name}: is set by the watch itself; remove it")
    checked = check(
        model, {**own, **{name: value for name, value in given.items() if name in model.model_fields}}, where
    )
    values = {name: _placed(getattr(checked, name), base) for name in model.model_fields}
    for name, mark in _within(plugin).items():
        of, place, own = folder(mark.folder), f"{where}.{name}", values.pop(name)
        if own is not None:
            values[name] = inner(of, own, place) if inner else build(of, own, place, base=base)
    return plugin(**values)


def settings_of(plugin: type[Any]) -> type[pydantic.BaseModel]:
    """Return the pydantic model of a plug-in's fields; its JSON schema is what forms and documentation are made of."""
    if not dataclasses.is_dataclass(plugin):
        raise BadSettings(f"{plugin.__module__}.{plugin.__qualname__} is no dataclass, so it has no settings")
    hints = get_type_hints(plugin, include_extras=True)
    fields: dict[str, Any] = {f.name: (hints[f.name], _default(f)) for f in dataclasses.fields(plugin) if f.init}
    for name in _within(plugin):
        needed = fields[name][1] is PydanticUndefined
        fields[name] = (dict[str, Any], PydanticUndefined) if needed else (dict[str, Any] | None, None)
    return pydantic.create_model(
        plugin.__name__,
        __config__=pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True),
        __doc__=plugin.__doc__,
        **fields,
    )


def _within(plugin: type[Any]) -> dict[str, PlugIn]:
    """Return the settings of a plug-in that are plug-ins themselves."""
    hints = get_type_hints(plugin, include_extras=True)
    marks = {
        name: [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, PlugIn)] for name, hint in hints.items()
    }
    return {name: found[0] for name, found in marks.items() if found}


def _placed(value: Any, base: Path | None) -> Any:
    return base / value if isinstance(value, Path) and base is not None else value


def _default(f: "dataclasses.Field[Any]") -> Any:
    if f.default is not dataclasses.MISSING:
        return f.default
    if f.default_factory is not dataclasses.MISSING:
        return pydantic.Field(default_factory=f.default_factory)
    return PydanticUndefined


def _sentence(error: pydantic.ValidationError, model: type[pydantic.BaseModel], where: str) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = where + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), _names(model, first["loc"][:-1]), n=1, cutoff=0.5)
        return f"{place}: unknown setting" + (f"; did you mean {near[0]}?" if near else "; remove it")
    if first["type"] == "missing":
        return f"{place}: is missing; set it"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    given = "" if _SECRET.search(place) else f", not {first['input']!r:.80}"
    return f"{place}: {first['msg'].removeprefix('Value error, ')}{given}{more}"


def _names(model: type[pydantic.BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Return the field names of the table at `loc`, following nested models as far as they are plain."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            continue
        args = [field.annotation, *getattr(field.annotation, "__args__", ())]
        current = next((a for a in args if isinstance(a, type) and issubclass(a, pydantic.BaseModel)), current)
    return list(getattr(current, "model_fields", {}))
