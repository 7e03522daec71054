"""Pinpoints: which paragraph, item or sentence of an article a citation means."""

import re
from functools import lru_cache

from workbench.corpora.numerals import NUMERAL, NotOneNumber, chinese, value_of

UNITS = "款项目句段"
BETWEEN = r"\s*(?:、|,|以及|和|与|及|或者|或|至|到|[-–—−~])\s*"

_ORDINAL = rf"第?\s*\(?\s*{NUMERAL}\s*\)?"
_COUNTED = rf"{_ORDINAL}(?:{BETWEEN}{_ORDINAL})*\s*[{UNITS}]"
_NAMED = "前半?[段句]|中段|[后後]半?[段句]|但书(?:部分)?|本文|正文"
_BARE = rf"\(\s*{NUMERAL}\s*\)(?!\s*[{UNITS}条])|第\s*\(\s*{NUMERAL}\s*\)(?!\s*[{UNITS}条])"
_ONE = rf"(?:{_COUNTED}|{_NAMED}|{_BARE})"
_SEVERAL = rf"{_ONE}(?:(?:{BETWEEN}|[\s之的中]*){_ONE})*"
_PINPOINT = re.compile(
    rf"[\s之的中]*(?:{_SEVERAL}|\(\s*{_SEVERAL}\s*\)|\[\s*{_SEVERAL}\s*\]|【\s*{_SEVERAL}\s*】)"
)
_PIECE = re.compile(rf"(?P<named>{_NAMED})|(?P<bare>{_BARE})|(?P<counted>{_COUNTED})|(?P<between>{BETWEEN})")
_PART = re.compile(rf"{NUMERAL}|[{UNITS}]|{BETWEEN}")
_AND = re.compile("以及|和|与|及|或者|或|,|、")


def pinpoint_at(text: str, begin: int = 0) -> tuple[str, int]:
    """The pinpoint that begins at a place of plain text, in canonical form, and where it ends; empty where none does.

    >>> pinpoint_at("第264条第1款第(3)项、第2款但书规定", 5)
    ('第一款第（三）项、第二款但书', 19)
    """
    match = _PINPOINT.match(text, begin)
    if not match:
        return "", begin
    try:
        return _canonical(match[0]), match.end()
    except NotOneNumber:
        return "", begin


@lru_cache(maxsize=5_000)
def _canonical(text: str) -> str:
    return "".join(_piece(match) for match in _PIECE.finditer(text))


def _piece(match: re.Match[str]) -> str:
    if match["named"]:
        return match["named"].replace("後", "后").removesuffix("部分")
    if match["bare"]:
        return f"第（{_number(match['bare'])}）项"
    return _between(match[0]) if match["between"] else _counted(match[0])


def _counted(text: str) -> str:
    """第1、2款 as 第一款、第二款."""
    unit = text[-1]
    parts = []
    for part in _PART.finditer(text[:-1]):
        numeral = re.fullmatch(NUMERAL, part[0])
        number = chinese(value_of(part[0])) if numeral else ""
        ordinal = f"第（{number}）项" if unit == "项" else f"第{number}{unit}"
        parts.append(ordinal if numeral else _between(part[0]))
    return "".join(parts)


def _between(text: str) -> str:
    return "、" if _AND.fullmatch(text.strip()) else "至"


def _number(text: str) -> str:
    found = re.search(NUMERAL, text)
    return chinese(value_of(found[0] if found else ""))
