"""The server and the event of the tests of second looks."""

from _looks import chat, event

__all__ = ["chat", "event"]
