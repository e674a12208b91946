"""What a maritime mobile service identity says of its station, after Recommendation ITU-R M.585-9 (2022), annexes 1 and 2."""

from typing import Final

_SPANS: Final = (
    "201-216 218-220 224-259 261-279 "
    "301 303-312 314 316 319 321 323 325 327 329-332 334 336 338-339 341 343 345 347-348 350-359 361-362 364 366-379 "
    "401 403 405 408 410 412-414 416-417 419 422-423 425 428 431-432 434 436-438 440-441 443 445 447 450-451 453 455 457 "
    "459 461 463 466 468 470-473 475 477-478 "
    "501 503 506 508 510-512 514-516 518 520 523 525 529 531 533 536 538 540 542 544 546 548 550 553 555 557 559 561 "
    "563-567 570 572 574 576-578 "
    "601 603 605 607-613 615-622 624-627 629-638 642 644-645 647 649-650 654-657 659-672 674-679 "
    "701 710 720 725 730 735 740 745 750 755 760 765 770 775"
)


def _numbers(spans: str) -> frozenset[int]:
    ends = [[int(end) for end in span.split("-")] for span in spans.split()]
    return frozenset(number for span in ends for number in range(span[0], span[-1] + 1))


ALLOCATED: Final = _numbers(_SPANS)
"""The maritime identification digits (MID) that the ITU has allocated (Radio Regulations, table of MIDs)."""

_FORMS: Final = (
    ("00", "coast", 2),
    ("0", "group", 1),
    ("111", "sar_aircraft", 3),
    ("99", "aid", 2),
    ("98", "craft", 2),
    ("970", "sart", None),
    ("972", "man_overboard", None),
    ("974", "epirb", None),
    ("979", "amrd", None),
    ("8", "handheld", 1),
)
"""How the number begins, what that says, and where the MID stands (None: there is none); the first that fits."""


def form(mmsi: str) -> str:
    """Return what kind of station a number is of, or why it is of none: "digits", "mid" or "form".

    Kinds: "ship", "group" (of ships), "coast" (and base) station, "sar_aircraft", "aid" (to navigation), "craft" (of a
    parent ship), "handheld", and the beacons "sart", "man_overboard", "epirb" and "amrd".

    >>> form("413298950"), form("004132001"), form("994131234"), form("123456789"), form("41329895")
    ('ship', 'coast', 'aid', 'form', 'digits')
    """
    if len(mmsi) != 9 or not mmsi.isascii() or not mmsi.isdigit():
        return "digits"
    for begin, kind, at in _FORMS:
        if mmsi.startswith(begin):
            return kind if at is None or int(mmsi[at : at + 3]) in ALLOCATED else "mid"
    if not "2" <= mmsi[0] <= "7":
        return "form"
    return "ship" if int(mmsi[:3]) in ALLOCATED else "mid"
