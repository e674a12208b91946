"""Who may report to a JT/T 808 gateway: the list of terminals, and the tokens that they authenticate with."""

import csv
import hashlib
import hmac
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from roadstead.errors import BadInput

REGISTERED = 0
VEHICLE_TAKEN = 1
NO_SUCH_VEHICLE = 2
NO_SUCH_TERMINAL = 4
"""Results of a registration (0x8100); 3, "terminal already registered", is never given: who registers again gets its token again."""

_COLOURS = {"蓝": "1", "蓝色": "1", "黄": "2", "黄色": "2", "黑": "3", "黑色": "3", "白": "4", "白色": "4", "其他": "9"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One line of the list; an empty string is "not given"."""

    phone: str
    token: str = ""
    plate: str = ""
    colour: str = ""
    operator: str = ""


def identity(phone: str) -> str:
    """Return the phone number as terminals are told apart by: no leading zeros, lower case; all zeros are "0".

    >>> identity("013800000001")
    '13800000001'
    """
    return phone.strip().lower().lstrip("0") or "0"


def read_terminals(path: Path) -> Mapping[str, Terminal]:
    """Read a list of terminals, by identity.

    CSV in UTF-8 or GBK with a header: `phone` is needed; `token`, `plate`, `colour` (the number of JT/T 415, or 蓝 黄
    黑 白 其他) and `operator` may be there, other columns are nobody's business here. Raises BadInput naming the line.
    """
    rows = csv.DictReader(io.StringIO(_text(path)), skipinitialspace=True)
    if "phone" not in (rows.fieldnames or ()):
        raise BadInput(f'{path}: the first line must name the columns, among them "phone"')
    found: dict[str, Terminal] = {}
    plates: dict[str, str] = {}
    for row in rows:
        values = {name: (row.get(name) or "").strip() for name in Terminal.__dataclass_fields__}
        if not any(values.values()):
            continue
        key, where = identity(values["phone"]), f"{path}, line {rows.line_num}"
        if not values["phone"] or not set(key) <= set("0123456789abcdef") or len(key) > 20:
            raise BadInput(f"{where}: {values['phone']!r} is no terminal's number; give up to 20 digits")
        if key in found:
            raise BadInput(f"{where}: terminal {key} is listed twice; remove one")
        found[key] = made = Terminal(**values | {"colour": _COLOURS.get(values["colour"], values["colour"])})
        if made.plate and plates.setdefault(_plate(made.plate, made.colour), key) != key:
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


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")


def _plate(plate: str, colour: str) -> str:
    return f"{colour}:{''.join(plate.split()).upper()}"


class Admission:
    """Judges registrations and authentications. Without a list every terminal is taken.

    A token that the list does not give is a hash of the terminal's number keyed by `secret`: the same after a restart,
    with nothing to store. An empty secret makes tokens that anybody can work out.
    """

    def __init__(self, listed: Mapping[str, Terminal] | None, secret: str) -> None:
        self.listed = listed
        self._key = hashlib.blake2b(secret.encode(), digest_size=32).digest()
        self._owners: dict[str, str] = {}
        for key, terminal in (listed or {}).items():
            if terminal.plate:
                self._owners[_plate(terminal.plate, terminal.colour)] = key
                self._owners.setdefault(_plate(terminal.plate, ""), key)

    def token(self, terminal: str) -> str:
        """Return the token of a terminal by its identity."""
        given = self.listed.get(terminal) if self.listed is not None else None
        return given.token if given is not None and given.token else self._derived(terminal)

    def register(self, terminal: str, plate: str, colour: int) -> int:
        """Return the result of a registration: REGISTERED, or why not."""
        if self.listed is None:
            return REGISTERED
        known = self.listed.get(terminal)
        if known is None:
            return NO_SUCH_TERMINAL
        named = _plate(known.plate, known.colour)
        if not known.plate or named == _plate(plate, str(colour) if known.colour else ""):
            return REGISTERED
        owner = self._owners.get(_plate(plate, str(colour))) or self._owners.get(_plate(plate, ""))
        return VEHICLE_TAKEN if owner not in (None, terminal) else NO_SUCH_VEHICLE

    def admits(self, terminal: str, token: str) -> bool:
        """Tell whether a terminal may report with this token."""
        if self.listed is None:
            return True
        if terminal not in self.listed:
            return False
        return hmac.compare_digest(_bytes(self.token(terminal)), _bytes(token))

    def _derived(self, terminal: str) -> str:
        return hashlib.blake2b(terminal.encode(), key=self._key, digest_size=10).hexdigest()
