"""What carries an alert to somebody: one file a transport."""

from collections.abc import Mapping
from typing import Any, Protocol

from roadstead.registry import Registry


class Transport(Protocol):
    """A frozen dataclass whose fields are its settings."""

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        """Deliver one alert once; the same `key` always carries the same alert. Raise DeliveryError."""


plugins: Registry[Transport] = Registry("alerts", "transport")
transport = plugins
