"""Several sources as one corpus: an article that two of them have is one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from workbench.core.domain import Article
from workbench.corpora.citations import law_key
from workbench.corpora.report import SourceReport

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

    def lines(self) -> list[str]:
        """What each source gave and what it had to skip, for a terminal."""
        return [
            line
            for name in self.counts
            for line in (self.counted(name), *(f"  {line}" for line in self.reports[name].lines()))
        ]

    def counted(self, name: str) -> str:
        """What one source gave."""
        count, merged = self.counts[name], self.merged.get(name, 0)
        return f"{name}: {count:,} article{'s' * (count != 1)}" + (
            f", {merged:,} of them in an earlier source already" if merged else ""
        )


class Merger:
    """Takes in one source after the other; of two that hold the same article the earlier one's counts."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {}
        self._parts: dict[_Key, dict[str, str]] = {}  # -> part -> doc_id

    def add(self, articles: Iterable[Article], report: SourceReport) -> tuple[int, int]:
        """How many articles one source holds, and how many of them were there already.

        An article that was there takes over what this source calls it, where it has no such name: both names can be cited.
        """
        own = sorted(
            _each_once(articles, report), key=self._is_new
        )  # what is there with the same part goes first
        new, there = list[Article](), set[str]()
        for article in own:
            twin = self._twin(article)
            if not twin or twin in there:
                new.append(article)
                continue
            there.add(twin)
            if article.source_id and not self.articles[twin].source_id:
                self.articles[twin] = replace(self.articles[twin], source_id=article.source_id)
        for article in new:
            self.articles.setdefault(article.doc_id, article)
            self._parts.setdefault(_key(article), {})[_part(article)] = article.doc_id
        return len(own), len(there)

    def _is_new(self, article: Article) -> bool:
        return _part(article) not in self._parts.get(_key(article), ())

    def _twin(self, article: Article) -> str:
        """The same article of an earlier source; without a part it is the one that there is under its number, and the other way round."""
        parts = self._parts.get(_key(article), {})
        own = _part(article)
        fits = [own] if own in parts else [part for part in parts if not own or not part]
        return parts[fits[0]] if len(fits) == 1 else ""


def _each_once(articles: Iterable[Article], report: SourceReport) -> list[Article]:
    """The articles of one source, the first of those that are the same."""
    own: dict[tuple[_Key, str], Article] = {}
    for article in articles:
        first = own.setdefault((_key(article), _part(article)), article)
        if first is not article and first.text.split() != article.text.split():
            report.skip(
                article.doc_id,
                "stands there twice with different texts; the first counts",
                kind="one article with two texts",
            )
    return list(own.values())


def _key(article: Article) -> _Key:
    return _law_key(article.law), "".join(article.article.split())


def _part(article: Article) -> str:
    return "".join(article.part.split())
