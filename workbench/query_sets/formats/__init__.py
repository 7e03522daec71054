"""Formats of query sets: one module a format, each with `fits(path)` and `read(path, report) -> list[Query]`."""

from collections import Counter
from collections.abc import Iterable
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
from workbench.query_sets.query_set import MAX_CHARACTERS

__all__ = [
    "FORMATS",
    "TRAINING",
    "parse_queries",
    "query_line",
    "read_queries",
    "set_names",
    "set_of",
    "training_set",
]


class Format(Protocol):
    """What a module of this package offers."""

    def fits(self, path: Path) -> bool: ...
    def read(self, path: Path, report: SourceReport) -> list[Query]: ...


FORMATS: dict[str, Format] = {
    "BEIR": beir,
    "TREC": trec,
    "STARD": stard,
    "triplets": triplets,
    "JSON or a table": own,
}


def read_queries(path: str | Path, report: SourceReport | None = None) -> list[Query]:
    """Queries of a file, a folder or a hub's data set, in its order, read as the first of FORMATS that fits.

    `report` takes what was taken for granted, or left out; a QueryError names file and line of what cannot be read.
    """
    path = hub.fetch_data_set(str(path)) if hub.is_prefixed(str(path)) else Path(path)
    report = report or SourceReport()
    try:
        for form in FORMATS.values():
            if form.fits(path):
                queries = form.read(path, report)
                _note_long(queries, path, report)
                return queries
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


def _note_long(queries: Iterable[Query], path: Path, report: SourceReport) -> None:
    if long := sum(len(query.text) > MAX_CHARACTERS for query in queries):
        several = "questions have" if long > 1 else "question has"
        found = (
            f"{long:,} {several} more than {MAX_CHARACTERS:,} characters; a model cuts what it cannot take"
        )
        report.note(path.name, found, kind="long questions")


def set_of(path: str | Path) -> str:
    """What a query set is called by its file or folder; where its file has the same name in every set, by its folder.

    >>> [set_of(path) for path in ("sets/queries.jsonl", "stard/queries.json", "fiqa/qrels/dev.tsv", "trec/qrels.dev.tsv", "org/triplets")]
    ['queries', 'stard', 'fiqa dev', 'trec dev', 'triplets']
    """
    path = Path(str(path).removesuffix(".gz"))
    stem, _, split = path.stem.partition(".")
    if path.parent.name == "qrels":
        return f"{path.parent.parent.name} {path.stem}"
    if stem == "qrels" or (stem in ("queries", "topics") and path.suffix not in (".jsonl", ".csv")):
        return f"{path.parent.name} {split}".strip()
    return path.stem


def set_names(paths: Iterable[str | Path]) -> dict[str, str]:
    """Name -> path of query sets; those of one name have the nearest folder before it that tells them apart, else their paths.

    >>> set_names(["a/test.jsonl", "b/test.jsonl", "b/dev.jsonl"])
    {'a test': 'a/test.jsonl', 'b test': 'b/test.jsonl', 'dev': 'b/dev.jsonl'}
    """
    listed = list(dict.fromkeys(map(str, paths)))
    alike: dict[str, list[str]] = {}
    for path in listed:
        alike.setdefault(set_of(path), []).append(path)
    names = {path: f"{_telling(path, alike[set_of(path)])} {set_of(path)}".strip() for path in listed}
    counts = Counter(names.values())
    return {names[path] if counts[names[path]] == 1 else path: path for path in listed}


def _telling(path: str, alike: Iterable[str]) -> str:
    """The nearest folder of `path` that no other of `alike` has at its place; nothing where there is no other."""
    folders = [[part.name for part in Path(each).parents] for each in alike if each != path]
    if not folders:
        return ""
    for place, folder in enumerate(part.name for part in Path(path).parents):
        if folder and all(place >= len(other) or other[place] != folder for other in folders):
            return folder
    return ""


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
