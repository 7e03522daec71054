"""Several sources as one corpus: an article that two of them have is one row."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from workbench.core.domain import Article
from workbench.corpora.citations import law_key
from workbench.corpora.report import SHOWN, SourceReport
from workbench.corpora.stored import ArticleStore, Keys, StoredArticles

_law_key = lru_cache(maxsize=20_000)(law_key)


@dataclass(frozen=True)
class Corpus:
    """All articles of the sources, in `doc_id` order.

    By source (its kind and the last part of its path): `counts`, how many articles it holds; `merged`, how many of them an
    earlier source has already; `reports`, what it had to skip.
    """

    articles: Collection[Article]
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
        self._store = ArticleStore(_keys)

    def add(self, articles: Iterable[Article], report: SourceReport) -> tuple[int, int]:
        """How many articles one source holds, and how many of them were there already.

        An article that was there takes over what this source calls it, where it has no such name: both names can be cited.
        """
        last = self._store.add(articles)
        self._keep_firsts(last, report)
        count = self._store.number("SELECT count(*) FROM articles WHERE place > ?", last)
        return count, self._merge(last) if last else 0

    def articles(self) -> StoredArticles:
        """All that was added, in `doc_id` order."""
        # which is SQLite's order of UTF-8 bytes and Python's of code points
        return self._store.at("SELECT min(place) FROM articles GROUP BY doc_id ORDER BY doc_id")

    def _keep_firsts(self, last: int, report: SourceReport) -> None:
        """Of the articles behind the place `last`, drops all but the first of those that are the same."""
        run = self._store.run
        run(f"CREATE TABLE repeated AS {_REPEATED.format(last=last)}")
        for doc_id, text, first in run(_TEXTS):
            if text.split() != first.split():
                report.skip(
                    doc_id,
                    "stands there twice with different texts; the first counts",
                    kind="one article with two texts",
                )
        run("DELETE FROM articles WHERE place IN (SELECT place FROM repeated)")
        run("DROP TABLE repeated")

    def _merge(self, last: int) -> int:
        """Drops the articles behind the place `last` that are there before it, and counts them.

        Those with the same part go first; then an article without part is the one that there is under its number, and
        the other way round.
        """
        run = self._store.run
        run("CREATE TABLE pairs (place INTEGER PRIMARY KEY, earlier INTEGER UNIQUE)")
        for same in (_SAME, _SAME_BUT_FOR_PART):
            run(f"INSERT OR IGNORE INTO pairs {same.format(last=last)}")
        run(_TAKE_OVER)
        run("DELETE FROM articles WHERE place IN (SELECT place FROM pairs)")
        merged = self._store.number("SELECT count(*) FROM pairs")
        run("DROP TABLE pairs")
        return merged


# Of each article that a source has again: its place, and that of the first.
_REPEATED = """
    SELECT place, first
    FROM (
        SELECT key, subkey, min(place) AS first FROM articles WHERE place > {last}
        GROUP BY key, subkey HAVING count(*) > 1
    ) CROSS JOIN articles USING (key, subkey)
    WHERE place > first
    ORDER BY place
"""
_TEXTS = """
    SELECT again.doc_id, again.text, firsts.text
    FROM repeated CROSS JOIN articles AS again USING (place) JOIN articles AS firsts ON firsts.place = first
    ORDER BY repeated.rowid
"""
# Of each article that an earlier source has: its place, and that of the earlier one.
_SAME = """
    SELECT late.place, early.place FROM articles AS late CROSS JOIN articles AS early USING (key, subkey)
    WHERE late.place > {last} AND early.place <= {last}
    ORDER BY late.place
"""
_SAME_BUT_FOR_PART = """
    SELECT late.place, min(early.place) FROM articles AS late CROSS JOIN articles AS early USING (key)
    WHERE late.place > {last} AND early.place <= {last} AND '' IN (late.subkey, early.subkey)
        AND late.place NOT IN (SELECT place FROM pairs)
    GROUP BY late.place HAVING count(*) = 1
    ORDER BY late.place
"""
_TAKE_OVER = """
    UPDATE articles SET source_id = (
        SELECT late.source_id FROM pairs JOIN articles AS late USING (place) WHERE earlier = articles.place
    )
    WHERE source_id = '' AND place IN (SELECT earlier FROM pairs)
"""


def _keys(article: Article) -> Keys:
    """A law under any spelling of its name with the article's number, and the part, which not all sources name."""
    number = "".join(article.article.split())
    return f"{_law_key(article.law)}\n{number}", "".join(article.part.split())
