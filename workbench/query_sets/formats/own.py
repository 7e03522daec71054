"""The workbench's own format: one JSON object a line, or CSV with a header row (sample_queries/README.md describes both)."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.query_sets.formats.rows import KNOWN, query_of, unique_queries
from workbench.query_sets.formats.texts import json_value, lines_of

_BETWEEN_CITATIONS = re.compile("[;；\r\n]")


def fits(path: Path) -> bool:
    """A file that has no other format is read as this one, which then says what is wrong with it."""
    return not path.is_dir()


def read(path: Path) -> list[Query]:
    return parse_queries(path.read_bytes(), str(path))


def parse_queries(content: bytes, name: str, *, most: int | None = None) -> list[Query]:
    """Queries of the `content` of a file called `name`; more than `most` are refused before the rest is read.

    JSON lines, or CSV where `name` ends in .csv: a header row with `text`, `relevant` (citations, with ; or a line break
    between them) and, as you like, `query_id`, `topic`, `style`.
    """
    lines = lines_of(content, name)
    read_rows = _csv_rows if name.lower().endswith(".csv") else _json_rows
    rows = _limited(read_rows(lines, name), content, name, most)
    queries = ((number, query_of(row, f"{name}:{number}")) for number, row in rows)
    return unique_queries(
        queries, name, remedy="write one JSON object a line, or a CSV file with a header row"
    )


def query_line(query: Query) -> str:
    """`query` as one line of JSON, as `parse_queries` reads it; what is empty is left out.

    >>> print(query_line(Query("a", "谁看灯塔", (Citation("灯塔法", "第一条"),))))
    {"query_id": "a", "text": "谁看灯塔", "relevant": [{"law": "灯塔法", "article": "第一条"}]}
    >>> print(query_line(Query("b", "谁看灯塔", (Citation(doc_id="灯塔法#第一条", relevance=2),))))
    {"query_id": "b", "text": "谁看灯塔", "relevant": [{"doc_id": "灯塔法#第一条", "relevance": 2}]}
    """
    row = asdict(query) | {"relevant": list(map(_citation_row, query.relevant))}
    return json.dumps({key: value for key, value in row.items() if value}, ensure_ascii=False)


def _citation_row(citation: Citation) -> dict[str, Any]:
    row: dict[str, Any] = {"doc_id": citation.doc_id}
    if not citation.doc_id:
        row = {"law": citation.law, "article": citation.article}
        if citation.part:
            row["part"] = citation.part
    if citation.relevance != 1:
        row["relevance"] = citation.relevance
    return row


def _limited(
    rows: Iterable[tuple[int, Any]], content: bytes, name: str, most: int | None
) -> Iterator[tuple[int, Any]]:
    for count, row in enumerate(rows):
        if count == most:
            found = f"holds {sum(1 for line in content.splitlines() if line.strip()):,} lines"
            raise QueryError(
                name,
                found,
                wanted=f"{most:,} queries at most",
                remedy="split it, or measure it with `workbench evaluate --queries`",
            )
        yield row


def _json_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, json_value(line, f"{name}:{number}")


def _csv_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, Any]]:
    """Rows in the shape of the JSON objects, each with the line it begins in."""
    header: list[str] = []
    for count, (number, cells) in enumerate(_cells(lines, name)):
        if not header:
            header = _header(cells, f"{name}:{number}")
            continue
        if len(cells) != len(header):
            remedy = "put a cell with a comma in quotes"
            raise QueryError(
                f"{name}:{number}",
                f"has {len(cells)} cells",
                wanted=f"{len(header)}, as the header has",
                remedy=remedy,
            )
        row: dict[str, Any] = dict(zip(header, cells, strict=True))
        citations = map(str.strip, _BETWEEN_CITATIONS.split(row["relevant"]))
        row["relevant"] = [citation for citation in citations if citation]
        yield number, {"query_id": str(count)} | row


def _cells(lines: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as fault:
        raise QueryError(
            f"{name}:{begins}",
            f"is no CSV ({fault})",
            remedy='close every quote, and write "" for a quote within quotes',
        ) from fault


def _header(cells: list[str], at: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    wanted = "text, relevant and, as you like, query_id, topic, style, with commas between them"
    for column in header:
        if column not in KNOWN or header.count(column) > 1:
            found = (
                f'column "{column}" stands there twice' if column in KNOWN else f'unknown column "{column}"'
            )
            raise QueryError(at, found, wanted=wanted, remedy="remove it, or mend its spelling")
    missing = {"text", "relevant"} - set(header)
    if missing:
        raise QueryError(
            at, f'lacks the column "{max(missing)}"', wanted=wanted, remedy="add it to the header row"
        )
    return header
