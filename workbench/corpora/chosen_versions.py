"""Of several versions of a law the newest in force counts; where all are wanted, the older ones are laws of their own."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeVar

from workbench.core.domain import Article
from workbench.core.settings import settings_record
from workbench.corpora.citations import law_key
from workbench.corpora.fields import ArticleSource
from workbench.corpora.report import SourceReport
from workbench.corpora.stored import ArticleStore
from workbench.corpora.versions import marked

_FIRST = "第一条"  # which every whole version has


@settings_record
class VersionedSource(ArticleSource):
    """`versions`: of several versions of a law the newest in force, or all."""

    versions: Literal["newest", "all"] = "newest"


class Version(Protocol):
    """`order` sorts the version that counts last."""

    @property
    def published(self) -> str: ...
    @property
    def order(self) -> Any: ...


V = TypeVar("V", bound=Version)


def chosen(versions: Iterable[V], which: str) -> list[V]:
    """The version of a law that counts, and where `which` is "all" the older ones behind it, one of each date."""
    *older, counts = sorted(versions, key=lambda version: version.order)
    by_date = {version.published: version for version in older if version.published != counts.published}
    return [counts, *(by_date.values() if which == "all" else ())]


_Number = tuple[str, str]  # part and number of an article


@dataclass(frozen=True, slots=True)
class _Edition:
    """A version of a law in a table: number -> date of the row that has its text in this version."""

    published: str
    rows: dict[_Number, str]

    @property
    def order(self) -> str:
        return self.published


def of_versions(articles: Iterable[Article], which: str, report: SourceReport) -> Iterator[Article]:
    """The articles of a table with the versions of each law that are wanted.

    A law has several where an article of it has several dates. What is newer replaces the older version if it has the
    first article too; else it is an amendment, and the other articles stay as they are.
    """
    store = ArticleStore(lambda article: (law_key(article.law), article.region))
    store.add(articles)
    for *law, is_one in store.run(_LAWS):
        of_law = store.read("FROM articles WHERE (key, subkey) = (?, ?) ORDER BY place", *law)
        yield from of_law if is_one else _wanted(list(of_law), which, report)


_LAWS = """
    SELECT key, subkey, min(published) = max(published) FROM articles GROUP BY key, subkey ORDER BY min(place)
"""


def _wanted(articles: list[Article], which: str, report: SourceReport) -> Iterator[Article]:
    """The wanted versions of one law, whose articles have several dates."""
    editions = _editions(articles)
    if len(editions) == 1:
        yield from articles
        return
    counts, *older = chosen(editions, which)
    yield from _articles_of(counts, articles)
    for version in older:
        for article in _articles_of(version, articles):
            yield replace(article, law=marked(article.law, version.published))
    left = sum(counts.rows.get(_number(article)) != article.published for article in articles)
    if which != "all":
        found = f"{left:,} article{'s' * (left != 1)} of older versions; that of {counts.published} counts"
        report.note(articles[0].law, found, kind="older versions")


def _articles_of(version: _Edition, articles: list[Article]) -> Iterator[Article]:
    for article in articles:
        if version.rows.get(_number(article)) == article.published:
            yield replace(article, published=version.published)


def _editions(articles: list[Article]) -> list[_Edition]:
    dates: dict[str, dict[_Number, str]] = defaultdict(dict)
    for article in articles:
        dates[article.published][_number(article)] = article.published
    editions = [_Edition("", {})]
    for date, rows in sorted(dates.items()):
        earlier = editions[-1].rows
        if not earlier.keys() & rows.keys():
            editions[-1] = _Edition(date, earlier | rows)
        elif any(number == _FIRST for _, number in rows):
            editions.append(_Edition(date, rows))
        else:
            editions.append(_Edition(date, earlier | rows))
    return editions


def _number(article: Article) -> _Number:
    return article.part, article.article
