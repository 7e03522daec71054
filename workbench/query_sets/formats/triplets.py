"""Training triplets as a query set: anchors are the queries, the articles that their positives are answer them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.corpora.rows import FORMATS, kind_of
from workbench.corpora.sources.triplets import NAMES, Settings, cited_in, read_triplets
from workbench.query_sets.formats.rows import citations_or_name
from workbench.query_sets.formats.texts import first_keys, of_a_table
from workbench.query_sets.query_set import query_text

_ONLY_HERE = {".parquet"}


def fits(path: Path) -> bool:
    """A file with a column of positives, a folder of such files, or the name of a hub's data set."""
    if path.is_dir():
        return any(fits(file) for file in path.rglob("*") if file.is_file() and kind_of(file) in FORMATS)
    if path.is_file():
        return path.suffix.lower() in _ONLY_HERE or any(
            key.rstrip("_0123456789") in NAMES["positives"] for key in first_keys(path)
        )
    return (
        len(path.parts) == 2
        and not path.is_absolute()
        and not path.parent.is_dir()
        and path.suffix[1:] not in (*FORMATS, "txt", "gz")
    )


def read(path: Path, report: SourceReport) -> list[Query]:
    with of_a_table():
        queries = queries_of(Settings(kind="triplets", path=str(path)), report)
    if not queries:
        raise QueryError(str(path), "holds no query that can be asked", remedy="shorten its queries")
    return queries


def queries_of(source: Settings, report: SourceReport) -> list[Query]:
    """The anchors of `source` with what their positives cite, numbered in their order; equal anchors are one query.

    A positive that names no article becomes a citation that resolves to nothing. Rows that cannot be used are skipped.
    """
    asked: dict[str, dict[Citation, None]] = {}
    for triplet in read_triplets(source, report):
        try:
            text = query_text(triplet.query, most=None)
        except QueryError as fault:
            report.skip(triplet.where, f"the query {fault.found}", kind="queries that cannot be asked")
        else:
            asked.setdefault(text, {}).update(dict.fromkeys(_citations(triplet.positives)))
    return [
        Query(str(number), text, tuple(citations))
        for number, (text, citations) in enumerate(asked.items(), 1)
    ]


def _citations(documents: Iterable[str]) -> Iterator[Citation]:
    for document in documents:
        cited = cited_in(document)
        yield from [cited] if cited else citations_or_name(document)
