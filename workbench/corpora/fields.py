"""A row of whatever values strangers' files hold, as an `Article`."""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from workbench.core.domain import Article, Level, Scope
from workbench.core.errors import CitationError
from workbench.core.settings import Source, settings_record
from workbench.core.text import UNFIT
from workbench.corpora.citations import article_number
from workbench.corpora.numerals import TYPED_NUMERAL
from workbench.corpora.report import SourceReport
from workbench.corpora.tables import whole, whole_number
from workbench.corpora.titles import implemented_law, level_of_title, region_of_title, short_place

FIELDS = tuple(field.name for field in fields(Article) if field.name != "synthetic")
REQUIRED = ("law", "article", "text")

# What sources call the levels. Supervision regulations have no level of their own here: their maker, the
# National Supervisory Commission, ranks beside the State Council, whose regulations they are counted with.
LEVELS = {level.value: level for level in Level} | {
    **dict.fromkeys(
        (
            "宪法相关法",
            "民法典",
            "民法商法",
            "民商法",
            "行政法",
            "经济法",
            "社会法",
            "刑法",
            "诉讼与非诉讼程序法",
        ),
        Level.LAW,
    ),
    **dict.fromkeys(("法律解释", "有关法律问题和重大问题的决定"), Level.LAW),
    **dict.fromkeys(("国务院规范性文件", "监察法规"), Level.ADMINISTRATIVE_REGULATION),
    **dict.fromkeys(("国务院部门规章", "部委规章"), Level.DEPARTMENT_RULE),
    **dict.fromkeys(
        ("地方法规", "经济特区法规", "自治条例", "单行条例", "自治条例和单行条例"), Level.LOCAL_REGULATION
    ),
    **dict.fromkeys(("地方规章", "政府规章"), Level.LOCAL_GOVERNMENT_RULE),
}

LONGEST = 1_000  # characters of a field, the text excepted; titles of laws have up to 150
_DATE = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})(?!\d)")
_NUMBER = rf"第\s*{TYPED_NUMERAL}\s*条(?:\s*之\s*\w+)?|全文|条目\w+"
_TITLE = re.compile(rf"\s*(?:《(?P<quoted>[^《》]+)》|(?P<law>\S.*?))\s*(?P<number>{_NUMBER})\s*", re.DOTALL)


@settings_record
class ArticleSource(Source):
    """`level` and `region` hold where the source itself names none."""

    level: Level | None = None
    region: str = ""


def article_of(
    values: Mapping[str, Any],
    where: str,
    *,
    source: ArticleSource,
    report: SourceReport,
    numbered: bool = True,
) -> Article | None:
    """The article that `values` (field of `Article` -> whatever stands there) describe; None, and said, where they describe none.

    The text stays as it is. A level or region that is not given is the source's, else what the title tells.
    `numbered`: whether `article` must be a number of an article, and there must be a law.
    """
    if nested := next((field for field in FIELDS if isinstance(values.get(field), list | dict)), ""):
        kind = "list" if isinstance(values[nested], list) else "JSON object"
        report.skip(where, f"{nested} is a {kind}, and no text", kind="lists and objects in place of a text")
        return None
    texts = {field: one_line(values.get(field)) for field in FIELDS}
    if numbered:
        texts["article"] = whole_number(texts["article"])
    if fault := _fault(texts, numbered):
        found, kind = fault
        report.skip(where, found, kind=kind)
        return None
    level = LEVELS[texts["level"]] if texts["level"] else source.level or level_of_title(texts["law"])
    region = texts["region"] or source.region or region_of_title(texts["law"])
    implements = texts["implements"]
    local = level.scope is Scope.LOCAL
    if local and not implements:
        implements = implemented_law(texts["law"])
    number = article_number(texts["article"]) if numbered else texts["article"]
    return Article(
        law=texts["law"],
        article=number,
        text=_text(values["text"]),
        level=level,
        region=short_place(region) if local else "",
        part=texts["part"],
        chapter=texts["chapter"],
        published=iso_date(texts["published"]),
        effective=iso_date(texts["effective"]),
        implements=implements,
        source_id=texts["source_id"] if texts["source_id"] != number or not numbered else "",
    )


def _fault(texts: Mapping[str, str], numbered: bool) -> tuple[str, str] | None:
    """What keeps these values from being an article, and the kind of it."""
    if any(map(UNFIT.search, texts.values())):
        return "holds a NUL, half a surrogate pair or a byte that is no text", "characters that are no text"
    required = REQUIRED if numbered else ("article", "text")
    if lacking := [field for field in required if not texts[field]]:
        return f"has no {' and no '.join(lacking)}", "no law, number or text"
    for field in FIELDS:
        characters = len(texts[field])
        if field != "text" and characters > LONGEST:
            return f"{field} has {characters:,} characters", f"more than {LONGEST:,} characters in a field"
    if numbered and not _is_number(texts["article"]):
        return f'"{texts["article"][:20]}" is no article number', "no article number"
    if texts["level"] and texts["level"] not in LEVELS:
        return f'"{texts["level"][:20]}" is no level of law ({", ".join(Level)})', "unknown level"
    return None


def _is_number(text: str) -> bool:
    try:
        return bool(article_number(text))
    except CitationError:
        return False


def iso_date(value: str) -> str:
    """The date in `value` as YYYY-MM-DD; empty where it holds none.

    >>> [iso_date(value) for value in ("2020年5月28日", "2021/1/1", "20210101", "2021-13-01", "")]
    ['2020-05-28', '2021-01-01', '2021-01-01', '', '']
    """
    match = _DATE.search(value)
    try:
        return date(*map(int, match.groups())).isoformat() if match else ""
    except ValueError:
        return ""


def law_and_number(title: str) -> tuple[str, str] | None:
    """Law, as written, and canonical number of a title that names an article; None where it names none.

    >>> law_and_number("中华人民共和国渡口法 第12条"), law_and_number("渡口")
    (('中华人民共和国渡口法', '第十二条'), None)
    """
    match = _TITLE.fullmatch(title[: LONGEST + 1])
    if not match:
        return None
    try:
        return one_line(match["quoted"] or match["law"]), article_number(match["number"])
    except CitationError:
        return None


def one_line(value: Any) -> str:
    """The words of `value`, a whole number without `.0`; empty for None and for NaN, which is what tables hold where nothing stands."""
    if value is None or value != value:
        return ""
    return " ".join(_text(value).split())


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(whole(value))
