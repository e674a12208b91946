"""Every byte of a frame with its meaning, as far as it goes: for people who look for what a terminal does wrong.

Nothing is refused: of a broken frame it is said which check failed, and the rest is read as it would be otherwise.
"""

import re
from dataclasses import dataclass

from roadstead.protocols.jt808 import framing, header, words
from roadstead.protocols.jt808._bodies import BODIES, of_message
from roadstead.protocols.jt808._walk import Row, Walk, hexed, number
from roadstead.protocols.jt808.framing import SHORTEST, BadFrame
from roadstead.protocols.jt808.header import LONGEST_BODY, SPLIT, VERSIONED, Header
from roadstead.types import Text

_BAD_ESCAPE = Text("7D before neither 01 nor 02", "7D 之后既非 01 也非 02，转义错误")
_SHORT = Text("shorter than a header", "短于消息头")
_ENCRYPTIONS = {0: Text("none", "不加密"), 1: Text("RSA", "RSA")}
_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rows of one or more frames, from left to right; `problem` where what was given is no bytes at all."""

    rows: tuple[Row, ...]
    problem: Text | None = None

    @property
    def problems(self) -> tuple[Text, ...]:
        """Everything that is wrong, in the order of the bytes."""
        own = () if self.problem is None else (self.problem,)
        return own + tuple(row.problem for row in self.rows if row.problem is not None)

    def as_dict(self) -> dict[str, object]:
        """Return the same as lists, dicts and strings, for JSON."""
        return {
            "rows": [
                {
                    "offset": row.offset,
                    "hex": row.hex,
                    "name": {"en": row.name.en, "zh": row.name.zh},
                    "value": _both(row.value),
                    "note": row.note,
                    "problem": _both(row.problem),
                }
                for row in self.rows
            ],
            "problem": _both(self.problem),
        }


def explain(frame: str | bytes) -> Explanation:
    """Explain one frame, or several behind one another: bytes, or digits with or without spaces, 0x, commas.

    >>> explain("7e0002000001234567890100008a7e").rows[1].value.en
    '0x0002 heartbeat'
    """
    if isinstance(frame, str):
        digits = re.sub(r"0[xX]|[\s,;:\-_]", "", frame)
        if len(digits) % 2 or re.fullmatch("[0-9a-fA-F]*", digits) is None:
            return Explanation((), Text("these are no hexadecimal digits, two for each byte", "不是成对的十六进制数字"))
        frame = bytes.fromhex(digits)
    rows: list[Row] = []
    at, parts = 0, frame.split(b"\x7e")
    for k, part in enumerate(parts):
        if part:
            rows += _frame(part, at)
        at += len(part)
        if k < len(parts) - 1:
            rows.append(Row(at, "7e", Text("flag", "标识位"), _NOTHING))
            at += 1
    if not frame:
        return Explanation((), Text("there are no bytes", "没有字节"))
    return Explanation(
        tuple(rows), None if any(parts) else Text("there is nothing between the flags", "标识位之间没有内容")
    )


def render(explanation: Explanation, language: str = "en") -> str:
    """Return an aligned table; language is en or zh."""
    head = ("字节", "十六进制", "名称", "值", "说明") if language == "zh" else ("byte", "hex", "name", "value", "note")
    lines = [head]
    for row in explanation.rows:
        note = row.note if row.problem is None else f"! {_in(row.problem, language)}"
        shown = row.hex if len(row.hex) <= 32 else f"{row.hex[:26]}… ({len(row.hex) // 2})"
        lines.append((str(row.offset), shown, _in(row.name, language), _in(row.value, language), note))
    widths = [max(_width(line[k]) for line in lines) for k in range(4)]
    table = [
        "  ".join(cell + " " * (widths[k] - _width(cell)) if k < 4 else cell for k, cell in enumerate(line)).rstrip()
        for line in lines
    ]
    own = [] if explanation.problem is None else [f"! {_in(explanation.problem, language)}"]
    return "\n".join([*table, *own])


def _frame(content: bytes, offset: int) -> list[Row]:
    """Explain what stands between two flags, the first of whose bytes is at an offset."""
    data, origin, broken = _unescaped(content, offset)
    walk = Walk(data, origin)
    if len(data) <= SHORTEST:
        walk.rest(Text("too short for a header", "不足消息头"), hexed, _SHORT)
        return walk.rows + broken
    walk.end -= 1
    head = _header(walk)
    if head is not None:
        _body(walk, head)
    walk.end += 1
    sum_ = framing.checksum(data[:-1])
    wrong = None
    if data[-1] != sum_:
        wrong = Text(f"the checksum should be {sum_:02x}", f"校验码应为 {sum_:02x}")
    walk.clause = ""
    walk.rest(Text("checksum", "校验码"), hexed, wrong)
    return sorted(walk.rows + broken, key=lambda row: row.offset)


def _unescaped(content: bytes, offset: int) -> tuple[bytes, list[int], list[Row]]:
    """Return the bytes without escapes, where each was, and a row for every escape that is none."""
    data, origin, broken = bytearray(), list[int](), list[Row]()
    k = 0
    while k < len(content):
        origin.append(offset + k)
        after = content[k + 1 : k + 2]
        if content[k] == framing.ESCAPE and after in (b"\x01", b"\x02"):
            data.append(0x7C + after[0])
            k += 1
        else:
            if content[k] == framing.ESCAPE:
                pair = content[k : k + 2].hex()
                broken.append(Row(offset + k, pair, Text("escape", "转义"), _NOTHING, problem=_BAD_ESCAPE))
            data.append(content[k])
        k += 1
    return bytes(data), [*origin, offset + len(content)], broken


def _header(walk: Walk) -> Header | None:
    """Explain the header in the layout that fits, or else in the one that it announces."""
    payload = walk.data[: walk.end]
    attributes = int.from_bytes(payload[2:4], "big")
    wrong = None
    try:
        head, _ = header.parse(payload)
    except BadFrame:
        wrong = _lengths(payload, attributes)
        try:
            head, _ = header.read(payload, versioned=attributes & VERSIONED != 0)
        except BadFrame:
            walk.rest(Text("header", "消息头"), hexed, _SHORT)
            return None
    walk.clause = "JT/T 808 消息头"
    if wrong is None and head.misflagged:
        wrong = Text("bit 14 announces the other layout", "第 14 位与实际消息头不符")
    walk.take(2, Text("message", "消息 ID"), of_message)
    walk.take(2, Text("attributes", "消息体属性"), _attributes, wrong)
    if head.version is not None:
        walk.take(1, Text("version", "协议版本号"), number)
    walk.take(6 if head.version is None else 10, Text("phone", "终端手机号"), hexed)
    walk.take(2, Text("serial", "消息流水号"), number)
    if head.total is not None and head.index is not None:
        odd = None
        if not 1 <= head.index <= head.total:
            odd = Text("there is no such part", "分包序号超出总数")
        walk.take(2, Text("parts", "消息总包数"), number)
        walk.take(2, Text("part", "包序号"), number, odd)
    return head


def _lengths(payload: bytes, attributes: int) -> Text:
    """Return what each layout would need."""
    split = attributes & SPLIT != 0
    said = attributes & LONGEST_BODY
    old, new = (len(payload) - header.size(versioned=v, split=split) for v in (False, True))
    return Text(
        f"the length is {said}, but the body has {old} bytes in the layout of 2013 and {new} in that of 2019",
        f"消息体长度为 {said}，按 2013 版消息头实有 {old} 字节，按 2019 版实有 {new} 字节",
    )


def _attributes(piece: bytes) -> Text:
    value = int.from_bytes(piece, "big")
    bits = value >> 10 & 7
    encryption = _ENCRYPTIONS.get(bits, Text(str(bits), str(bits)))
    told = [Text(f"length {value & LONGEST_BODY}", f"长度 {value & LONGEST_BODY}")]
    told += [Text(f"encryption {encryption.en}", f"加密方式 {encryption.zh}")]
    told += [Text("split", "分包")] if value & SPLIT else []
    told += [Text("layout of 2019", "2019 版")] if value & VERSIONED else []
    return Text(", ".join(t.en for t in told), "，".join(t.zh for t in told))


def _body(walk: Walk, head: Header) -> None:
    body, named = BODIES.get(head.message), words.MESSAGES.get(head.message)
    walk.clause = "" if named is None else f"JT/T 808 {named.zh}"
    if head.encryption:
        walk.rest(Text("encrypted body", "加密的消息体"), hexed)
    elif head.total is not None and head.total > 1:
        walk.rest(Text("part of a body", "消息体的一部分"), hexed)
    elif body is None:
        walk.rest(Text("body", "消息体"), hexed)
    else:
        body(walk, head)
        walk.rest(Text("not in the standard", "标准之外的内容"), hexed)


def _both(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"en": text.en, "zh": text.zh}


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


def _width(string: str) -> int:
    """Return the columns of a terminal that a string takes: two for a Chinese character."""
    return sum(2 if "\u2e80" <= c <= "\uffef" and c != "\ufffd" else 1 for c in string)
