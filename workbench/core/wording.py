"""Wording as pairs of neighbouring characters, and how much of it one article has from another."""

import unicodedata
from functools import lru_cache
from itertools import pairwise

from workbench.core.domain import Article


def bigrams(text: str) -> frozenset[str]:
    """Neighbouring characters of `text`, two by two, without punctuation, white space and capitals; of a single character, that.

    >>> sorted(bigrams("Ａ法？ 第")) == ["a法", "法第"]
    True
    """
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))
    return frozenset(map("".join, pairwise(letters))) or frozenset(letters)


def shared_wording(article: Article, other: Article) -> float:
    """The share of the wording of `article` that `other` has as well, by `bigrams`; in [0, 1]."""
    own = _wording(article.text)
    return len(own & _wording(other.text)) / max(len(own), 1)  # …… has no wording at all


@lru_cache(maxsize=4_096)
def _wording(text: str) -> frozenset[str]:
    return bigrams(text)
