"""Topics in one file and qrels in another, as TREC and BEIR have them, joined to queries."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import CitationError, QueryError
from workbench.query_sets.formats.rows import citation_of, query_of, unique_queries
from workbench.query_sets.formats.texts import json_value, lines_of

_BEIR_HEADER = ["query-id", "corpus-id", "score"]
_TOP = re.compile(r"<top>", re.IGNORECASE)
_NUMBER = re.compile(r"<num>\s*+(?:Number:\s*+)?([^<\s]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>\s*+(?:Topic:)?([^<]*)", re.IGNORECASE)


def join_qrels(topics: Path, qrels: Path, *, without_qrels: bool) -> list[Query]:
    """The queries of a file of topics with the documents judged relevant (above 0) in a file of qrels, in the topics' order.

    `without_qrels`: with the topics that have none. A line of qrels about a query that is no topic is refused.
    """
    queries = {query.query_id: query for query in read_topics(topics)}
    judged: dict[str, list[Citation]] = {}
    for line, query_id, citation in read_qrels(qrels):
        if query_id not in queries:
            raise QueryError(
                f"{qrels}:{line}",
                f'judges query "{query_id}"',
                wanted=f"a query of {topics.name}",
                remedy="add its text there",
            )
        judged.setdefault(query_id, []).append(citation)
    if not judged:
        raise QueryError(str(qrels), "judges no query", remedy="write one judgement a line")
    return [
        replace(query, relevant=tuple(filter(_is_relevant, judged.get(query_id, ()))))
        for query_id, query in queries.items()
        if without_qrels or query_id in judged
    ]


def _is_relevant(citation: Citation) -> bool:
    return citation.relevance > 0


def read_topics(path: Path) -> list[Query]:
    """Queries without citations: BEIR's JSON lines, TREC's `<top>`, or an id, a tab and the text a line."""
    name = str(path)
    text = lines_of(path.read_bytes(), name).read()
    topics = (
        (line, query_of({"query_id": query_id, "text": asked}, f"{name}:{line}"))
        for line, query_id, asked in _topic_rows(path, text)
    )
    return unique_queries(topics, name, remedy="write one query a line: its id, a tab, its text")


def _topic_rows(path: Path, text: str) -> Iterator[tuple[int, Any, Any]]:
    """(line, query_id, text) of each topic."""
    if path.suffix.lower() == ".jsonl":
        return _beir_topics(text, str(path))
    if _TOP.search(text):
        return _trec_topics(text, str(path))
    return _tab_topics(text, str(path))


@dataclass(frozen=True)
class _Columns:
    """How a line of qrels is cut, how many cells it has, and which are query, document and relevance."""

    cut: Callable[[str], list[str]]
    count: int
    wanted: str
    places: tuple[int, int, int]


def _tabbed(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")]


_TREC = _Columns(str.split, 4, "query id, 0, document id, relevance", (0, 2, 3))
_BEIR = _Columns(_tabbed, 3, "query-id, corpus-id and score with tabs between them", (0, 1, 2))


def read_qrels(path: Path) -> Iterator[tuple[int, str, Citation]]:
    """(line, query_id, citation) of every line, whatever its relevance.

    TREC's four columns with white space between them; BEIR's three with tabs, below a header row.
    """
    columns = _TREC
    for line, text in _numbered_lines(lines_of(path.read_bytes(), str(path))):
        if line == 1 and text.strip().lower().replace("_", "-").split("\t") == _BEIR_HEADER:
            columns = _BEIR
            continue
        cells = columns.cut(text)
        at = f"{path}:{line}"
        if len(cells) != columns.count:
            found = f"has {len(cells)} columns"
            raise QueryError(at, found, wanted=columns.wanted, remedy="mend that line")
        query_id, doc_id, relevance = (cells[place] for place in columns.places)
        yield line, query_id, _citation(doc_id, relevance, at)


def _citation(doc_id: str, relevance: str, at: str) -> Citation:
    try:
        return citation_of({"doc_id": doc_id, "relevance": relevance})
    except (QueryError, CitationError) as fault:
        raise QueryError(
            at, f"{fault.subject} {fault.found}", wanted=fault.wanted, remedy="mend that line"
        ) from fault


def _numbered_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _beir_topics(text: str, name: str) -> Iterator[tuple[int, Any, Any]]:
    for number, line in _numbered_lines(text.split("\n")):
        row = json_value(line, f"{name}:{number}")
        if not isinstance(row, dict) or not {"_id", "text"} <= set(row):
            raise QueryError(
                f"{name}:{number}", "lacks _id or text", wanted='{"_id": "…", "text": "…"}', remedy="add them"
            )
        yield number, str(row["_id"]), row["text"]


def _tab_topics(text: str, name: str) -> Iterator[tuple[int, str, str]]:
    for number, line in _numbered_lines(text.split("\n")):
        query_id, tab, asked = line.partition("\t")
        if not tab:
            raise QueryError(
                f"{name}:{number}",
                "has no tab",
                wanted="the query's id, a tab, its text",
                remedy="mend that line",
            )
        yield number, query_id.strip(), asked


def _trec_topics(text: str, name: str) -> Iterator[tuple[int, str, str]]:
    begins = [match.start() for match in _TOP.finditer(text)]
    number = 1
    for begin, end, before in zip(begins, [*begins[1:], len(text)], [0, *begins], strict=False):
        number += text.count("\n", before, begin)
        query_id, title = _NUMBER.search(text, begin, end), _TITLE.search(text, begin, end)
        if not query_id or not title:
            raise QueryError(
                f"{name}:{number}", "is a topic without <num> or <title>", remedy="add what is missing"
            )
        yield number, query_id[1], title[1]
