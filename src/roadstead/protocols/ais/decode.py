"""One message to a value, by the tables of layout.py."""

from collections.abc import Sequence

from roadstead.protocols.ais.armour import text
from roadstead.protocols.ais.layout import HEAD_BITS, LAYOUTS, PART_START, PART_WIDTH, STATIC_B, TYPES, Layout
from roadstead.protocols.ais.messages import Message, Unread
from roadstead.protocols.nmea import Bad

_PART_MASK = (1 << PART_WIDTH) - 1


def decode(value: int, bits: int) -> Message | Bad:
    """Read a message of so many bits; Bad.TYPE or Bad.LENGTH where it is none."""
    if bits < HEAD_BITS:
        return Bad.LENGTH
    number = value >> (bits - 6)
    layout = LAYOUTS.get(number)
    if layout is None:
        if number == 24:
            return _static_b(value, bits)
        if number not in TYPES:
            return Bad.TYPE
        return Unread(number, value >> (bits - 8) & 3, value >> (bits - HEAD_BITS) & 0x3FFFFFFF)
    return _read(value, bits, layout)


def _static_b(value: int, bits: int) -> Message | Bad:
    if bits < PART_START + PART_WIDTH:
        return Bad.LENGTH
    part = value >> (bits - PART_START - PART_WIDTH) & _PART_MASK
    return _read(value, bits, STATIC_B[part]) if part < len(STATIC_B) else Bad.TYPE


def _read(value: int, bits: int, layout: Layout) -> Message | Bad:
    if not layout.least <= bits <= layout.most:
        return Bad.LENGTH
    over = bits - layout.size
    head = value if over == 0 else value >> over if over > 0 else value << -over
    values = [head >> shift & mask for shift, mask in layout.plan]
    for k, sign in layout.signed:
        if values[k] & sign:
            values[k] -= sign << 1
    made: Message = layout.make(_with_texts(values, value, over, layout) if layout.texts else values)
    return made


def _with_texts(values: Sequence[int], value: int, over: int, layout: Layout) -> list[int | str]:
    """Return the fields with their texts read; the bits `over` the layout's size continue one of them."""
    read: list[int | str] = list(values)
    for k, count in layout.texts:
        more = over // 6 if over > 0 and layout.fields[k].name == layout.extension else 0
        tail = (value & ((1 << over) - 1)) >> (over - 6 * more) if more else 0
        read[k] = text(values[k] << 6 * more | tail, count + more)
    return read
