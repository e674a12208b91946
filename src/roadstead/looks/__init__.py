"""Who looks a second time at an event's pictures: one file a way to reach a vision-language model."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from roadstead.registry import Registry


class Look(Protocol):
    """A dataclass whose fields are its settings. It opens nothing and starts nothing before it is asked."""

    @property
    def model(self) -> Mapping[str, str]:
        """What answers, as it may be shown: its name, and where it is; no secret."""

    def answer(self, prompt: str, pictures: Sequence[bytes]) -> str:
        """Return what the model says to a question about some JPEG pictures, as it says it. Raise LookFailed.

        It comes back within the time that its settings allow. One question at a time.
        """

    def close(self) -> None:
        """Let go of what was started."""


plugins: Registry[Look] = Registry("looks", "look")
look = plugins
