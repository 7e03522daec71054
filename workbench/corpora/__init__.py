"""Where articles come from: sources of many kinds, read and merged into one corpus."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.core.errors import CorpusError
from workbench.core.settings import Source
from workbench.corpora.merging import Corpus, Merger
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import SOURCES

__all__ = ["SOURCES", "Corpus", "SourceReport", "read_corpus"]


def read_corpus(sources: Iterable[Source], home: Path) -> Corpus:
    """All articles of `sources`; of two that are the same article the earlier source's counts. `home`: where `home:` paths are."""
    merger = Merger()
    counts: dict[str, int] = {}
    merged: dict[str, int] = {}
    reports: dict[str, SourceReport] = {}
    for source in sources:
        if source.kind not in SOURCES:
            raise CorpusError(
                "corpus", f'no source is of kind "{source.kind}"', remedy=f"use one of: {', '.join(SOURCES)}"
            )
        name = _name(source, reports)
        reports[name] = SourceReport()
        read = SOURCES[source.kind].read(source.at_home(home), reports[name])
        counts[name], merged[name] = merger.add(read, reports[name])
    articles = merger.articles()
    if not articles:
        first_examples = [report.examples[0] for report in reports.values() if report.examples]
        why = "".join(f"; {example}" for example in first_examples)
        remedy = "check the paths in the pair file"
        if any(report.skipped for report in reports.values()):
            remedy = "mend that, or the paths and kinds in the pair file"
        raise CorpusError("corpus", f"its sources hold no article{why}", remedy=remedy)
    return Corpus(articles, merged, reports, counts)


def _name(source: Source, taken: Mapping[str, SourceReport]) -> str:
    """Kind and last part of the path, with a number where another source is called so too."""
    name = f"{source.kind} {Path(source.path).name}".strip()
    number = 1 + sum(earlier == name or earlier.startswith(f"{name} (") for earlier in taken)
    return name if number == 1 else f"{name} ({number})"
