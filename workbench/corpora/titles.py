"""What a law's title tells of it: its level, the place it holds in, the national law it carries out."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from workbench.core.domain import Level
from workbench.corpora.citations import COUNTRY

# The first that fits; a title that begins with a place is local before these are asked. 条例, 办法 and 规定 are the
# State Council's more often than a department's, and nothing in a title tells the two apart.
_LEVELS = (
    (re.compile(rf"({COUNTRY})?宪法(修正案.*)?"), Level.CONSTITUTION),
    (re.compile(r"最高人民(法院|检察院).*"), Level.JUDICIAL_INTERPRETATION),
    (re.compile(r".*(?<!办)法(典|通则|修正案)?([（(].*)?|全国人民代表大会.*"), Level.LAW),
    (re.compile(r".*(人民法院|人民检察院|适用法律|司法解释|的解释|批复).*"), Level.JUDICIAL_INTERPRETATION),
    (re.compile(r".*"), Level.ADMINISTRATIVE_REGULATION),
)
_OPENING = re.compile(r"^(关于|中国)?[（(《〈]?")
_NATIONAL = re.compile(r"(?<!办)法$")  # no place makes what is called 法: 海南自由贸易港法 is national
_LAW = r"[^《》〈〉<>]{1,60}?(?<!办)法典?"
_CARRIED_OUT = (
    re.compile(rf"(?:实施|贯彻|执行)[《〈<]({_LAW})[》〉>]"),
    re.compile(rf"[《〈<]({_LAW})[》〉>](?:实施|施行)"),
    re.compile(rf"(?:实施|贯彻|执行)({COUNTRY}{_LAW})(?=实施|办法|细则|规定|条例|若干)"),
)


@lru_cache(maxsize=10_000)
def level_of_title(title: str) -> Level:
    """The level that a law of this title has in all likelihood.

    >>> [level_of_title(title).value for title in ("中华人民共和国渡口法", "渡口管理条例", "浙江省渡口管理条例")]
    ['法律', '行政法规', '地方性法规']
    """
    if region_of_title(title):
        return Level.LOCAL_REGULATION
    return next(level for pattern, level in _LEVELS if pattern.fullmatch(" ".join(title.split())))


@lru_cache(maxsize=10_000)
def region_of_title(title: str) -> str:
    """The province, autonomous region or municipality of a local title, by its short name; empty for a national one.

    >>> region_of_title("宁波市渡口管理条例"), region_of_title("中华人民共和国渡口法")
    ('浙江', '')
    """
    if title.startswith(COUNTRY) or _NATIONAL.search(title):
        return ""
    pattern, regions = _places()
    match = pattern.match(_OPENING.sub("", title))
    return regions[match[0]] if match else ""


@lru_cache(maxsize=10_000)
def implemented_law(title: str) -> str:
    """Full title of the national law that a local title says it carries out; empty where it names none.

    >>> implemented_law("甲省实施《渡口法》办法")
    '中华人民共和国渡口法'
    """
    for pattern in _CARRIED_OUT:
        if match := pattern.search(title):
            return COUNTRY + match[1].removeprefix(COUNTRY)
    return ""


def short_place(name: str) -> str:
    """A province by its short name, any other place as it is written.

    >>> short_place("浙江省"), short_place("宁波市")
    ('浙江', '宁波市')
    """
    return _short_names().get(name, name)


@cache
def place_names() -> list[str]:
    """Places that make local law, as its titles begin: provinces by their full names, and what belongs to them."""
    return [
        name
        for place in _table().values()
        for name in (place["full"], *map(_as_in_titles, place.get("parts", ())))
    ]


def _as_in_titles(part: str) -> str:
    """Most parts of a province are cities, whose titles say so."""
    return part if part.endswith(("族", "区")) else f"{part}市"


@cache
def _places() -> tuple[re.Pattern[str], dict[str, str]]:
    """What local titles begin with, longest first (海南藏族自治州 is not in 海南), and the province of each."""
    regions = {
        name: region for region, place in _table().items() for name in (region, *place.get("parts", ()))
    }
    return re.compile("|".join(sorted(map(re.escape, regions), key=len, reverse=True))), regions


@cache
def _short_names() -> dict[str, str]:
    return {place["full"]: short for short, place in _table().items()}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("workbench.corpora").joinpath("places.toml").read_text(encoding="utf-8"))
