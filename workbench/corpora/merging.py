"""Several sources as one corpus: an article that two of them have is one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from workbench.core.domain import Article
from workbench.corpora.citations import law_key
from workbench.corpora.report import SHOWN, SourceReport

_law_key = lru_cache(maxsize=20_000)(law_key)
_Key = tuple[str, str]  # a law under any spelling of its name, article number


@dataclass(frozen=True)
class Corpus:
    """All articles of the sources, in `doc_id` order.

    By source (its kind and the last part of its path): `counts`, how many articles it holds; `merged`, how many of them an
    earlier source has already; `reports`, what it had to skip.
    """

    articles: list[Article]
    merged: Mapping[str, int]
    reports: Mapping[str, SourceReport]
    counts: Mapping[str, int] = field(default_factory=dict)

    def lines(self, shown: int = SHOWN) -> list[str]:
        """What each source gave and what it had to skip, with so many sentences of each kind."""
        return [
            line
            for name in self.counts
            for line in (self.counted(name), *(f"  {line}" for line in self.reports[name].lines(shown)))
        ]

    def counted(self, name: str) -> str:
        """What one source gave."""
        count = self.counts[name]
        merged = self.merged.get(name, 0)
        line = f"{name}: {count:,} article{'s' * (count != 1)}"
        if merged:
            line += f", {merged:,} of them in an earlier source already"
        return line


class Merger:
    """Takes in one source after the other; of two that hold the same article the earlier one's counts."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {}
        self._parts: dict[_Key, dict[str, str]] = {}  # -> part -> doc_id

    def add(self, articles: Iterable[Article], report: SourceReport) -> tuple[int, int]:
        """How many articles one source holds, and how many of them were there already.

        An article that was there takes over what this source calls it, where it has no such name: both names can be cited.
        """
        articles_once = _each_once(articles, report)
        if not self._parts:  # of the first source all are new
            self._take_in(articles_once)
            return len(articles_once), 0
        new: list[Article] = []
        merged: set[str] = set()  # what earlier sources have, by `doc_id`
        for article in sorted(
            articles_once, key=self._is_new
        ):  # first those that are there with the same part
            earlier_id = self._earlier(article)
            if not earlier_id or earlier_id in merged:
                new.append(article)
                continue
            merged.add(earlier_id)
            earlier = self.articles[earlier_id]
            if article.source_id and not earlier.source_id:
                self.articles[earlier_id] = replace(earlier, source_id=article.source_id)
        self._take_in(new)
        return len(articles_once), len(merged)

    def _take_in(self, articles: Iterable[Article]) -> None:
        for article in articles:
            doc_id = article.doc_id
            self.articles.setdefault(doc_id, article)
            self._parts.setdefault(_key(article), {})[_part(article)] = doc_id

    def _is_new(self, article: Article) -> bool:
        return _part(article) not in self._parts.get(_key(article), ())

    def _earlier(self, article: Article) -> str:
        """The `doc_id` of the same article in an earlier source; empty where there is none.

        An article without part is the one that there is under its number, and the other way round.
        """
        doc_ids = self._parts.get(_key(article), {})
        part = _part(article)
        if part in doc_ids:
            return doc_ids[part]
        matching = [doc_id for earlier_part, doc_id in doc_ids.items() if not part or not earlier_part]
        return matching[0] if len(matching) == 1 else ""


def _each_once(articles: Iterable[Article], report: SourceReport) -> list[Article]:
    """The articles of one source, the first of those that are the same."""
    firsts: dict[tuple[_Key, str], Article] = {}
    for article in articles:
        first = firsts.setdefault((_key(article), _part(article)), article)
        if first is not article and first.text.split() != article.text.split():
            report.skip(
                article.doc_id,
                "stands there twice with different texts; the first counts",
                kind="one article with two texts",
            )
    return list(firsts.values())


def _key(article: Article) -> _Key:
    return _law_key(article.law), "".join(article.article.split())


def _part(article: Article) -> str:
    return "".join(article.part.split())
