"""Tags of tokens: where an entity begins and ends, by BIO or BIOES, and the one turned into the other."""

from collections.abc import Sequence
from typing import Literal

Scheme = Literal["bio", "bioes"]
Span = tuple[int, int, str]
"""The first token of an entity, the one after its last, and its sort."""


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the entities of BIO or BIOES tags; what is inside or ends without a beginning begins one, as conlleval has it.

    >>> spans(["B-PLATE", "I-PLATE", "O", "S-PLACE"])
    [(0, 2, 'PLATE'), (3, 4, 'PLACE')]
    """
    found: list[Span] = []
    begin, sort = 0, ""
    for k, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if sort and (prefix in ("O", "B", "S") or name != sort):
            found.append((begin, k, sort))
            sort = ""
        if prefix in ("B", "S") or (prefix in ("I", "E") and not sort):
            begin, sort = k, name
        if prefix in ("S", "E") and sort:
            found.append((begin, k + 1, sort))
            sort = ""
    return found


def tagged(found: Sequence[Span], n: int, scheme: Scheme) -> tuple[str, ...]:
    """Return the tags of n tokens that say these entities."""
    tags = ["O"] * n
    for begin, end, name in found:
        tags[begin:end] = [f"I-{name}"] * (end - begin)
        tags[begin] = f"B-{name}"
        if scheme == "bioes":
            tags[end - 1] = f"E-{name}" if end - begin > 1 else f"S-{name}"
    return tuple(tags)


def converted(tags: Sequence[str], scheme: Scheme) -> tuple[str, ...]:
    """Return the same entities in a scheme; a broken sequence is mended on the way.

    >>> converted(["B-A", "I-A", "O", "B-C"], "bioes")
    ('B-A', 'E-A', 'O', 'S-C')
    """
    return tagged(spans(tags), len(tags), scheme)


def broken(tags: Sequence[str]) -> tuple[int, str] | None:
    """Return the first token whose tag cannot stand there, and why; None where all can.

    The tags are BIOES where one of them is E or S: then an entity must also end.
    """
    bioes = any(tag[:2] in ("E-", "S-") for tag in tags)
    before = "O"
    for k, tag in enumerate([*tags, "O"]):
        why = _wrong(before, tag, bioes=bioes)
        if why:
            return min(k, len(tags) - 1), why
        before = tag
    return None


def _wrong(before: str, tag: str, *, bioes: bool) -> str:
    prefix, dash, name = tag.partition("-")
    if tag != "O" and (prefix not in "BIOES" or len(prefix) != 1 or prefix == "O" or not dash or not name):
        return f"{tag!r} is no tag of BIO or BIOES"
    goes_on = before[:2] in ("B-", "I-") and before[2:] == name
    if prefix in ("I", "E") and not goes_on:
        return f"{tag} goes on with an entity that {before} has not begun"
    if bioes and before[:2] in ("B-", "I-") and prefix not in ("I", "E"):
        return f"the entity of {before} does not end before {tag}"
    return ""
