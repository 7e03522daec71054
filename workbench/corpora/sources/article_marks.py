"""Where in the lines of a law an article may begin: a number in whatever writing, and how much speaks for it."""

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import cn2an

from workbench.core.errors import CitationError
from workbench.corpora.citations import article_number
from workbench.corpora.numerals import TYPED_NUMERAL

Number = tuple[int, int]  # 第一百二十条之一 is (120, 1), 第一百二十条 is (120, 0)


class Grade(IntEnum):
    """How much speaks for an article there, apart from its number."""

    WITHIN = 0  # in the middle of a sentence
    AFTER = 1  # in a line, after a sentence or between spaces
    OPENING = 2  # at the start of a line, but in another writing than 第五条 and a space
    CLEAN = 3  # at the start of a line, written so


class Mark(NamedTuple):  # a law has hundreds
    """A number in characters `start` to `end` of line `line` (from 0), with the markup around it.

    `name`: the canonical number, or what stands there where that is none, and `number` with it. `spaced`: whether white
    space follows. `exact`: whether it is an article only where it is the next in order.
    """

    line: int
    start: int
    end: int
    name: str
    number: Number | None
    grade: Grade
    spaced: bool = True
    exact: bool = False


# What looks like a character of a number, or stands for it in other writing.
_ALIKE = {
    "第": "笫苐㐧弟",
    "条": "條絛",
    "〇": "○◯OoＯｏ",
    "一": "-－‐‑‒–—―─━ー㇐壹弌",
    "二": "ニ贰貳弍",
    "三": "ミ叁參弎",
    "四": "肆",
    "五": "伍",
    "六": "陆陸",
    "七": "柒",
    "八": "ハ捌",
    "九": "玖",
    "十": "拾",
    "百": "佰",
    "千": "仟",
}
_CHARACTERS = "第条之零〇一二两三四五六七八九十百千廿卅卌0123456789"
_PLAIN = {ord(other): usual for usual, others in _ALIKE.items() for other in others} | {
    code: plain  # radicals, circled numerals, compatibility ideographs, full-width digits
    for first, last in ((0x2E80, 0x33FF), (0xF900, 0xFAFF), (0xFF10, 0xFF19), (0x2F800, 0x2FA1F))
    for code in range(first, last + 1)
    if (plain := unicodedata.normalize("NFKC", chr(code))) != chr(code) and plain in _CHARACTERS
}


def _written(usual: str) -> str:
    """The inside of a class of characters: these, and all that stand for them."""
    return re.escape(usual + "".join(chr(code) for code, plain in _PLAIN.items() if plain in usual))


_UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_SPACE = rf"\s{_UNSEEN}"
_NUMERALS = _written(_CHARACTERS[3:])
_SIGNS = r"[^\w\s，。；：、“”‘’《》〈〉（）()|<>]"  # in a damaged numeral
_SUB = rf"[{_SPACE}]*之[{_SPACE}]*[{_NUMERALS}]+"
_END = rf"(?:之[{_NUMERALS}]+)?[{_written('条')}](?:{_SUB})?"
_NUMBER = rf"[{_written('第')}][{_SPACE}]*[{_NUMERALS}][{_NUMERALS}{_SPACE}]{{0,24}}{_END}"
_TAG = r"<[^<>]{1,80}>|&(?:[a-zA-Z]{2,8}|#\w{1,6});"
_CLOSING = {"“": "”", '"': '"', "‘": "’", "'": "'", "「": "」", "『": "』", "【": "】", "〔": "〕", "（": "）", "(": ")", "[": "]", "〖": "〗"}  # fmt: skip
_OPENERS, _CLOSERS = (re.escape("".join(side)) for side in (_CLOSING.keys(), _CLOSING.values()))
_BEFORE = rf"(?:[{_SPACE}>*_~`#+·•●▪◆■※\\-]|[0-9]{{1,4}}[.)]\s|{_TAG})*+"
_BEHIND = rf"(?P<closers>(?:[{_UNSEEN}*_~`\\{_CLOSERS}]|{_TAG})*+)(?:(?<=\])\([^()\s]*\))?"
_FOLLOWS = rf"(?P<stop>[：:．.，,、](?!\s*[第{_NUMERALS}]))?(?P<space>[{_SPACE}]+|$)?"

_CLEAN = re.compile(rf"\s*(第{TYPED_NUMERAL}条(?:之{TYPED_NUMERAL})?)(?:\s+|$)")
_OPENING = re.compile(rf"{_BEFORE}(?P<opener>[{_OPENERS}]?){_BEFORE}(?P<number>{_NUMBER}){_BEHIND}{_FOLLOWS}")
_DAMAGED = re.compile(
    rf"{_BEFORE}(?P<opener>)(?P<number>[{_written('第')}](?:[{_NUMERALS}\s]|{_SIGNS}){{1,24}}{_END}){_BEHIND}{_FOLLOWS}"
)
_WITHOUT = re.compile(  # 第 is lost, or became another character
    rf"{_BEFORE}(?P<opener>)(?:[^{_NUMERALS}\s|])?(?P<number>[{_NUMERALS}]{{1,12}}{_END}){_BEHIND}{_FOLLOWS}"
)
_INLINE = re.compile(rf"(?P<opener>)(?:[*_~`>]|{_TAG})*(?P<number>{_NUMBER}){_BEHIND}{_FOLLOWS}")
_SOME = re.compile(_NUMBER)
_NEAR = 20  # characters before a number that tell whether it is cited
_LIKELY = re.compile(f"[{_written('条')}]")

_OTHERS = (
    rf"(?:[、，,]|和|与|及|或|或者|以及|至|到|[—~～-])[{_SPACE}]*(?:本\w{{1,3}})?(?:第|[{_NUMERALS}]+条)"
)
_CITED = re.compile(
    rf"[{_SPACE}]*(?:之?规定(?=[的，,、。；;])|所[列称述指规设定]|的|以外|除外|中[的所规“]|[另未]有?规定|关于[^，。；]{{1,30}}规定"
    rf"|(?:修?改|修正|作|删|废)(?:为|除|止)|[》〉”’」』)）]|第[{_NUMERALS}（(]+[款项目）)]|[（(][{_NUMERALS}]+[)）][款项目、]|{_OTHERS})"
)
_CITED_WITHIN = re.compile(rf"[{_SPACE}]*规定|{_CITED.pattern}")
_CITING = re.compile(
    r"(?:法|典|例|则|办法|规定|决定|解释|章程|意见|通知|批复|规范|修正案|依照|按照|依据|根据|违反|适用|符合|参照|执行|本"
    r"|[和与及或者至到的除由在为将对按是同于见即])$|[、，,:：》〉“‘\"'「『（(《〈\[【|—~～-]$"
)
_SENTENCE = re.compile(r"[。；！？;!?…]$")


def marks_of(lines: Sequence[str]) -> list[Mark]:
    """Every place in these lines where an article may begin, in order."""
    marks = []
    for at, line in enumerate(lines):
        if not _LIKELY.search(line):
            continue
        begin = 0
        if clean := _CLEAN.match(line):
            begin = clean.end()
            marks.append(Mark(at, clean.start(), begin, *_read(clean[1]), Grade.CLEAN))
        elif mark := _opening(line, at):
            marks.append(mark)
            begin = mark.end
        if _SOME.search(line, begin) and not line.lstrip().startswith("|"):  # which begins a row of a table
            marks += filter(None, (_inline(line, at, match) for match in _INLINE.finditer(line, begin)))
    return marks


def is_clean(line: str) -> bool:
    """Whether a line begins as articles usually do: 第五条 and a space."""
    return bool(_CLEAN.match(line))


def begins_article(line: str) -> bool:
    """Whether a line begins with the number of an article."""
    return bool(_LIKELY.search(line) and (_CLEAN.match(line) or _opening(line, 0)))


def cites(line: str, mark: Mark) -> bool:
    """Whether what follows the number reads like a citation: 第三条第二款, 第三条规定的…"""
    return bool(_CITED.match(line, mark.end))


def _opening(line: str, at: int) -> Mark | None:
    for pattern in (_OPENING, _DAMAGED, _WITHOUT):
        if match := pattern.match(line):
            spaced, exact = match["space"] is not None, pattern is _WITHOUT
            closed = not match["opener"] or _CLOSING[match["opener"]] in match["closers"]
            end = match.end("closers" if match["opener"] else "number")
            if not closed or (exact and not spaced) or _CITED.match(line, end):
                return None
            name, number = _read(match["number"])
            return Mark(at, match.start(), match.end(), name, number, Grade.OPENING, spaced, exact)
    return None


def _inline(line: str, at: int, match: re.Match[str]) -> Mark | None:
    before = line[max(match.start() - _NEAR, 0) : match.start()]
    bare = before.rstrip()
    ended = bool(_SENTENCE.search(bare))
    if _CITED_WITHIN.match(line, match.end("number")) or (not ended and _CITING.search(bare)):
        return None
    name, number = _read(match["number"])
    grade = Grade.AFTER if ended or before != bare else Grade.WITHIN
    return Mark(at, match.start(), match.end(), name, number, grade, match["space"] is not None)


def name_of(number: Number) -> str:
    """The canonical name of a number."""
    main, sub = (cn2an.an2cn(value) for value in number)
    return f"第{main}条" + (f"之{sub}" if number[1] else "")


@lru_cache(maxsize=20_000)
def _read(written: str) -> tuple[str, Number | None]:
    """Canonical name and number of what is written; as it stands, and None, where it is no number."""
    plain = re.sub(f"[{_SPACE}]", "", written).translate(_PLAIN)
    if re.search("[0-9]", plain):
        plain = plain.replace("〇", "0")
    try:
        name = article_number(plain)
    except CitationError:
        return written, None
    number, _, sub = name.removeprefix("第").partition("条")
    return name, (_value(number), _value(sub.removeprefix("之")) if sub else 0)


@lru_cache(maxsize=10_000)
def _value(numeral: str) -> int:
    return int(cn2an.cn2an(numeral, "normal"))
