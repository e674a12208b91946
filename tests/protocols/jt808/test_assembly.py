"""Parts of split messages: out of order, interleaved, twice, lost, too many, too old."""

import random
from dataclasses import replace

import pytest

from roadstead.protocols.jt808.assembly import Assembly
from roadstead.protocols.jt808.framing import unwrap
from roadstead.protocols.jt808.header import Header, frames, parse

Part = tuple[Header, bytes]


def parts(phone: str, serial: int, fill: int, size: int = 5000) -> list[Part]:
    """Return the parts of a message of some bytes, all of them `fill`."""
    return [parse(unwrap(f)) for f in frames(Header(0x0801, phone, serial, 1), bytes([fill]) * size)]


def taken(assembly: Assembly, given: list[Part], t: float = 0.0) -> list[Part]:
    return [done for head, body in given if (done := assembly.add(head, body, t)) is not None]


def adds_up(assembly: Assembly) -> bool:
    c = assembly.counts
    held = sum(len(m.parts) for m in assembly._open.values())
    return c["parts"] == c["parts_joined"] + c["parts_repeated"] + c["parts_odd"] + c["parts_dropped"] + held


@pytest.mark.parametrize("seed", range(20))
def test_parts_of_several_messages_in_any_order_and_some_twice(seed: int) -> None:
    """Two of one terminal at once, one of another, and one whose serials pass 65535."""
    rng = random.Random(seed)
    sent = [parts("1", 10, 1), parts("1", 15, 2), parts("2", 10, 3), parts("3", 65533, 4)]
    shuffled = [part for message in sent for part in message]
    rng.shuffle(shuffled)
    again = [part for part in shuffled[:-1] if rng.random() < 0.3]
    assembly = Assembly()
    stream = [p for part in shuffled for p in ([part, part] if part in again else [part])]
    done = taken(assembly, stream)
    got = {(head.identity, head.serial, body[0]) for head, body in done}
    assert got >= {("1", 10, 1), ("1", 15, 2), ("2", 10, 3), ("3", 65533, 4)}
    assert all(body == bytes([body[0]]) * 5000 and head.total is None for head, body in done)
    assert len(done) == 4
    assert adds_up(assembly)


def test_what_is_missing_is_told_and_completes_the_message() -> None:
    sent = parts("1", 65535, 7)
    assembly = Assembly()
    assert taken(assembly, [sent[0], sent[3]], t=5.0) == []
    (wanted,) = assembly.missing("0" * 19 + "1")
    assert (wanted.serial, wanted.indices, wanted.since, wanted.changed) == (65535, (2, 3, 5), 5.0, 5.0)
    assert assembly.missing("2") == []
    assert [m.indices for m in assembly.missing(most=2)] == [(2, 3)]
    ((head, body),) = taken(assembly, [sent[4], sent[2], sent[1]], t=6.0)
    assert (head.serial, head.version, body) == (65535, 1, bytes([7]) * 5000)
    assert (len(assembly), assembly.held_bytes) == (0, 0)


def test_a_lost_part_is_given_up_in_time() -> None:
    assembly = Assembly(max_age_s=60)
    taken(assembly, parts("1", 1, 1)[:3], t=0.0)
    taken(assembly, parts("2", 1, 1)[:1], t=50.0)
    assembly.expire(60.0)
    assert len(assembly) == 2
    assembly.expire(61.0)
    assert [m.header.identity for m in assembly.missing()] == ["2"]
    assert assembly.counts["parts_dropped"] == 3
    assert assembly.held_bytes == 1023
    assert adds_up(assembly)


@pytest.mark.parametrize(("limits", "left"), [({"max_messages": 3}, 3), ({"max_bytes": 5 * 1023}, 5)])
def test_what_is_held_is_bounded_and_the_oldest_goes_first(limits: dict[str, int], left: int) -> None:
    assembly = Assembly(**limits)
    for serial in range(0, 1000, 10):
        taken(assembly, parts("1", serial, 1)[:1])
    assert [m.serial for m in assembly.missing()] == list(range(1000 - 10 * left, 1000, 10))
    assert assembly.counts["parts_dropped"] == 100 - left
    assert adds_up(assembly)


def test_parts_that_cannot_be_are_counted() -> None:
    head = Header(0x0801, "1", 1, 1, total=3, index=1)
    assembly = Assembly()
    given = [(replace(head, index=i), b"a") for i in (0, 4)] + [(head, b"a"), (head, b"a"), (head, b"b")]
    given.append((replace(head, total=None, index=None), b"a"))
    assert taken(assembly, given) == []
    assert (assembly.counts["parts_odd"], assembly.counts["parts_repeated"]) == (4, 1)
    assert adds_up(assembly)


def test_a_message_of_one_part_is_whole() -> None:
    assert taken(Assembly(), [(Header(0x0801, "1", 9, total=1, index=1), b"a")]) == [(Header(0x0801, "1", 9), b"a")]
