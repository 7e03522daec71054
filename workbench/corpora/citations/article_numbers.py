"""Numbers of articles in any spelling, in one canonical form."""

import re
from functools import lru_cache

from workbench.core.errors import CitationError
from workbench.corpora.citations.writing import plain
from workbench.corpora.numerals import NUMERAL, NotOneNumber, chinese, value_of

Number = tuple[int, int]  # 第一百二十条之一 is (120, 1), 第一百二十条 is (120, 0)

_COUNT = rf"(?:[1-9],[0-9]{{3}}(?![0-9])|{NUMERAL})"
_ARTICLE = re.compile(rf"第?({_COUNT})条?(?:(?:之|[-–—−]第?)({_COUNT}))?条?")
# Decisions without articles number their items so.
LISTED = re.compile("全文|条目[零〇一二三四五六七八九十百]+")


@lru_cache(maxsize=20_000)
def article_number(text: str) -> str:
    """Canonical form of an article number; a CitationError where it is none, or may be several.

    >>> [article_number(t) for t in ("第五十五条", "第55条", "55", "１２０条之1", "第120-1条", "第1,062条")]
    ['第五十五条', '第五十五条', '第五十五条', '第一百二十条之一', '第一百二十条之一', '第一千零六十二条']
    """
    written = "".join(plain(str(text)).split())
    if LISTED.fullmatch(written):
        return written
    match = _ARTICLE.fullmatch(written)
    try:
        if not match:
            raise NotOneNumber(written)
        number = value_of(match[1]), value_of(match[2]) if match[2] else 0
    except NotOneNumber as fault:
        raise unreadable(text, fault) from None
    return number_name(number)


@lru_cache(maxsize=20_000)
def number_name(number: Number) -> str:
    """
    >>> number_name((120, 1))
    '第一百二十条之一'
    """
    main, sub = number
    return f"第{chinese(main)}条" + (f"之{chinese(sub)}" if sub else "")


def unreadable(text: str, fault: NotOneNumber) -> CitationError:
    """What to say of a number that is none, or that may be one of several."""
    if fault.readings:
        either = " or ".join(
            "、".join(f"第{each}条" for each in reading.split("、")) for reading in fault.readings
        )
        return CitationError(f'"{text}"', f"may be {either}", remedy="write the one that is meant")
    return CitationError(f'"{text}"', "is no article number", remedy="write e.g. 第五百条 or 第120条之一")
