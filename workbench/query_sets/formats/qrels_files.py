"""Topics in one file and qrels in another, as TREC and BEIR have them, joined to queries."""

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats.columns import collection_roles
from workbench.query_sets.formats.rows import (
    Judgements,
    citation_of,
    id_text,
    placed,
    query_of,
    unique_queries,
    whole_ids,
)
from workbench.query_sets.formats.texts import is_json, json_rows, lines_of, tabbed, text_of
from workbench.query_sets.formats.topics import read_topics

_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")  # before a number
_SHOWN = 3  # of many ids
_ROLES = ("query_id", "doc_id", "relevance")


def join_qrels(topics: Path, qrels: Path, report: SourceReport, *, all_topics: bool) -> list[Query]:
    """The queries of a file of topics with the documents judged relevant (above 0) in a file of qrels, in the topics' order.

    `all_topics`: with the topics that no line judges, and none may be missing; else only what is judged is read, and
    judged queries that are no topic are left out, and said.
    """
    judged: dict[str, list[Citation]] = {}
    lines: dict[str, int] = {}
    for line, query_id, citation in read_qrels(qrels, report):
        judged.setdefault(query_id, []).append(citation)
        lines.setdefault(query_id, line)
    if not judged:
        raise QueryError(str(qrels), "judges no query", remedy="write one judgement a line")
    asked = read_topics(topics, report)
    ids = whole_ids(topic.query_id for topic in asked)
    name = str(topics)
    queries = [
        (line, query_of({"query_id": ids[query_id], "text": text}, name, line))
        for line, query_id, text in asked
        if all_topics or ids[query_id] in judged
    ]
    remedy = "write one query a line: its id, a tab, its text"
    unique = unique_queries(queries, name, remedy=remedy) if queries or all_topics else []
    known = set(ids.values())
    if missing := [query_id for query_id in judged if query_id not in known]:
        _check_missing(missing, known, topics, qrels, lines, all_topics=all_topics)
        report.note(
            qrels.name, f"{_counted(missing)} not in {topics.name}", kind="judged queries without a text"
        )
    return [
        replace(query, relevant=tuple(filter(_is_relevant, judged.get(query.query_id, ()))))
        for query in unique
    ]


def _check_missing(
    missing: list[str],
    topic_ids: Collection[str],
    topics: Path,
    qrels: Path,
    lines: Mapping[str, int],
    *,
    all_topics: bool,
) -> None:
    """Refuses judged queries that are no topic, where all must be there, none is, or only zeros keep them apart."""
    written = {_without_zeros(query_id): query_id for query_id in topic_ids}
    query_id = next((each for each in missing if _without_zeros(each) in written), missing[0])
    at, wanted = f"{qrels}:{lines[query_id]}", f"a query of {topics.name}"
    if other := written.get(_without_zeros(query_id)):
        found = f'judges query "{query_id}", which {topics.name} calls "{other}"'
        raise QueryError(at, found, wanted=wanted, remedy="write the same zeros before the number in both")
    if all_topics or len(missing) == len(lines):
        raise QueryError(at, f'judges query "{query_id}"', wanted=wanted, remedy="add its text there")


def _without_zeros(query_id: str) -> str:
    return _ZEROS.sub("", query_id)


def _counted(query_ids: list[str]) -> str:
    several = len(query_ids) > 1
    shown = ", ".join(query_ids[:_SHOWN]) + (" …" if len(query_ids) > _SHOWN else "")
    return f"{len(query_ids):,} judged {'queries are' if several else 'query is'} left out ({shown}), which {'are' if several else 'is'}"


def _is_relevant(citation: Citation) -> bool:
    return citation.relevance > 0


def read_qrels(path: Path, report: SourceReport) -> list[tuple[int, str, Citation]]:
    """(line, query_id, citation) of every line, whatever its relevance; contradictions are refused.

    TREC's four columns with white space between them; BEIR's three, below a header row or without one; JSON as MTEB has it.
    """
    name = str(path)
    text, encoding = text_of(path.read_bytes(), name)
    said = list[str]()
    rows = list(_json_qrels(text, name) if is_json(text) else _column_qrels(text, name, said))
    report.read_as(path.name, encoding, more="; ".join(said))
    query_ids = whole_ids(query_id for _, query_id, _, _ in rows)
    doc_ids = whole_ids(doc_id for _, _, doc_id, _ in rows)
    judgements = Judgements(name)
    judged = []
    for line, written, doc_id, relevance in rows:
        query_id = query_ids[written]
        with placed(f"{name}:{line}"):
            citation = citation_of({"doc_id": doc_ids[doc_id], "relevance": relevance})
            if judgements.is_new(line, query_id, citation):
                judged.append((line, query_id, citation))
    return judged


def _json_qrels(text: str, name: str) -> Iterator[tuple[int, str, str, Any]]:
    for line, row in json_rows(text, name):
        roles = collection_roles(row) if isinstance(row, dict) else {}
        if not {"query_id", "doc_id"} <= roles.keys():
            wanted = '{"query-id": "…", "corpus-id": "…", "score": 1}'
            raise QueryError(
                f"{name}:{line}", "lacks query-id or corpus-id", wanted=wanted, remedy="add them"
            )
        relevance = row[roles["relevance"]] if "relevance" in roles else 1
        yield line, id_text(row[roles["query_id"]]), id_text(row[roles["doc_id"]]), relevance


@dataclass(frozen=True)
class _Columns:
    """How a line of qrels is cut, how many cells it has, and which are query, document and relevance."""

    cut: Callable[[str], list[str]]
    count: int
    wanted: str
    places: tuple[int, ...]


def _with_commas(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error:
        return [line]


_TREC = _Columns(str.split, 4, "query id, 0, document id, relevance", (0, 2, 3))
_CUTS: dict[str, Callable[[str], list[str]]] = {
    "tabs": tabbed,
    "commas": _with_commas,
    "white space": str.split,
}


def _column_qrels(text: str, name: str, said: list[str]) -> Iterator[tuple[int, str, str, str]]:
    columns: _Columns | None = None
    for line, row in lines_of(text):
        if columns is None:
            if columns := _headed(row):
                continue
            columns = _headless(row, said)
        cells = columns.cut(row)
        if len(cells) != columns.count:
            found = f"has {len(cells)} columns"
            raise QueryError(f"{name}:{line}", found, wanted=columns.wanted, remedy="mend that line")
        query_id, doc_id, *relevance = (cells[place] for place in columns.places)
        yield line, query_id, doc_id, relevance[0] if relevance else "1"


def _headed(row: str) -> _Columns | None:
    """The columns that a header row names."""
    for between, cut in _CUTS.items():
        cells = cut(row)
        roles = collection_roles(cells)
        if {"query_id", "doc_id"} <= roles.keys():
            places = tuple(cells.index(roles[role]) for role in _ROLES if role in roles)
            wanted = f"{', '.join(cells[:-1])} and {cells[-1]} with {between} between them"
            return _Columns(cut, len(cells), wanted, places)
    return None


def _headless(row: str, said: list[str]) -> _Columns:
    """TREC's four columns, or BEIR's three without their header row."""
    if len(row.split()) != _TREC.count:
        for between, cut in _CUTS.items():
            if len(cut(row)) == len(_ROLES):
                said.append(f"no header row: {between} between query, document and grade")
                wanted = f"query-id, corpus-id and score with {between} between them"
                return _Columns(cut, len(_ROLES), wanted, (0, 1, 2))
            if len(cut(row)) == _TREC.count:
                return replace(_TREC, cut=cut)
    return _TREC
