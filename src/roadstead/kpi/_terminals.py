"""The list of registered terminals, by number."""

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
        "plate": ("plate", "车牌", "车牌号", "车牌号码", "船名", "name"),
        "operator": ("operator", "企业", "企业名称", "运输企业", "所属企业", "公司", "运营企业", "业户名称"),
    }
)
"""The names of the columns of a list of terminals, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What is registered of a terminal; an empty string is "not given"."""

    operator: str = ""
    plate: str = ""


def read_terminals(path: Path) -> Mapping[str, Terminal]:
    """Read the registered terminals, by number: CSV in UTF-8 or GBK whose first line names the columns.

    The columns are the number (phone, mmsi, 终端手机号, …: needed), the plate and the operator, by the names in COLUMNS;
    others do not matter here. Raises BadInput that names the line.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), skipinitialspace=True)
    heads = [head.strip().lower() for head in next(reader, [])]
    at = {name: next((heads.index(head) for head in known if head in heads), None) for name, known in COLUMNS.items()}
    if at["phone"] is None:
        raise BadInput(f'{path}: the first line must name the columns, among them "phone" or 终端手机号')
    found: dict[str, Terminal] = {}
    for line in reader:
        cells = {name: line[i].strip() if i is not None and i < len(line) else "" for name, i in at.items()}
        if not any(cells.values()):
            continue
        number = identity(cells["phone"])
        if not cells["phone"]:
            raise BadInput(f"{path}, line {reader.line_num}: the terminal has no number; give one or remove the line")
        if number in found:
            raise BadInput(f"{path}, line {reader.line_num}: terminal {number} is listed twice; remove one")
        found[number] = Terminal(operator=cells["operator"], plate=cells["plate"])
    return found


def identity(number: str) -> str:
    """Return a number as terminals are told apart by: without leading zeros, in lower case."""
    return number.strip().lower().lstrip("0") or "0"


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
