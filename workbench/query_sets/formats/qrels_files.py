"""Topics in one file and judgements in another, as TREC and BEIR have them, joined to queries."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import CitationError, QueryError
from workbench.query_sets.formats.rows import citation_of, collected, query_of
from workbench.query_sets.formats.texts import json_value, lines_of

_BEIR_HEADER = ["query-id", "corpus-id", "score"]
_TOP = re.compile(r"<top>", re.IGNORECASE)
_NUMBER = re.compile(r"<num>\s*+(?:Number:\s*+)?([^<\s]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>\s*+(?:Topic:)?([^<]*)", re.IGNORECASE)


def joined(topics: Path, qrels: Path, *, unjudged: bool) -> list[Query]:
    """The queries of a file of topics with the documents judged relevant (above 0) in a file of qrels, in the topics' order.

    `unjudged`: keep topics without judgements too. A experiment of a query that is no topic is refused.
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
        raise QueryError(str(qrels), "judges no query", remedy="write one experiment a line")
    return [
        replace(
            query, relevant=tuple(citation for citation in judged.get(query_id, ()) if citation.relevance > 0)
        )
        for query_id, query in queries.items()
        if unjudged or query_id in judged
    ]


def read_topics(path: Path) -> list[Query]:
    """Queries without citations: BEIR's JSON lines, TREC's `<top>`, or an id, a tab and the text a line."""
    name = str(path)
    text = lines_of(path.read_bytes(), name).read()
    rows = (
        _beir_topics
        if path.suffix.lower() == ".jsonl"
        else _trec_topics
        if _TOP.search(text)
        else _tab_topics
    )
    topics = (
        (line, query_of({"query_id": query_id, "text": asked}, f"{name}:{line}"))
        for line, query_id, asked in rows(text, name)
    )
    return collected(topics, name, remedy="write one query a line: its id, a tab, its text")


def read_qrels(path: Path) -> Iterator[tuple[int, str, Citation]]:
    """(line, query_id, citation) of every experiment, whatever its relevance.

    TREC's four columns with white space between them; BEIR's three with tabs, below a header row.
    """
    columns: Callable[[str], list[str]] = str.split
    width, wanted, places = 4, "query id, 0, document id, relevance", (0, 2, 3)
    for line, text in _filled(lines_of(path.read_bytes(), str(path))):
        if line == 1 and text.strip().lower().replace("_", "-").split("\t") == _BEIR_HEADER:
            columns, width, wanted, places = (
                _tabbed,
                3,
                "query-id, corpus-id and score with tabs between them",
                (0, 1, 2),
            )
            continue
        cells, at = columns(text), f"{path}:{line}"
        if len(cells) != width:
            raise QueryError(at, f"has {len(cells)} columns", wanted=wanted, remedy="mend that line")
        query_id, doc_id, relevance = (cells[place] for place in places)
        yield line, query_id, _citation(doc_id, relevance, at)


def _citation(doc_id: str, relevance: str, at: str) -> Citation:
    try:
        return citation_of({"doc_id": doc_id, "relevance": relevance})
    except (QueryError, CitationError) as fault:
        raise QueryError(
            at, f"{fault.subject} {fault.found}", wanted=fault.wanted, remedy="mend that line"
        ) from fault


def _filled(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _tabbed(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")]


def _beir_topics(text: str, name: str) -> Iterator[tuple[int, Any, Any]]:
    for number, line in _filled(text.split("\n")):
        row = json_value(line, f"{name}:{number}")
        if not isinstance(row, dict) or not {"_id", "text"} <= set(row):
            raise QueryError(
                f"{name}:{number}", "lacks _id or text", wanted='{"_id": "…", "text": "…"}', remedy="add them"
            )
        yield number, str(row["_id"]), row["text"]


def _tab_topics(text: str, name: str) -> Iterator[tuple[int, str, str]]:
    for number, line in _filled(text.split("\n")):
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
