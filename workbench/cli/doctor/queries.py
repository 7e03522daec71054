"""Whether query sets can be read and name articles of the corpus, and whether training sets can."""

from pathlib import Path

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Findings, State, going_on, note, ok
from workbench.core.settings import Source
from workbench.corpora.citations import Resolver
from workbench.corpora.paths import is_on_hub
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats import read_queries, set_names, training_set
from workbench.query_sets.query_set import resolve_qrels


def check(case: Case) -> Findings:
    resolver = case.resolver if case.articles else None
    for name, path in set_names(case.pair.queries).items():
        yield from going_on("queries", _query_set(path, name, resolver))
    for source in case.pair.training:
        yield from going_on("training", _training(source.at_home(case.home), case.quick), State.NOTE)


def _query_set(path: str, name: str, resolver: Resolver | None) -> Findings:
    report = SourceReport()
    queries = read_queries(path, report)
    for said in report.said():
        yield ok("queries", said)
    if resolver is None:
        yield ok("queries", f"{name}: {len(queries):,} queries")
        return
    query_set = resolve_qrels(name, queries, resolver)
    judged, unresolved = len(query_set.judged), query_set.unresolved
    found = f"{name}: {judged:,} of {len(queries):,} queries name an article of this corpus"
    if not unresolved:
        yield ok("queries", found)
        return
    first = unresolved[0]
    citations = f"{len(unresolved):,} citation{'s' * (len(unresolved) > 1)}"
    example = f"{first.query_id}: {first.citation}: {first.reason}"
    yield note("queries", found, f"mend or leave out {citations} that name none; the first: {example}")


def _training(source: Source, quick: bool) -> Findings:
    if quick and is_on_hub(source):
        yield ok("training", f"{source.path}: not asked for (--quick)")
        return
    count = len(training_set(source))
    yield ok("training", f"{Path(source.path).name}: {count:,} queries, to mark what a test gives away")
