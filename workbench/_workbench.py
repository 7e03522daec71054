"""Bringing an index, and the demo with its models, up to date: a plain line and a progress bar for each stage."""

import os
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from workbench.cli.progress import Bars
from workbench.core.documents import content_hash
from workbench.core.domain import Scope
from workbench.core.errors import CorpusError, HubError, IndexFault, QueryError
from workbench.core.settings import DEMO_MODELS, Pair, Source
from workbench.corpora import SOURCES, SourceReport, read_corpus
from workbench.corpora.citations import Resolver
from workbench.corpora.subset import Subset
from workbench.encoders import Encoder, QueryVectors, encoders_for
from workbench.index import (
    Index,
    PrecomputedVectors,
    adopt_query_vectors,
    build,
    build_ann,
    write_query_vectors,
    write_training,
)
from workbench.query_sets.contamination import TrainingQuery, learnt, training_queries
from workbench.query_sets.formats import read_queries, set_of, training_set
from workbench.query_sets.query_set import QuerySet, resolve_qrels

if TYPE_CHECKING:  # a start that has nothing to build need not wait for its libraries
    from workbench.evaluation.cached_rankings import CachedRankings

Say = Callable[[str], None]
EVERYTHING = Subset()


def query_vectors(home: Path) -> QueryVectors:
    """The vectors of known queries, in the home folder."""
    return QueryVectors(home / "query_vectors.sqlite")


def cached_rankings(home: Path) -> "CachedRankings":
    """The rankings of known query sets, in the home folder."""
    from workbench.evaluation.cached_rankings import CachedRankings

    return CachedRankings(home / "rankings")


def open_index(pair: Pair, home: Path, encoders: Mapping[str, Encoder], *, cache_bytes: int = 0) -> Index:
    """The index of a pair, held against it; vectors of known queries that came along are taken to those of this machine."""
    index = Index(pair.index_uri(home), cache_bytes=cache_bytes).check_fits(pair, encoders)
    for name, encoder in encoders.items():
        encoder.pin_revision(index.builds[index.column_of(name, max(pair.dims))]["weights"])
    adopt_query_vectors(index.uri, encoders, query_vectors(home))
    return index


def build_index(
    pair: Pair,
    home: Path,
    say: Say,
    ann: str | None = None,
    *,
    only: Pair | None = None,
    choice: Subset = EVERYTHING,
) -> None:
    """Encodes what is new or changed, replaces the index, and measures the pair's own query sets.

    `ann`: the kind of ANN index for every column, or none; where not given, what the index had. `only`: the pair select
    to the systems and dimensions to build. `choice`: the part of the corpus to index.
    """
    from workbench.evaluation.costs import (
        costs_file,  # here: a start that has nothing to build need not wait for its libraries
    )

    began, only = perf_counter(), only or pair
    corpus = read_corpus(pair.corpus.sources, home)
    if len(corpus.counts) > 1 or any(report.found for report in corpus.reports.values()):
        for line in corpus.lines():
            say(line)
    articles = choice.select(corpus.articles)
    local = sum(article.scope is Scope.LOCAL for article in articles)
    say(
        f"Corpus: {len(articles):,} articles, {len(articles) - local:,} national and {local:,} local ({perf_counter() - began:.0f} s)"
    )
    encoders = encoders_for(pair, home)
    kind = ann or _ann_kind(pair.index_uri(home))
    with Bars(
        {name: f"Encoding, {system.label}" for name, system in pair.systems.items()}, "articles"
    ) as bars:
        offers = {
            source.vectors: partial(_offered, source.at_home(home))
            for source in pair.corpus.sources
            if source.vectors in only.systems
        }
        report = build(
            pair.index_uri(home),
            articles,
            pair,
            encoders,
            bars.show,
            only=only,
            chosen=choice.record,
            offers=offers,
        )
    for note in report.notes:
        say(note)
    with Bars({"ann": f"ANN index {kind}"}, "columns") as bars:
        shown = lambda _, done, total: bars.show("ann", done, total) if kind != "none" else None  # noqa: E731 (three arguments to two)
        build_ann(pair.index_uri(home), kind, shown)
    if ann:  # what its searches cost has changed
        costs_file(home, Index(pair.index_uri(home)).build_id).unlink(missing_ok=True)
    encoded = ", ".join(f"{pair.systems[name].label} {count:,}" for name, count in report.encoded.items())
    state = "written" if report.replaced else "already up to date"
    say(f"Index: {report.rows:,} rows {state}; encoded now: {encoded} ({perf_counter() - began:.0f} s)")

    resolver = Resolver(articles if pair.queries or pair.training else ())
    _keep_training(pair, home, resolver, say)
    if Index(pair.index_uri(home)).differences(pair, encoders):
        return say("Other systems or dimensions of the pair are still to be built.")
    built = open_index(pair, home, encoders)
    sets = [resolve_qrels(set_of(path), read_queries(path), resolver) for path in pair.queries]
    texts = list(dict.fromkeys(query.text for query_set in sets for query in query_set.judged))
    if texts:
        for encoder in encoders.values():  # one model in memory at a time
            query_vectors(home).encode(encoder, texts)
            encoder.release()
        write_query_vectors(built.uri, texts, encoders, query_vectors(home))
    for query_set in sets:
        _measure(pair, home, query_set, built, encoders, say)
    return None


def _offered(source: Source) -> PrecomputedVectors:
    """The vectors that a source brings along, for the articles as it has them."""
    keys = {
        content_hash(article): article.source_id for article in SOURCES[source.kind](source, SourceReport())
    }
    folder = Path(source.path) if Path(source.path).is_dir() else Path(source.path).parent
    return PrecomputedVectors(str(folder / "law_db.lancedb"), "laws_vectors", "chunk_id", keys)


def _keep_training(pair: Pair, home: Path, resolver: Resolver, say: Say) -> None:
    """Puts what the systems were trained on beside the articles, so that query sets can be marked for leakage anywhere."""
    found: list[TrainingQuery] = []
    for source in (source.at_home(home) for source in pair.training):
        try:
            found += training_queries(training_set(source), resolver)
        except (
            HubError,
            CorpusError,
            QueryError,
        ) as fault:  # it is for marks only: an index without them is an index
            return say(f"Training queries are not known, so that leakage is not marked: {fault}")
    if pair.training:
        write_training(pair.index_uri(home), found)
        say(f"Training queries: {len(found):,}, with {len(learnt(found)):,} articles of this corpus")
    return None


def _measure(
    pair: Pair, home: Path, query_set: QuerySet, index: Index, encoders: Mapping[str, Encoder], say: Say
) -> None:
    """Says what a query set measures, and keeps what its searches cost; afterwards its vectors are known, and the
    loops of the sweep compiled.
    """
    from workbench.evaluation.costs import keep_costs, read_costs
    from workbench.evaluation.experiment import run_experiment

    if not query_set.judged:
        return say(f"{query_set.name}: none of its queries resolves in this corpus")
    width, kept = max(pair.dims), cached_rankings(home)
    measured = run_experiment(
        query_set,
        index=index,
        encoders=encoders,
        vectors=query_vectors(home),
        dims=pair.dims,
        width=width,
        kept=kept,
    )
    means = ", ".join(
        f"{pair.systems[name].label} {by_dim[width].means['RR@10']:.3f}"
        for name, by_dim in measured.evaluations.items()
    )
    if not read_costs(home, index.build_id):
        keep_costs(measured, home, index=index, encoders=encoders, vectors=query_vectors(home))
    return say(
        f"{query_set.name}: MRR@10 over {len(query_set.judged)} queries at {width} dimensions: {means}"
    )


def _ann_kind(uri: str) -> str:
    """The kind of ANN index that the index at `uri` has, or none."""
    try:
        opened = Index(uri)
    except IndexFault:  # nothing is there yet
        return "none"
    return next((found["kind"] for column in opened.builds if (found := opened.ann(column))), "none")


def build_demo(pair: Pair, home: Path, say: Say) -> None:
    """What is missing of the demo, or was made from other sources than today's; quick where nothing is."""
    trained, built = (
        _Stamp(home / "models" / "made-from", _training_sources()),
        _Stamp(home / "demo-made-from", _all_sources(pair)),
    )
    if built.fits and all((home / "models" / name / "modules.json").is_file() for name in DEMO_MODELS):
        return
    say(f"Building the demo in {home}. This takes about two minutes, once.")
    if not trained.fits:
        for name in DEMO_MODELS:
            shutil.rmtree(home / "models" / name, ignore_errors=True)
        trained.set()
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # before torch loads: waiting threads must not slow a busy machine's others
    from workbench.training.demo import train_demo_pair

    train_demo_pair(pair, home, say)
    build_index(pair, home, say)
    built.set()


def _training_sources() -> list[Path]:
    package = Path(str(files("workbench")))
    corpus = [
        package / "corpora" / "sources" / name for name in ("china_law.py", "synthetic.py", "synthetic.toml")
    ]
    return [
        *sorted((package / "training").glob("*.py")),
        *corpus,
        package / ".." / "sample_queries" / "train.jsonl",
    ]


def _all_sources(pair: Pair) -> list[Path]:
    return [*_training_sources(), Path(pair.file), *(Path(path) for path in pair.queries)]


class _Stamp:
    """A file that says from which sources something was made."""

    def __init__(self, file: Path, sources: list[Path]) -> None:
        self._file = file
        self._state = sha256(b"".join(sha256(source.read_bytes()).digest() for source in sources)).hexdigest()

    @property
    def fits(self) -> bool:
        return self._file.is_file() and self._file.read_text() == self._state

    def set(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(self._state)
