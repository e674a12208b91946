"""What is read is looked up among known texts; near ones are told."""

from pathlib import Path

import pytest

from roadstead.describe._register import read
from roadstead.errors import BadInput


def test_known_texts_and_near_ones(tmp_path: Path) -> None:
    file = tmp_path / "known.csv"
    file.write_text("text,owner\n皖A12345,a\n皖A12346,b\n皖A99999,c\n,\n", encoding="utf-8-sig")
    known = read(file, "text", 2)
    assert "皖A12345" in known
    assert known.candidates("皖A12345") == ()
    assert known.candidates("皖A1234") == ("皖A12345", "皖A12346")
    assert known.candidates("皖A12349") == ("皖A12345", "皖A12346")
    assert known.candidates("京B00000") == ()


def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "known.csv"
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read(file, "text", 1)
    file.write_text("plate\n皖A12345\n", encoding="utf-8")
    with pytest.raises(BadInput, match="has no column 'text'; its columns are plate"):
        read(file, "text", 1)
    file.write_text("text\n \n", encoding="utf-8")
    with pytest.raises(BadInput, match="column 'text' is empty"):
        read(file, "text", 1)
    file.write_bytes("text\n皖A12345\n".encode("gb18030"))
    with pytest.raises(BadInput, match="is not UTF-8"):
        read(file, "text", 1)
