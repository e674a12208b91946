"""Who may report to a JT/T 808 gateway: the list of terminals, and the tokens that they authenticate with."""

import hashlib
import hmac
from collections.abc import Mapping

from roadstead.terminals import Terminal, vehicle

REGISTERED = 0
VEHICLE_TAKEN = 1
NO_SUCH_VEHICLE = 2
NO_SUCH_TERMINAL = 4
"""Results of a registration (0x8100); 3, "terminal already registered", is never given: who registers again gets its token again."""


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")


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
                self._owners[vehicle(terminal.plate, terminal.colour)] = key
                self._owners.setdefault(vehicle(terminal.plate, ""), key)

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
        named = vehicle(known.plate, known.colour)
        if not known.plate or named == vehicle(plate, str(colour) if known.colour else ""):
            return REGISTERED
        owner = self._owners.get(vehicle(plate, str(colour))) or self._owners.get(vehicle(plate, ""))
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
