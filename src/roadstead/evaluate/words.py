"""Texts as words, for figures that compare texts; Chinese and other scripts without spaces go by characters."""

import re
import string
from collections.abc import Sequence

_APART = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han."""
_WORD = re.compile(f"[{_APART}]|[^\\s{_APART}]+")
_SIGNS = str.maketrans("", "", string.punctuation + "，。！？；：、（）《》【】“”‘’—…·")
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def words(text: str) -> list[str]:
    """Return what stands between spaces; every Han character is a word of its own.

    >>> words("the 渣土车 left")
    ['the', '渣', '土', '车', 'left']
    """
    return _WORD.findall(text)


def plain(text: str) -> list[str]:
    """Return the words in small letters without punctuation and English articles.

    P. Rajpurkar et al., SQuAD (2016), 6.1, with Chinese by characters as in Y. Cui et al., CMRC 2018 (2019), 4.1.
    """
    return words(_ARTICLES.sub(" ", text.lower().translate(_SIGNS)))


def is_han(text: str) -> bool:
    """Return whether most of a text's letters are of scripts that go by characters."""
    letters = [c for c in text if c.isalpha()]
    return sum(bool(re.match(f"[{_APART}]", c)) for c in letters) * 2 > len(letters)


def common(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    Bit by bit: H. Hyyrö, Bit-parallel LCS-length computation revisited (2004).

    >>> common("the lorry left".split(), "the red lorry has left".split())
    3
    """
    places: dict[str, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        hits = row & places.get(word, 0)
        row = ((row + hits) | (row - hits)) & full
    return len(a) - row.bit_count()
