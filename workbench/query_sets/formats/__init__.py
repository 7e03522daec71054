"""Formats of query sets: one module a format, each with `fits(path)` and `read(path) -> list[Query]`."""

from pathlib import Path
from typing import Literal, Protocol

from workbench.core import hub
from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.core.settings import Source, settings_record
from workbench.corpora import SourceReport
from workbench.corpora.paths import is_on_hub, source_path
from workbench.corpora.sources.triplets import Settings as TripletSettings
from workbench.query_sets.formats import beir, own, stard, trec, triplets
from workbench.query_sets.formats.own import parse_queries, query_line

__all__ = ["FORMATS", "TRAINING", "parse_queries", "query_line", "read_queries", "set_of", "training_set"]


class Format(Protocol):
    """What a module of this package offers."""

    def fits(self, path: Path) -> bool: ...
    def read(self, path: Path) -> list[Query]: ...


FORMATS: dict[str, Format] = {
    "BEIR": beir,
    "TREC": trec,
    "STARD": stard,
    "triplets": triplets,
    "JSON lines or CSV": own,
}


def read_queries(path: str | Path) -> list[Query]:
    """Queries of a file, a folder or a hub's data set, in its order, read as the first of FORMATS that fits; a QueryError names file and line."""
    path = hub.fetch_data_set(str(path)) if hub.is_prefixed(str(path)) else Path(path)
    try:
        for form in FORMATS.values():
            if form.fits(path):
                return form.read(path)
    except OSError as fault:
        raise QueryError(
            str(fault.filename or path),
            f"cannot be read ({fault.strerror})",
            remedy="give a file or folder of queries",
        ) from fault
    wanted = "queries.jsonl with qrels/ (BEIR), or a file qrels… with topics… or queries… (TREC)"
    raise QueryError(
        str(path), "is a folder without a query set", wanted=wanted, remedy="give such a folder, or a file"
    )


def set_of(path: str | Path) -> str:
    """What a query set is called by its file or folder; where its file has the same name in every set, by its folder.

    >>> [set_of(path) for path in ("sets/queries.jsonl", "stard/queries.json", "fiqa/qrels/dev.tsv", "trec/qrels.dev.tsv", "org/triplets")]
    ['queries', 'stard', 'fiqa dev', 'trec dev', 'triplets']
    """
    path = Path(path)
    stem, _, split = path.stem.partition(".")
    if path.parent.name == "qrels":
        return f"{path.parent.parent.name} {path.stem}"
    if stem in ("queries", "qrels", "topics") and path.suffix not in (".jsonl", ".csv"):
        return f"{path.parent.name} {split}".strip()
    return path.stem


@settings_record
class QuerySettings(Source):
    """A query set of any format, as training data."""

    kind: Literal["queries"]


# What `training` in a pair file may name.
TRAINING: tuple[type[Source], ...] = (TripletSettings, QuerySettings)


def training_set(source: Source) -> list[Query]:
    """The queries that a system was trained on, with what they cite: `triplets`, or a query set of any format."""
    if isinstance(source, TripletSettings):
        return triplets.queries_of(source, SourceReport())
    return read_queries(source_path(source) if is_on_hub(source) else source.path)
