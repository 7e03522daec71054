"""The article numbers in a text: lists and ranges of them, each with its pinpoint."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from workbench.core.errors import CitationError
from workbench.corpora.citations.article_numbers import LISTED, Number, number_name
from workbench.corpora.citations.pinpoints import UNITS, pinpoint_at
from workbench.corpora.numerals import CHARACTERS, value_of

MOST = 300  # articles that one range may name

AND = r"(?:\s*(?:、|,|;|/|以及|及其|和|与|及|或者|或|并|还有|暨|&|\+)\s*)+"
_COUNT = rf"(?:[1-9],[0-9]{{3}}(?![{CHARACTERS},])|[{CHARACTERS}]++)"
_ALONE = rf"(?!\s*[)）]?\s*(?:[{UNITS}编章]|分编|部分))"  # and not 第一款, 第一编
_ITEM = re.compile(
    rf"(?P<marked>第?)\s*(?P<number>{_COUNT}){_ALONE}"
    rf"(?P<article>\s*条)?(?:\s*之\s*(?P<sub>{_COUNT}){_ALONE})?(?P<late>\s*条)?"
)
_BETWEEN = re.compile(
    rf"\s*(?:(?P<dash>[-–—−~]+)|(?P<to>直至|至|到))\s*|{AND}|\s+(?=第|[{CHARACTERS}]+\s*条)"
)
_ENDS = re.compile(r"\s*(?:$|[、,;:。.!?/)(\]】》”\"'-]|等|之|的|规定|和|与|及|或|以及|至|到)")
_BEGINS = re.compile(rf"(?P<listed>全文|条目{_COUNT})|第\s*(?={_COUNT})|(?<![{CHARACTERS}第])(?={_COUNT})")


@dataclass(frozen=True, slots=True)
class Named:
    """A number of an article, and which place in it is meant."""

    article: str
    pinpoint: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    """A number as it is written; `marked`: with 第, `article`: with 条; `joined`: how it goes on from the one before."""

    number: str
    sub: str
    pinpoint: str
    end: int
    marked: bool
    article: bool
    joined: str = ""

    @property
    def value(self) -> Number:
        return value_of(self.number), value_of(self.sub) if self.sub else 0


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers in characters `start` to `end` of a text that belong to one law."""

    start: int
    end: int
    items: tuple[_Item, ...] = ()
    listed: str = ""

    @property
    def marked(self) -> bool:
        """Whether its first number is one of an article by itself, and may not belong to the name before it: 解释三."""
        return bool(self.listed) or self.items[0].marked or self.items[0].article

    def named(self) -> list[Named]:
        """The articles, ranges with all between; a NotOneNumber where a number may be several, a CitationError where a range is none."""
        return [Named(self.listed)] if self.listed else list(_named(self.items))


def next_group(text: str, at: int) -> Group | None:
    """The next numbers of articles in plain text from a place on.

    >>> [named.article for named in next_group("刑法第264、265条", 0).named()]
    ['第二百六十四条', '第二百六十五条']
    """
    for match in _BEGINS.finditer(text, at):
        if listed := match["listed"]:
            if LISTED.fullmatch(listed):
                return Group(match.start(), match.end(), listed=listed)
            continue
        items = _without_years(tuple(_items(text, match.start())), text)
        if items and _are_articles(items, text):
            return Group(match.start(), items[-1].end, items)
    return None


def _without_years(items: tuple[_Item, ...], text: str) -> tuple[_Item, ...]:
    """Without a number at the end that belongs to what follows: 第一条、2018年…"""
    while len(items) > 1 and not (items[-1].marked or items[-1].article or items[-1].pinpoint):
        if _ENDS.match(text, items[-1].end):
            break
        items = items[:-1]
    return items


def _are_articles(items: tuple[_Item, ...], text: str) -> bool:
    """Whether these are numbers of articles: said so by 条, or at the end of the text."""
    counted = next((place for place, item in enumerate(items) if item.article), None)
    if counted is None:
        at_end = not text[items[-1].end :].strip(" 。.")
        return at_end and (items[0].marked or not any(item.marked for item in items))
    before = items[: counted + 1]
    return items[0].marked or not any(item.marked for item in before)  # not 解释三、第5条


def _items(text: str, at: int) -> Iterator[_Item]:
    joined = ""
    while match := _ITEM.match(text, at):
        pinpoint, end = pinpoint_at(text, match.end())
        article = bool(match["article"] or match["late"])
        yield _Item(
            match["number"], match["sub"] or "", pinpoint, end, bool(match["marked"]), article, joined
        )
        between = _BETWEEN.match(text, end)
        if not between or not (between[0].strip() or article or text.startswith("第", between.end())):
            return
        joined = "dash" if between["dash"] else "to" if between["to"] else "and"
        at = between.end()


def _named(items: tuple[_Item, ...]) -> Iterator[Named]:
    last: Number = (0, 0)
    for item in _with_subs(items):
        number = item.value
        between = _between(last, number) if item.joined in ("dash", "to") else ()
        yield from (Named(number_name(each)) for each in between)
        yield Named(number_name(number), item.pinpoint)
        last = number


def _with_subs(items: tuple[_Item, ...]) -> list[_Item]:
    """第120-1条 as one number, 第一百二十条之一; a higher number behind the dash ends a range."""
    joined: list[_Item] = []
    for item in items:
        if joined and _is_sub(joined[-1], item):
            joined[-1] = replace(joined[-1], sub=item.number, pinpoint=item.pinpoint)
        else:
            joined.append(item)
    return joined


def _is_sub(last: _Item, item: _Item) -> bool:
    whole = not (item.marked or item.sub or last.article or last.sub)
    return whole and item.joined == "dash" and item.value <= last.value


def _between(first: Number, last: Number) -> list[Number]:
    """The numbers within a range, without its first and its last."""
    (begin, sub), (end, last_sub) = first, last
    if begin == end and sub < last_sub:
        return [(begin, number) for number in range(sub + 1, last_sub)]
    if not begin < end <= begin + MOST:
        found = "names no articles" if end <= begin else f"names more than {MOST} articles"
        names = f"{number_name(first)}至{number_name(last)}"
        raise CitationError(f'"{names}"', found, remedy="write the first and the last that are meant")
    whole = [(number, 0) for number in range(begin + 1, end)]
    return whole + ([(end, number) for number in range(last_sub)] if last_sub else [])
