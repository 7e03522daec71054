"""Articles of a table: JSON lines, CSV, an Excel workbook or Parquet, one row an article."""

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from workbench.core.domain import Article
from workbench.core.errors import CorpusError
from workbench.core.settings import settings_record
from workbench.corpora.chosen_versions import VersionedSource, of_versions
from workbench.corpora.fields import FIELDS, REQUIRED, article_of
from workbench.corpora.paths import source_path
from workbench.corpora.report import SourceReport
from workbench.corpora.rows import files_of, rows_of


@settings_record
class Settings(VersionedSource):
    """`columns`: field of `Article` -> column."""

    kind: Literal["jsonl", "csv", "tsv", "xlsx", "parquet"]
    columns: dict[str, str] = field(default_factory=dict)


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Articles of the file `source.path`, or of all files of `source.kind` in that folder.

    `source.columns`: field of `Article` -> column; a field that is not named there has a column of its own name. Rows
    need law, article and text. Of several versions of a law, told by `published`, those that `source.versions` says.
    """
    yield from of_versions(_articles(source, report), source.versions, report)


def _articles(source: Settings, report: SourceReport) -> Iterator[Article]:
    if unknown := set(source.columns) - set(FIELDS):
        raise CorpusError(
            f"columns of {source.path}",
            f'"{min(unknown)}" is no field of an article',
            wanted=", ".join(FIELDS),
            remedy="mend its spelling",
        )
    columns = {field: field for field in FIELDS} | source.columns
    header: list[str] = []  # the columns of the first row
    any_article = False
    path = source_path(source, f".{source.kind}", f".{source.kind}.gz")
    for file in files_of(path, source.kind):
        for where, row in rows_of(file, source.kind, report):
            if not header:
                header = list(row)
                columns = _in_any_case(columns, header)
                if source.kind != "jsonl":  # where each row may have keys of its own
                    _check(source, columns, (*REQUIRED, *source.columns), header)
            if article := article_of(
                {field: row.get(column) for field, column in columns.items()},
                where,
                source=source,
                report=report,
            ):
                any_article = True
                yield article
    if header and not any_article:
        _check(source, columns, REQUIRED, header)


def _in_any_case(columns: dict[str, str], header: list[str]) -> dict[str, str]:
    """`columns` as the header writes them."""
    written = {name.lower(): name for name in reversed(header)}
    return {
        field: column if column in header else written.get(column.lower(), column)
        for field, column in columns.items()
    }


def _check(source: Settings, columns: dict[str, str], fields: tuple[str, ...], header: list[str]) -> None:
    for name in fields:
        if columns[name] not in header:
            free = [column for column in header if column not in columns.values()] or ["…"]
            remedy = f'say in the pair file which it is, e.g. columns = {{ {name} = "{free[0]}" }}'
            raise CorpusError(
                source.path,
                f'lacks the column "{columns[name]}"',
                wanted=f"one of the columns there are: {', '.join(header)}",
                remedy=remedy,
            )
