"""Whether the sources can be read, what they hold and what they skip."""

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Finding, Findings, note, ok
from workbench.core.domain import Scope
from workbench.corpora import SourceReport


def check(case: Case) -> Findings:
    corpus, failed = case.reading
    yield from failed
    for name in corpus.counts:
        yield _source(corpus.counted(name), corpus.reports[name])
    if corpus.articles:
        total = len(corpus.articles)
        local = sum(article.scope is Scope.LOCAL for article in corpus.articles)
        yield ok("corpus", f"in all {total:,} articles, {total - local:,} national and {local:,} local")


def _source(counted: str, report: SourceReport) -> Finding:
    if not report.skipped:
        return ok("corpus", counted)
    by_kind = report.skipped.most_common()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in by_kind)
    first = report.sentences[by_kind[0][0]][0]
    return note("corpus", f"{counted}; skipped: {kinds}", f"mend them or do without; the first: {first}")
