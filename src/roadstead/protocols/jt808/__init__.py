"""JT/T 808-2011/2013/2019, the protocol of truck terminals: bytes to values and back.

`framing` finds frames and checks them, `header` reads both header layouts, `messages` and `location` the bodies,
`assembly` joins the parts of long messages, `position` makes reports of them, `columns` does so for many frames at
once, and `explain` shows every byte of one frame.
"""

from roadstead.protocols.jt808.framing import BadFrame, Framer
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import Location
from roadstead.protocols.jt808.messages import Message

__all__ = ["BadFrame", "Framer", "Header", "Location", "Message"]
