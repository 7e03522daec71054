"""A pair on this machine: what several checks need, found out once."""

from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path

from workbench.cli.doctor.finding import Finding, finding_of
from workbench.core.documents import content_hash, format_document
from workbench.core.domain import Article
from workbench.core.errors import IndexFault, StorageFault, WorkbenchError
from workbench.core.settings import Pair, Source
from workbench.corpora import Corpus, read_corpus
from workbench.corpora.citations import Resolver
from workbench.encoders import encoders_for


class Case:
    """`quick`: no model is loaded, and nothing measured.

    `pace`: system -> seconds that its model takes for a character, where it could be loaded.
    """

    def __init__(self, pair: Pair, home: Path, quick: bool) -> None:
        self.pair = pair
        self.home = home
        self.quick = quick
        self.encoders = encoders_for(pair, home)
        self.dims = pair.column_dims()
        self.pace = dict[str, float]()
        self.uri = pair.index_uri(home)

    @property
    def owners(self) -> list[str]:
        """The systems that have columns of their own."""
        return list(self.dims)

    @property
    def widths(self) -> int:
        """Components of the widest vectors of one article, all systems together."""
        return sum(dims[0] for dims in self.dims.values())

    @cached_property
    def reading(self) -> tuple[Corpus, list[Finding]]:
        """The sources that can be read, and a finding for each of the others."""
        try:
            return read_corpus(self.pair.corpus.sources, self.home), []
        except WorkbenchError:
            return self._reading_one_by_one()

    def _reading_one_by_one(self) -> tuple[Corpus, list[Finding]]:
        readable, failed = list[Source](), list[Finding]()
        for source in self.pair.corpus.sources:
            try:
                read_corpus([source], self.home)
                readable.append(source)
            except WorkbenchError as fault:
                failed.append(finding_of("corpus", fault))
        corpus = read_corpus(readable, self.home) if readable else Corpus([], {}, {})
        return corpus, failed

    @property
    def articles(self) -> Collection[Article]:
        return self.reading[0].articles

    @cached_property
    def resolver(self) -> Resolver:
        """Finds the article of the corpus that a citation names."""
        return Resolver(self.articles)

    @cached_property
    def hashes(self) -> list[str]:
        """The content hash of each article."""
        return [content_hash(article) for article in self.articles]

    @cached_property
    def missing(self) -> dict[str, list[Article]]:
        """System -> the articles that a build still has to encode: all of them where the index cannot be read."""
        return {name: self._missing(name) for name in self.owners}

    def _missing(self, name: str) -> list[Article]:
        from workbench.index.reading import digests_with_vectors

        try:
            encoded = digests_with_vectors(self.uri, self.encoders[name], self.dims[name][0])
        except (IndexFault, StorageFault):  # which the check of the index reports
            encoded = set()
        pairs = zip(self.articles, self.hashes, strict=True)
        return [article for article, digest in pairs if digest not in encoded]

    def texts(self, name: str, articles: Sequence[Article]) -> list[str]:
        """What a system's model is given of `articles`."""
        template = self.pair.dense[name].document_template
        return [format_document(article, template) for article in articles]
