"""Numerals of articles: as patterns, and read without a guess."""

import re
from functools import lru_cache

_DIGITS = "0-9零〇一二两三四五六七八九十百千"
_RARE = "○廿卅卌壹贰叁肆伍陆柒捌玖拾佰仟"  # a circle for 〇, old twenties, numerals of cheques

TYPED_NUMERAL = f"[{_DIGITS}○]+"  # with the circle that some files have for 〇, so that such a number is told
CHARACTERS = f"{_DIGITS}{_RARE}"  # the inside of a class
NUMERAL = f"[{CHARACTERS}]+"

MOST = 9_999
_LONGEST = 20  # characters
_USUAL = str.maketrans(
    dict(zip("〇○壹贰叁肆伍陆柒捌玖拾佰仟", "零零一二三四五六七八九十百千", strict=True))
    | {"廿": "二十", "卅": "三十", "卌": "四十"}
)
_ARABIC = re.compile("[0-9]+|[1-9],[0-9]{3}")
_TWO = re.compile("两(?=[百千])|^两$")
_ONE_LEFT_OUT = re.compile("(?<=百)十")  # 一百十二
_PLACES = re.compile("[一二三四五六七八九][零一二三四五六七八九]+")
_TO_ASCII = str.maketrans("零一二三四五六七八九", "0123456789")
_SPOKEN = re.compile("(.*)([十百千])([一二三四五六七八九])")
_TENTH = {"千": "百", "百": "十", "十": ""}


class NotOneNumber(ValueError):
    """A numeral that is none, or may be several numbers: `readings`, in Chinese."""

    def __init__(self, numeral: str, readings: tuple[str, ...] = ()) -> None:
        super().__init__(numeral)
        self.readings = readings


@lru_cache(maxsize=20_000)
def value_of(numeral: str) -> int:
    """The number from 1 to 9,999 that a numeral is, in any writing; a NotOneNumber where it is none, or might be another.

    >>> [value_of(text) for text in ("1,062", "一百零五", "一百○五", "廿三", "壹仟零陆拾伍", "一〇六五", "两百", "一百十二")]
    [1062, 105, 105, 23, 1065, 1065, 200, 112]
    """
    plain = "".join(numeral.split())
    if len(plain) > _LONGEST:
        raise NotOneNumber(plain[:_LONGEST])
    if _ARABIC.fullmatch(plain):
        return _within(int(plain.replace(",", "")), plain)
    usual = _ONE_LEFT_OUT.sub("一十", _TWO.sub("二", plain.translate(_USUAL)))
    if _PLACES.fullmatch(usual):
        return _by_places(usual)
    return _within(_strictly(usual), usual)


def chinese(value: int) -> str:
    """A number as it stands in titles of articles.

    >>> chinese(120)
    '一百二十'
    """
    from cn2an import an2cn

    return str(an2cn(value))


def _strictly(usual: str) -> int:
    from cn2an import cn2an  # takes longer to import than most commands need

    try:
        value = cn2an(usual, "strict")
    except (KeyError, ValueError):  # it raises either
        raise NotOneNumber(usual, _readings(usual)) from None
    if value != int(value):
        raise NotOneNumber(usual)
    return int(value)


def _within(value: int, numeral: str) -> int:
    if not 0 < value <= MOST:
        raise NotOneNumber(numeral)
    return value


def _by_places(usual: str) -> int:
    """The value of digits without 十 and 百: 一〇六五. Numbers that follow each other may as well be a list of them: 三四."""
    digits = usual.translate(_TO_ASCII)
    value = _within(int(digits), usual)
    if (len(digits) == 2 and "0" not in digits) or digits in "123456789":
        raise NotOneNumber(usual, (chinese(value), "、".join(usual)))
    return value


def _readings(usual: str) -> tuple[str, ...]:
    """Both numbers that a numeral without 零 may be: 一百二 is 102, or 120 as one says it."""
    match = _SPOKEN.fullmatch(usual)
    if not match:
        return ()
    before, unit, digit = match.groups()
    either = (f"{before}{unit}零{digit}", f"{before}{unit}{digit}{_TENTH[unit]}")
    return either if all(map(_is_number, either)) else ()


def _is_number(usual: str) -> bool:
    try:
        return bool(value_of(usual))
    except NotOneNumber:
        return False
