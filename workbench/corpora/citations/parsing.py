"""Citations as lawyers write them: several in one text, with pinpoints, in lists and ranges, amid words of prose."""

import re
from dataclasses import replace

from workbench.core.domain import Citation
from workbench.core.errors import CitationError
from workbench.corpora.citations.article_numbers import unreadable
from workbench.corpora.citations.names import law_name
from workbench.corpora.citations.numbers_in_text import AND, Group, next_group
from workbench.corpora.citations.prose import QUOTED, SAID, SAID_LAST, is_the_same, law_in
from workbench.corpora.citations.writing import plain
from workbench.corpora.numerals import NUMERAL, NotOneNumber

_SHOWN = 60  # characters of a text that is no citation
_EXAMPLE = "write law and article, e.g. 《民法典》第一千零六十五条"
_MASK = "\ue000"  # for what stands in 《》, where no number is one that is cited
_FOLLOWS = re.compile(
    rf"\s*$|{AND}|\s*[。.:!?]+\s*|\s*(?=《|{_MASK})|\s+|\s*(?=同时|另|又|结合|参照|依照|根据)"
)
_NUMBER_AT_END = re.compile(rf"第\s*{NUMERAL}\W*$")
_NUMBERED = ("解释", "规定", "修正案", "决定", "意见", "批复")  # 解释三 is a name
_LAW_ALONE = re.compile(rf"(《[^《》]*》){AND}(?=《)")
_PUNCTUATION = " ,。;、.:!?)]】”\"'"


def parse(text: str) -> Citation:
    """A citation written in one string, e.g. 《刑法》第263条 or 民法典 1065; a CitationError also where it is several.

    >>> str(parse("《中华人民共和国刑法》第263条第1款"))
    '刑法 第二百六十三条第一款'
    """
    citations = parse_citations(text)
    if len(citations) > 1:
        found = f"names {len(citations)} articles"
        raise CitationError(f'"{text[:_SHOWN]}"', found, remedy="write them one by one")
    return citations[0]


def parse_citations(text: str, law: Citation | None = None) -> list[Citation]:
    """The citations in a text, in its order: at least one, else a CitationError with the nearest reading.

    `law`: a citation of the law that numbers without one belong to.

    >>> [str(each) for each in parse_citations("根据《刑法》第264条第1款、第265条和民法典第1065条的规定")]
    ['刑法 第二百六十四条第一款', '刑法 第二百六十五条', '民法典 第一千零六十五条']
    """
    try:
        return _Reader(text, law).citations()
    except NotOneNumber as fault:
        raise unreadable(text[:_SHOWN], fault) from None


class _Reader:
    """One text, read from left to right."""

    def __init__(self, text: str, law: Citation | None) -> None:
        self._given = text
        self._text = plain(text).strip()
        self._masked = QUOTED.sub(lambda match: _MASK * len(match[0]), self._text)
        if not next_group(self._masked, 0):  # 《刑法第264条》
            self._masked = self._text = re.sub("[《》]", " ", self._text).strip()
        self._law = law
        self._citations: list[Citation] = []

    def citations(self) -> list[Citation]:
        begin = at = 0
        while group := next_group(self._masked, at):
            last = not next_group(self._masked, group.end)
            said = (SAID_LAST if last else SAID).match(self._masked, group.end)
            behind = said.end() if said else group.end
            at = group.end
            if follows := _FOLLOWS.match(self._masked, behind):
                self._take(begin, group)
                begin = at = follows.end()
            elif last:
                self._take(begin, group)
                raise self._not_understood(behind)
            # else the number stands within the name of a law
        if not self._citations:
            raise CitationError(self._shown, "is no citation", remedy=_EXAMPLE)
        if self._text[begin:].strip(_PUNCTUATION):
            raise self._not_understood(begin)
        return self._citations

    @property
    def _shown(self) -> str:
        return f'"{self._given[:_SHOWN]}"'

    def _take(self, begin: int, group: Group) -> None:
        words = self._text[begin : group.start]
        if not group.marked and words.rstrip().endswith(_NUMBERED):
            raise CitationError(self._shown, "is no citation", remedy=_EXAMPLE)
        law = self._law = self._law_in(words)
        self._citations += [
            replace(law, article=named.article, pinpoint=named.pinpoint) for named in group.named()
        ]

    def _law_in(self, words: str) -> Citation:
        name = law_in(words)
        if self._law and (not name or is_the_same(name)):
            return self._law
        if len(name) < 2 or is_the_same(name) or _NUMBER_AT_END.search(name):
            raise CitationError(self._shown, "is no citation", remedy=_EXAMPLE)
        if several := _LAW_ALONE.search(words):
            raise CitationError(self._shown, f"names no article of {several[1]}", remedy=_EXAMPLE)
        found = law_name(name)
        return Citation(f"{found.key}({found.version})" if found.version else found.key, part=found.part)

    def _not_understood(self, begin: int) -> CitationError:
        nearest = "; ".join(map(str, self._citations[:3]))
        found = f'is no citation: "{self._text[begin:].strip()[:20]}" is not understood'
        return CitationError(self._shown, found, remedy=f"write {nearest} if that is meant")
