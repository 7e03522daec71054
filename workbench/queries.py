"""Query sets: read from JSON lines, citations resolved to qrels, what did not resolve kept and named."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.citations import Resolver, article_number, parse
from workbench.domain import Citation, Qrels, Query
from workbench.errors import CitationError, QueryError

MAX_CHARACTERS = 2_000
_KNOWN = {"query_id", "text", "relevant", "topic", "style"}


@dataclass(frozen=True)
class Unresolved:
    """A citation that names no article of the corpus, and why."""

    query_id: str
    citation: Citation
    reason: str


@dataclass(frozen=True)
class QuerySet:
    """Judged queries, their qrels, and the citations that did not resolve.

    A query of which no citation resolved is in `unresolved`, not in `judged`.
    """

    name: str
    judged: tuple[Query, ...]
    qrels: Qrels
    unresolved: tuple[Unresolved, ...] = ()

    @property
    def fingerprint(self) -> str:
        content = [(query.query_id, query.text, sorted(self.qrels[query.query_id].items())) for query in self.judged]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]

    @property
    def unresolved_queries(self) -> int:
        """How many queries have no article to be found."""
        judged = {query.query_id for query in self.judged}
        return len({item.query_id for item in self.unresolved} - judged)


def query_text(text: str) -> str:
    """`text` fit for a search: one line, not empty, not longer than MAX_CHARACTERS."""
    plain = " ".join(text.split())
    if not plain:
        raise QueryError("query", "is empty", remedy="type a question, e.g. 试用期最长多久？")
    if len(plain) > MAX_CHARACTERS:
        raise QueryError("query", f"has {len(plain):,} characters", wanted=f"{MAX_CHARACTERS:,} at most", remedy="shorten it to the question itself")
    return plain


def read_queries(path: str | Path) -> list[Query]:
    """Queries of a JSON lines file (one object a line; format in sample_queries/README.md), in file order."""
    path = Path(path)
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as fault:
        raise QueryError(str(path), f"cannot be read ({fault.strerror})", remedy="give a JSON lines file of queries") from fault
    seen: dict[str, int] = {}
    queries = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            query = _parsed(line, f"{path}:{number}")
            if query.query_id in seen:
                raise QueryError(
                    f"{path}:{number}", f'query_id "{query.query_id}" stands in line {seen[query.query_id]} too', remedy="give each its own"
                )
            seen[query.query_id] = number
            queries.append(query)
    if not queries:
        raise QueryError(str(path), "holds no query", remedy="write one JSON object a line")
    return queries


def _parsed(line: bytes, at: str) -> Query:
    try:
        row: Any = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise QueryError(at, "is not UTF-8", remedy="save the file as UTF-8") from fault
    except json.JSONDecodeError as fault:
        raise QueryError(at, f"is no JSON ({fault.msg}, column {fault.colno})", remedy="write one JSON object a line") from fault
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) and row[key].strip() for key in ("query_id", "text")):
        raise QueryError(at, "lacks query_id or text", wanted='{"query_id": "…", "text": "…", "relevant": […]}', remedy="add them as strings")
    if unknown := set(row) - _KNOWN:
        raise QueryError(at, f'unknown key "{min(unknown)}"', wanted=", ".join(sorted(_KNOWN)), remedy="remove it, or mend its spelling")
    try:
        return Query(
            query_id=row["query_id"],
            text=query_text(row["text"]),
            relevant=tuple(map(_citation, _listed(row.get("relevant", [])))),
            topic=str(row.get("topic", "")),
            style=str(row.get("style", "")),
        )
    except CitationError as fault:
        raise QueryError(f"{at}: {fault.subject}", fault.found, remedy=fault.remedy) from fault
    except QueryError as fault:
        raise QueryError(at, f"{fault.subject} {fault.found}", wanted=fault.wanted, remedy=fault.remedy) from fault
    except (TypeError, KeyError) as fault:
        raise QueryError(at, "relevant is no list of citations", wanted='[{"law": "…", "article": "…"}]', remedy="mend it") from fault


def _listed(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise TypeError(items)
    return items


def _citation(item: Any) -> Citation:
    if isinstance(item, str):
        return parse(item)
    if not isinstance(item["law"], str):
        raise TypeError(item)
    return Citation(item["law"], article_number(item["article"]), str(item.get("part", "")))


def judge(name: str, queries: Iterable[Query], resolver: Resolver) -> QuerySet:
    """`queries` with their citations resolved in one corpus; relevance is 1."""
    judged, qrels, unresolved = [], {}, []
    for query in queries:
        found: dict[str, int] = {}
        for citation in query.relevant:
            try:
                found[resolver.resolve(citation)] = 1
            except CitationError as fault:
                unresolved.append(Unresolved(query.query_id, citation, f"{fault.found}; {fault.remedy}"))
        if not query.relevant:
            unresolved.append(Unresolved(query.query_id, Citation("", ""), "names no article"))
        if found:
            judged.append(query)
            qrels[query.query_id] = found
    return QuerySet(name, tuple(judged), qrels, tuple(unresolved))
