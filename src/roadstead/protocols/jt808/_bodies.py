"""What the bytes of each body are called, for the explainer."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from roadstead.protocols.jt808 import times, words
from roadstead.protocols.jt808._walk import Show, Walk, hexed, number
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import (
    BASE,
    FUEL,
    LOAD_SHIFT,
    MILEAGE,
    RECORDER,
    SOUTH,
    WEST,
    WIDTHS,
)
from roadstead.protocols.jt808.messages import Authenticate, Register
from roadstead.protocols.jt808.strings import clean, text
from roadstead.types import Text

_UNITS = {MILEAGE: (0.1, "km"), FUEL: (0.1, "L"), RECORDER: (0.1, "km/h")}
_SERIAL = Text("answers serial", "应答流水号")
_MESSAGE = Text("answers message", "应答 ID")


def _string(piece: bytes) -> str:
    return clean(text(piece))


def _one_of(names: Mapping[int, Text]) -> Show:
    def show(piece: bytes) -> str | Text:
        value = int.from_bytes(piece, "big")
        return Text(f"{value} {names[value].en}", f"{value} {names[value].zh}") if value in names else str(value)

    return show


def _alarms(piece: bytes) -> Text:
    return _all(words.bits(int.from_bytes(piece, "big"), words.ALARMS))


def _status(piece: bytes) -> Text:
    status = int.from_bytes(piece, "big")
    return _all((*words.bits(status, words.STATUS), words.LOADS[status >> LOAD_SHIFT & 3]))


def _all(names: Sequence[Text]) -> Text:
    return Text(", ".join(t.en for t in names) or "none", "，".join(t.zh for t in names) or "无")


def _tenths(unit: str) -> Show:
    return lambda piece: f"{int.from_bytes(piece, 'big') / 10:.1f} {unit}"


def of_message(piece: bytes) -> str | Text:
    """Return the number of a message and what it is called."""
    digits = f"0x{piece.hex()}"
    named = words.MESSAGES.get(int.from_bytes(piece, "big"))
    return digits if named is None else Text(f"{digits} {named.en}", f"{digits} {named.zh}")


def _time(walk: Walk, zone: str) -> None:
    piece = walk.peek(times.WIDTH)
    wrong = None
    if len(piece) == times.WIDTH and times.seconds(piece) is None:
        wrong = Text("this is no time; the time of receipt counts", "时间无效，以接收时间为准")

    def show(piece: bytes) -> str:
        d = piece.hex()
        return f"20{d[:2]}-{d[2:4]}-{d[4:6]} {d[6:8]}:{d[8:10]}:{d[10:]} {zone}"

    walk.take(times.WIDTH, Text("time", "时间"), show, wrong)


def _degrees(walk: Walk, name: Text, limit: int, hemisphere: str) -> None:
    value = int.from_bytes(walk.peek(4), "big") / 1e6
    wrong = None
    if value > limit:
        wrong = Text(
            f"beyond {limit} degrees: latitude and longitude may be swapped", f"超过 {limit} 度，经纬度可能颠倒"
        )
    walk.take(4, name, lambda _: f"{value:.6f} {hemisphere}", wrong)


def location(walk: Walk, _header: Header) -> None:
    """0x0200."""
    walk.take(4, Text("alarms", "报警标志"), _alarms)
    status = int.from_bytes(walk.peek(4), "big")
    walk.take(4, Text("status", "状态"), _status)
    _degrees(walk, Text("latitude", "纬度"), 90, "S" if status & SOUTH else "N")
    _degrees(walk, Text("longitude", "经度"), 180, "W" if status & WEST else "E")
    walk.take(2, Text("altitude", "高程"), lambda p: f"{int.from_bytes(p, 'big', signed=True)} m")
    walk.take(2, Text("speed", "速度"), _tenths("km/h"))
    course = int.from_bytes(walk.peek(2), "big")
    walk.take(2, Text("direction", "方向"), number, Text("beyond 359 degrees", "超过 359 度") if course > 359 else None)
    _time(walk, "GMT+8")
    while walk.left:
        _extra(walk)


def _extra(walk: Walk) -> None:
    """One extra: id, length and value."""
    head = walk.peek(2)
    if len(head) < 2 or walk.left < 2 + head[1]:
        walk.rest(Text("extra", "附加信息"), hexed, Text("the extra is cut off", "附加信息被截断"))
        return
    id_, length = head
    name = words.EXTRAS.get(id_, Text("by the maker", "厂商自定义"))
    wrong = None
    if WIDTHS.get(id_, length) != length:
        wrong = Text(
            f"{length} bytes, not {WIDTHS[id_]}: it means something else here",
            f"长度为 {length} 而非 {WIDTHS[id_]} 字节，含义另定",
        )

    def show(piece: bytes) -> str:
        value = piece[2:]
        if id_ not in WIDTHS or wrong is not None:
            return value.hex()
        scale, unit = _UNITS.get(id_, (1, ""))
        amount = int.from_bytes(value, "big")
        return f"{amount * scale:.1f} {unit}" if unit else str(amount)

    walk.take(2 + length, Text(f"extra 0x{id_:02x}: {name.en}", f"附加信息 0x{id_:02x}：{name.zh}"), show, wrong)


def batch(walk: Walk, head: Header) -> None:
    """0x0704."""
    said = int.from_bytes(walk.peek(2), "big")
    walk.take(2, Text("count", "数据项个数"), number)
    walk.take(1, Text("kind", "位置数据类型"), _one_of(words.BATCHES))
    end, found = walk.end, 0
    while walk.left:
        length = int.from_bytes(walk.peek(2), "big")
        walk.take(2, Text(f"length of item {found + 1}", f"第 {found + 1} 项长度"), number)
        wrong = None if length <= walk.left else Text("the item is cut off", "数据项被截断")
        walk.end = min(walk.at + length, end)
        if walk.left < BASE:
            walk.rest(Text("item", "数据项"), hexed, wrong or Text("too short for a location", "不足位置信息"))
        else:
            location(walk, head)
        walk.end = end
        found += 1
    if found != said:
        wrong = Text(f"the count is {said}, but there are {found} items", f"个数为 {said}，实有 {found} 项")
        _mark(walk, wrong)


def _mark(walk: Walk, problem: Text) -> None:
    """Say of the last row what is wrong, unless something else is."""
    if walk.rows and walk.rows[-1].problem is None:
        last = walk.rows[-1]
        walk.rows[-1] = type(last)(last.offset, last.hex, last.name, last.value, last.note, problem)


def register(walk: Walk, head: Header) -> None:
    """0x0100."""
    edition = 2019 if head.version is not None else 2013 if walk.left >= 37 else 2011
    walk.take(2, Text("province", "省域 ID"), number)
    walk.take(2, Text("city", "市县域 ID"), number)
    names = (Text("maker", "制造商 ID"), Text("model", "终端型号"), Text("terminal", "终端 ID"))
    for width, name in zip(Register.WIDTHS[edition], names, strict=True):
        walk.take(width, name, _string)
    walk.take(1, Text("plate colour", "车牌颜色"), _one_of(words.COLOURS))
    walk.rest(Text("plate", "车辆标识"), _string)


def authenticate(walk: Walk, head: Header) -> None:
    """0x0102."""
    if head.version is None:
        walk.rest(Text("token", "鉴权码"), _string)
        return
    length = int.from_bytes(walk.take(1, Text("length of the token", "鉴权码长度"), number), "big")
    walk.take(length, Text("token", "鉴权码"), _string)
    if walk.left >= Authenticate.IMEI + Authenticate.SOFTWARE:
        walk.take(Authenticate.IMEI, Text("IMEI", "终端 IMEI"), _string)
        walk.take(Authenticate.SOFTWARE, Text("software", "软件版本号"), _string)


def answer(walk: Walk, _header: Header) -> None:
    """0x0001 and 0x8001."""
    walk.take(2, _SERIAL, number)
    walk.take(2, _MESSAGE, of_message)
    walk.take(1, Text("result", "结果"), _one_of(words.RESULTS))


def register_answer(walk: Walk, _header: Header) -> None:
    """0x8100."""
    walk.take(2, _SERIAL, number)
    walk.take(1, Text("result", "结果"), _one_of(words.REGISTRATIONS))
    walk.rest(Text("token", "鉴权码"), _string)


def resend(walk: Walk, head: Header) -> None:
    """0x0005 and 0x8003."""
    usual = 2 if head.version is not None or head.message == 0x0005 else 1
    other = 3 - usual
    width = other if _counted(walk, other) and not _counted(walk, usual) else usual
    walk.take(2, Text("serial of the first part", "原始消息流水号"), number)
    count = int.from_bytes(walk.take(width, Text("count", "重传包总数"), number), "big")
    while count and walk.left:
        walk.take(2, Text("part", "重传包 ID"), number)
        count -= 1
    if count:
        _mark(walk, Text(f"{count} more parts were announced", f"尚缺 {count} 个重传包 ID"))


def _counted(walk: Walk, width: int) -> bool:
    count = int.from_bytes(walk.peek(2 + width)[2:], "big")
    return walk.left == 2 + width + 2 * count


def time_answer(walk: Walk, _header: Header) -> None:
    """0x8004."""
    _time(walk, "UTC")


def parameters(walk: Walk, _header: Header) -> None:
    """0x8103."""
    said = int.from_bytes(walk.take(1, Text("count", "参数总数"), number), "big")
    found = 0
    while walk.left:
        id_ = walk.take(4, Text("parameter", "参数 ID"), lambda piece: f"0x{piece.hex()}")
        length = walk.take(1, Text("length", "参数长度"), number)
        if len(id_) == 4 and length:
            walk.take(length[0], Text("value", "参数值"), hexed)
        found += 1
    if found != said:
        _mark(walk, Text(f"the count is {said}, but there are {found}", f"总数为 {said}，实有 {found} 项"))


def driver_text(walk: Walk, head: Header) -> None:
    """0x8300."""
    walk.take(1, Text("flags", "标志"), hexed)
    if head.version is not None:
        walk.take(1, Text("kind", "文本类型"), number)
    walk.rest(Text("text", "文本信息"), _string)


def media_event(walk: Walk, _header: Header) -> None:
    """0x0800, and the beginning of 0x0801."""
    walk.take(4, Text("multimedia id", "多媒体数据 ID"), number)
    walk.take(1, Text("kind", "多媒体类型"), _one_of(words.MEDIA))
    walk.take(1, Text("format", "多媒体格式编码"), _one_of(words.FORMATS))
    walk.take(1, Text("event", "事件项编码"), _one_of(words.MEDIA_EVENTS))
    walk.take(1, Text("channel", "通道 ID"), number)


def media_data(walk: Walk, head: Header) -> None:
    """0x0801."""
    media_event(walk, head)
    if walk.left >= BASE and walk.peek(2) != b"\xff\xd8":
        end, walk.end = walk.end, walk.at + BASE
        location(walk, head)
        walk.end = end
    walk.rest(Text("data", "多媒体数据包"), lambda piece: f"{len(piece)} bytes")


def _bare(_walk: Walk, _header: Header) -> None:
    """0x0002, 0x0003 and 0x0004 have no body."""


BODIES: Mapping[int, Callable[[Walk, Header], None]] = MappingProxyType(
    {
        0x0001: answer,
        0x0002: _bare,
        0x0003: _bare,
        0x0004: _bare,
        0x0005: resend,
        0x0100: register,
        0x0102: authenticate,
        0x0200: location,
        0x0704: batch,
        0x0800: media_event,
        0x0801: media_data,
        0x8001: answer,
        0x8003: resend,
        0x8004: time_answer,
        0x8100: register_answer,
        0x8103: parameters,
        0x8300: driver_text,
    }
)
"""How the body of each message is explained, by its number."""
