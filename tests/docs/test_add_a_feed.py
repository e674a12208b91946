"""The example of the page about feeds runs as it stands, and keeps what the page promises."""

import re
from pathlib import Path

import pytest

from _feeds import columns, decoded, handled, read
from roadstead.errors import BadInput
from roadstead.settings import build
from roadstead.sources import plugins
from roadstead.sources._names import ABOUT, plain

DOCS = Path(__file__).parents[2] / "docs"


def test_the_feed_of_the_page_reads_buoys(tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "add-a-feed.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    exec(compile(found[1], "add-a-feed.md", "exec"), {"__name__": "roadstead_page"})
    path = tmp_path / "buoys.txt"
    path.write_text("a 10 31.5 121.5\nnothing\nb 20 32.5 122.5\n")
    feed = build(plugins, {"kind": "buoys", "path": str(path)}, "page", feed="harbour")
    reports, counts, records = read(feed)  # type: ignore[arg-type]  # the page's class is known when it runs
    assert [records[n].data for n in reports.raw] == [b"a 10 31.5 121.5", b"b 20 32.5 122.5"]
    assert (reports.movers, reports.t.tolist(), reports.lat.tolist()) == (("a", "b"), [10, 20], [31.5, 32.5])
    assert counts == {"read_line": 2, "bad_line": 1}
    assert handled(counts) == len(records)
    assert columns(decoded(feed, records, [1, 2])) == columns(reports)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="cannot be read"):
        read(build(plugins, {"kind": "buoys", "path": str(tmp_path / "none")}, "page", feed="x"))  # type: ignore[arg-type]


def test_the_page_of_feeds_lists_every_name_that_is_found() -> None:
    page = (DOCS / "positions" / "feeds.md").read_text(encoding="utf-8")
    table = page[page.index("### Names") : page.index("## MQTT")]
    listed = {plain(name) for name in re.split(r"[,;|`\n]", table)}
    for field, names in ABOUT.items():
        assert field in table
        assert [name for name in names if name not in listed] == []


def test_the_page_of_feeds_lists_every_kind_of_feed() -> None:
    page = (DOCS / "positions" / "feeds.md").read_text(encoding="utf-8")
    for kind in plugins.names():
        if hasattr(plugins.get(kind), "decoder"):
            assert f"| `{kind}` |" in page
