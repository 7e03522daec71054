"""STARD's queries.json: one JSON array of lay questions with the statutes that answer them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.query_sets.formats.rows import citation_or_name, query_of, unique_queries
from workbench.query_sets.formats.texts import first_keys, json_value, lines_of

TEXT, STATUTES, NAMES = "问题", "相关法规", "match_name"
_VALUE = re.compile(r"[^\s,]")


def fits(path: Path) -> bool:
    return path.suffix.lower() == ".json" and TEXT in first_keys(path)


def read(path: Path) -> list[Query]:
    """Queries whose citations are those of `match_name`, else the keys of 相关法规."""
    name = str(path)
    text = lines_of(path.read_bytes(), name).read()
    queries = ((line, _query(row, f"{name}:{line}")) for line, row in _objects(text, name))
    return unique_queries(queries, name, remedy=f'write objects with "query_id", "{TEXT}" and "{NAMES}"')


def _query(row: Any, at: str) -> Query:
    if not isinstance(row, dict) or not {"query_id", TEXT} <= set(row):
        raise QueryError(at, f"lacks query_id or {TEXT}", remedy="add them")
    query = query_of({"query_id": str(row["query_id"]), "text": row[TEXT]}, at)
    statutes = row.get(NAMES) or list(row.get(STATUTES) or ())
    if not isinstance(statutes, list) or not all(isinstance(statute, str) for statute in statutes):
        raise QueryError(
            at, f"{NAMES} is no list of citations", wanted='["民法典第五十四条", …]', remedy="mend it"
        )
    return replace(query, relevant=tuple(map(citation_or_name, statutes)))


def _objects(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """The values of an array, each with the line it begins in."""
    values = json_value(text, name, remedy="write one JSON array")
    if not isinstance(values, list):
        raise QueryError(name, "is no JSON array", remedy="write one JSON array of objects")
    decoder = json.JSONDecoder()
    line = 1
    counted = 0  # characters of which the line ends are in `line`
    end = text.index("[") + 1
    for value in values:
        begin = next(_VALUE.finditer(text, end)).start()
        line += text.count("\n", counted, begin)
        counted = begin
        yield line, value
        _, end = decoder.raw_decode(text, begin)
