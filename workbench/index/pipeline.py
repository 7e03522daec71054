"""The way from a pair's sources to its index: corpus, vector columns, ANN indexes, what training has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from workbench.core.ann import AnnKind
from workbench.core.documents import content_hash
from workbench.core.domain import Article, Scope
from workbench.core.errors import CorpusError, HubError, IndexFault, QueryError
from workbench.core.reporting import Reporter
from workbench.core.settings import Pair, Source
from workbench.corpora import Corpus, SourceReport, read_corpus
from workbench.corpora.citations import Resolver
from workbench.corpora.paths import source_path
from workbench.corpora.report import KEPT
from workbench.corpora.sources import SOURCES
from workbench.corpora.subset import Subset
from workbench.encoders import Encoder
from workbench.index.approximate import build_ann
from workbench.index.building import BuildReport, build
from workbench.index.precomputed import PrecomputedVectors
from workbench.index.reading import Index
from workbench.index.sidecars import write_training
from workbench.query_sets.contamination import TrainingQuery, training_positives, training_queries
from workbench.query_sets.formats import training_set


@dataclass(frozen=True)
class Pipeline:
    """Builds the index of `pair` in the home folder, and tells `reporter` of each stage."""

    pair: Pair
    home: Path
    encoders: Mapping[str, Encoder]
    reporter: Reporter
    skip_failed: bool = False

    @property
    def uri(self) -> str:
        return self.pair.index_uri(self.home)

    def run(self, only: Pair, subset: Subset, ann: str | None) -> tuple[BuildReport, list[Article]]:
        """Brings the index up to date; what was done, and the articles that it now holds.

        `only`: the pair with the systems and dimensions to build; `subset`: the part of the corpus to index; `ann`: the
        kind of approximate index, by default what the index had.
        """
        began = perf_counter()
        articles = self._read_corpus(subset, began)
        kind = ann or self._ann_kind()
        report = self._build_columns(articles, only, subset)
        self._build_ann(kind)
        counts = ", ".join(f"{self.pair.systems[name].label} {n:,}" for name, n in report.encoded.items())
        state = "written" if report.replaced else "already up to date"
        took = f"({perf_counter() - began:.0f} s)"
        encoded = f"; encoded now: {counts}" if counts else ""
        self.reporter.say(f"Index: {report.rows:,} rows {state}{encoded} {took}")
        if report.skipped:
            first, why = next(iter(report.skipped.items()))
            said = f"Left out of the index, for all systems: {len(report.skipped):,} articles without a vector, first {first} ({why})"
            self.reporter.say(said)
        return report, [article for article in articles if article.doc_id not in report.skipped]

    def add_training(self, resolver: Resolver) -> None:
        """Puts what the systems were trained on beside the articles, so that query sets can be marked anywhere."""
        queries: list[TrainingQuery] = []
        for source in self.pair.training:
            try:
                queries += training_queries(training_set(source.at_home(self.home)), resolver)
            except (
                HubError,
                CorpusError,
                QueryError,
            ) as fault:  # for marks only: the index is one without them
                unmarked = "Training queries are not known, so that contaminated queries are not marked"
                self.reporter.say(f"{unmarked}: {fault}")
                return
        if self.pair.training:
            write_training(self.uri, queries)
            count = len(training_positives(queries))
            self.reporter.say(f"Training queries: {len(queries):,}, with {count:,} articles of this corpus")

    def _read_corpus(self, subset: Subset, began: float) -> list[Article]:
        corpus = read_corpus(self.pair.corpus.sources, self.home)
        if len(corpus.counts) > 1 or any(report.sentences for report in corpus.reports.values()):
            for line in corpus.lines():
                self.reporter.say(line)
        if any(report.has_more for report in corpus.reports.values()):
            self.reporter.say(f"All of it stands in {self._write_whole(corpus)}")
        articles = list(subset.select(corpus.articles))
        local = sum(article.scope is Scope.LOCAL for article in articles)
        counts = f"{len(articles):,} articles, {len(articles) - local:,} national and {local:,} local"
        self.reporter.say(f"Corpus: {counts} ({perf_counter() - began:.0f} s)")
        return articles

    def _write_whole(self, corpus: Corpus) -> Path:
        """Writes what the sources skipped and noted into a file of the home folder: more than a terminal shows."""
        path = self.home / "sources" / f"{self.pair.slug}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(corpus.lines(KEPT)) + "\n", encoding="utf-8")
        return path

    def _build_columns(self, articles: list[Article], only: Pair, subset: Subset) -> BuildReport:
        stages = {name: f"Encoding, {system.label}" for name, system in self.pair.systems.items()}

        def progress(name: str, done: int, total: int) -> None:
            self.reporter.progress(stages[name], done, total, unit="articles")

        sources = [source for source in self.pair.corpus.sources if source.vectors_of in only.systems]
        offers = {source.vectors_of: partial(_precomputed, source.at_home(self.home)) for source in sources}
        report = build(
            self.uri,
            articles,
            self.pair,
            self.encoders,
            progress,
            only=only,
            subset=subset.record,
            offers=offers,
            skip_failed=self.skip_failed,
        )
        for note in report.notes:
            self.reporter.say(note)
        return report

    def _build_ann(self, kind: str) -> None:
        def progress(_: str, done: int, total: int) -> None:
            if kind != AnnKind.NONE:
                self.reporter.progress(f"ANN index {kind}", done, total, unit="columns")

        build_ann(self.uri, kind, progress)

    def _ann_kind(self) -> str:
        """The kind of ANN index that the index has, or none."""
        try:
            index = Index(self.uri, pair=self.pair.typed)
        except IndexFault:  # nothing is there yet
            return AnnKind.NONE
        kinds = [recorded["kind"] for recorded in map(index.ann, index.vector_columns) if recorded]
        return kinds[0] if kinds else AnnKind.NONE


def _precomputed(source: Source) -> PrecomputedVectors:
    """The vectors that a source brings along, for the articles as it has them."""
    articles = SOURCES[source.kind].read(source, SourceReport())
    keys = {content_hash(article): article.source_id for article in articles}
    path = source_path(source)
    folder = path if path.is_dir() else path.parent
    return PrecomputedVectors(str(folder / "law_db.lancedb"), "laws_vectors", "chunk_id", keys)
