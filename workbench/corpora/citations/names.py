"""What people call laws: one key for all spellings of a name, and the part and the version that are named with it."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from workbench.corpora.citations.writing import plain
from workbench.corpora.numerals import NUMERAL, NotOneNumber, chinese, value_of

COUNTRY = "中华人民共和国"

_MARKS = re.compile(r"[\s《》〈〉<>「」『』“”\"]")
_ORDINAL = re.compile(rf"(?:(?<=解释)|(?<=规定)|(?<=意见)|(?<=答复)|(?<=批复)|(?<=修正案))\(?({NUMERAL})\)?$")

_USUAL = ("法", "例", "定", "释", "则", "知", *(f"{digit})" for digit in "一二三四五六七八九十"))

_DATE = r"(?:1[89]|20)[0-9]{2}(?:[-./年][01]?[0-9](?:[-./月][0-3]?[0-9])?)?"
_TIMES = "(?:第?[一二三四五六七八九十0-9]次)?"
_KIND = "修正|修订|修改|公布|颁布|通过|发布|施行|实施"
_VERSIONED = rf"(?P<date>{_DATE})?[年月日]?{_TIMES}(?P<kind>{_KIND})?(?:版|本|文本)?"
_IN_BRACKETS = re.compile(rf"[(\[〔【]{_VERSIONED}[)\]〕】]$")
_BEHIND = re.compile(
    rf"(?P<date>{_DATE})(?:[年月日]?{_TIMES}(?P<kind>{_KIND})(?:版|本|文本)?|[年月日]?[版本]|年)$"
)
_BEFORE = re.compile(
    rf"(?P<date>{_DATE})(?:[年月日]?版?{_TIMES}(?P<kind>{_KIND})(?:版|后)?的?|[年月日]?版的?|[年日]的?)(?=..)"
)

# A version behind the name of a law, as titles have it.
VERSION = re.compile(
    r"[(（](?:[0-9]{4}[-./年月日0-9]*)?(?:第?[一二三四五六七八九十]次)?(?:修正|修订|修改)(?:本|版|文本)?[)）]$"
)
_DIVISION = rf"第{NUMERAL}(?:分编|编|章|节|部分)"
_DIVIDED = re.compile(rf"(?P<law>.{{2,}}?)[·・.,、—-]?(?P<where>{_DIVISION}.{{0,30}})")
_TITLE = re.compile("(?:解释|规定|决定|批复|答复|意见|办法|条例|通知|细则|规则)(?:[(].*[)])?$")
_PART_NUMBER = re.compile(rf"第({NUMERAL})编")


class LawName(NamedTuple):
    """`key`: the same for all spellings; `part`: of it, by its name; `version`: as it is written, and its `date` (YYYY or YYYY-MM-DD).

    `amended`: whether it is the date of an amendment, and not just any year.
    """

    key: str
    part: str = ""
    version: str = ""
    date: str = ""
    amended: bool = False


@lru_cache(maxsize=20_000)
def law_key(name: str) -> str:
    """What two spellings of one law's name share: no 中华人民共和国, no 《》 or quotes, no white space, one kind of bracket.

    >>> law_key("《中华人民共和国 刑法》") == law_key("刑法")
    True
    >>> law_key("刑法修正案（8）") == law_key("刑法修正案八") == law_key("刑法修正案（八）")
    True
    """
    key = _MARKS.sub("", plain(name)).replace(COUNTRY, "")
    if not key.endswith(_USUAL):
        key = _ORDINAL.sub(_in_brackets, key)
    return names()["short"].get(key, key)


@lru_cache(maxsize=20_000)
def law_name(text: str) -> LawName:
    """A name with the part and the version that are named with it.

    >>> law_name("公司法（2018修正）"), law_name("民法典·合同编")
    (LawName(key='公司法', part='', version='2018修正', date='2018', amended=True), LawName(key='民法典', part='合同编', version='', date='', amended=False))
    """
    key, version, date, amended = _without_version(law_key(text))
    key, part = _without_part(key)
    if not version:
        key, version, date, amended = _without_version(key)
    return LawName(law_key(key), part, version, date, amended)


@cache
def names() -> dict[str, Any]:
    """The tables of `law_names.toml`."""
    text = files("workbench.corpora.citations").joinpath("law_names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def part_key(part: str) -> str:
    """What two spellings of a part's name share.

    >>> part_key("第三编 合同"), part_key("合同编"), part_key("总则")
    ('合同', '合同', '总则')
    """
    bare = _PART_NUMBER.sub("", _MARKS.sub("", plain(part)))
    return bare.removesuffix("编") or bare


def _in_brackets(match: re.Match[str]) -> str:
    try:
        return f"({chinese(value_of(match[1]))})"
    except NotOneNumber:
        return match[0]


def _without_version(key: str) -> tuple[str, str, str, bool]:
    """A name without its version, the version, its date, and whether that is an amendment's."""
    for pattern in (_IN_BRACKETS, _BEHIND, _BEFORE):
        match = pattern.match(key) if pattern is _BEFORE else pattern.search(key)
        if not match or not (match["date"] or match["kind"]):
            continue
        bare = key[match.end() :] if pattern is _BEFORE else key[: match.start()]
        if len(bare) < 2 or (bare.endswith("修正案") and not match["kind"]):  # 宪法修正案（2018年） is a law
            continue
        return bare, match[0].strip("()[]〔〕【】的"), _iso(match["date"] or ""), bool(match["kind"])
    return key, "", "", False


def _iso(date: str) -> str:
    """
    >>> _iso("2018年10月26"), _iso("2018.1"), _iso("2018")
    ('2018-10-26', '2018-01', '2018')
    """
    year, *rest = re.findall("[0-9]+", date) or [""]
    return "-".join([year, *(number.zfill(2) for number in rest)])


def _without_part(key: str) -> tuple[str, str]:
    """A name without the part behind it, and the part."""
    parts = names()["parts"]
    for law, of_law in parts.items():
        if part_key(key) in of_law and key.endswith("编") and law == "民法典":
            return law, f"{part_key(key)}编"
        rest = key.removeprefix(law).lstrip("·・.,、—-的之") if key.startswith(law) else ""
        if rest and (part := _part_of(rest, of_law)):
            return law, part
    match = _DIVIDED.fullmatch(key)
    return (match["law"], "") if match and not _TITLE.search(key) else (key, "")


def _part_of(rest: str, of_law: dict[str, list[int]]) -> str:
    """Which part of a law is named by 合同编, 第三编, 第三编合同第二章."""
    numbered = _PART_NUMBER.match(rest)
    bare = rest[numbered.end() :] if numbered else rest
    bare = re.split(rf"{_DIVISION}|第?[一二三四五六七八九]分编|通则|典型合同", bare)[0].removesuffix("编")
    if bare in of_law:
        return bare if bare.endswith("则") else f"{bare}编"
    if numbered and not bare:
        try:
            at = value_of(numbered[1])
        except NotOneNumber:
            return ""
        return next((_named(name) for name, (ordinal, *_) in of_law.items() if ordinal == at), "")
    return ""


def _named(name: str) -> str:
    return name if name.endswith("则") else f"{name}编"
