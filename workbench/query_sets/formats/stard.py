"""STARD's queries.json: one JSON array of lay questions with the statutes that answer them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats.rows import citations_or_name, query_of, unique_queries
from workbench.query_sets.formats.texts import first_keys, json_rows, text_of

TEXT, STATUTES, NAMES = "问题", "相关法规", "match_name"


def fits(path: Path) -> bool:
    """Whether it is one; other files may have questions under that key as well."""
    keys = first_keys(path) if path.suffix.lower() == ".json" else set()
    return TEXT in keys and not keys.isdisjoint((STATUTES, NAMES))


def read(path: Path, report: SourceReport) -> list[Query]:
    """Queries whose citations are those of `match_name`, else the keys of 相关法规."""
    name = str(path)
    text, encoding = text_of(path.read_bytes(), name)
    report.read_as(path.name, encoding)
    queries = ((line, _query(row, name, line)) for line, row in json_rows(text, name))
    return unique_queries(queries, name, remedy=f'write objects with "query_id", "{TEXT}" and "{NAMES}"')


def _query(row: Any, name: str, line: int) -> Query:
    at = f"{name}:{line}"
    if not isinstance(row, dict) or not {"query_id", TEXT} <= set(row):
        raise QueryError(at, f"lacks query_id or {TEXT}", remedy="add them")
    query = query_of({"query_id": row["query_id"], "text": row[TEXT]}, name, line)
    statutes = row.get(NAMES) or row.get(STATUTES) or []
    statutes = list(statutes) if isinstance(statutes, dict) else statutes
    if not isinstance(statutes, list) or not all(isinstance(statute, str) for statute in statutes):
        raise QueryError(
            at, f"{NAMES} is no list of citations", wanted='["民法典第五十四条", …]', remedy="mend it"
        )
    citations = (citation for statute in statutes for citation in citations_or_name(statute))
    return replace(query, relevant=tuple(dict.fromkeys(citations)))
