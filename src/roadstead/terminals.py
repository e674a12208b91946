"""The list of registered terminals: who may report, under which plate, and whose truck it is."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from roadstead.errors import BadInput

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "phone": ("phone", "终端手机号", "手机号", "手机号码", "终端号", "sim卡号", "sim", "mmsi"),
        "token": ("token", "鉴权码"),
        "plate": ("plate", "车牌", "车牌号", "车牌号码", "船名", "name"),
        "colour": ("colour", "color", "车牌颜色", "颜色"),
        "operator": ("operator", "企业", "企业名称", "运输企业", "所属企业", "公司", "运营企业", "业户名称"),
    }
)
"""What a list may name its columns, in lower case."""
_COLOURS = {"蓝": "1", "蓝色": "1", "黄": "2", "黄色": "2", "黑": "3", "黑色": "3", "白": "4", "白色": "4", "其他": "9"}
_LONGEST = 20
"""Digits of the longest number that a terminal has (JT/T 808-2019)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One line of the list; an empty string is "not given". `colour` is the number of JT/T 415."""

    phone: str
    token: str = ""
    plate: str = ""
    colour: str = ""
    operator: str = ""


def identity(phone: str) -> str:
    """Return a number as terminals are told apart by: no leading zeros, lower case; all zeros are "0".

    >>> identity("013800000001")
    '13800000001'
    """
    return phone.strip().lower().lstrip("0") or "0"


def vehicle(plate: str, colour: str) -> str:
    """Return what a vehicle is told apart by: its plate and the plate's colour."""
    return f"{colour}:{''.join(plate.split()).upper()}"


def read_terminals(path: Path) -> Mapping[str, Terminal]:
    """Read a list of terminals, by identity: CSV in UTF-8 or GBK whose first line names the columns.

    The number is needed (phone, mmsi, 终端手机号, …); token, plate, colour (the number of JT/T 415, or 蓝 黄 黑 白 其他) and
    operator may be there, by any of the names in COLUMNS; others are nobody's business here. Raises BadInput naming the line.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), skipinitialspace=True)
    heads = [head.strip().lower() for head in next(reader, [])]
    at = {name: next((heads.index(head) for head in known if head in heads), None) for name, known in COLUMNS.items()}
    if at["phone"] is None:
        raise BadInput(f'{path}: the first line must name the columns, among them "phone" or 终端手机号')
    found: dict[str, Terminal] = {}
    vehicles: dict[str, str] = {}
    for line in reader:
        values = {name: line[i].strip() if i is not None and i < len(line) else "" for name, i in at.items()}
        if not any(values.values()):
            continue
        key, where = identity(values["phone"]), f"{path}, line {reader.line_num}"
        if not values["phone"] or not set(key) <= set("0123456789abcdef") or len(key) > _LONGEST:
            raise BadInput(f"{where}: {values['phone']!r} is no terminal's number; give up to 20 digits")
        if key in found:
            raise BadInput(f"{where}: terminal {key} is listed twice; remove one")
        found[key] = made = Terminal(**values | {"colour": _COLOURS.get(values["colour"], values["colour"])})
        if made.plate and vehicles.setdefault(vehicle(made.plate, made.colour), key) != key:
            raise BadInput(f"{where}: vehicle {made.plate} has two terminals; remove one")
    return found


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: the list of terminals cannot be read: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{path}: the list of terminals is neither UTF-8 nor GBK; save it as UTF-8")
