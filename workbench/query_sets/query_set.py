"""Query sets: citations resolved to qrels, and those that did not resolve, named."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain

from workbench.core.domain import Citation, Qrels, Query
from workbench.core.errors import CitationError, QueryError
from workbench.core.text import UNFIT
from workbench.corpora.citations import Resolver

MAX_CHARACTERS = 2_000  # of a question that somebody types; models cut longer ones of a query set
MAX_QUERIES = 10_000  # of an upload, which somebody waits for


@dataclass(frozen=True)
class Unresolved:
    """A citation that names no article of the corpus, and why."""

    query_id: str
    citation: Citation
    reason: str


@dataclass(frozen=True)
class QuerySet:
    """Judged queries, their qrels, and the citations that did not resolve.

    A query of which no citation resolved is in `unresolved`, not in `judged`. `notes`: what was taken for granted in
    reading it, a sentence each. `pinpoints`: query_id -> `doc_id` -> which place in the article is meant, where one is.
    """

    name: str
    judged: tuple[Query, ...]
    qrels: Qrels
    unresolved: tuple[Unresolved, ...] = ()
    notes: tuple[str, ...] = ()
    pinpoints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the queries, their order or their qrels."""
        content = [
            (query.query_id, query.text, sorted(self.qrels[query.query_id].items()), *query.own_documents)
            for query in self.judged
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]

    @property
    def unresolved_queries(self) -> int:
        """How many queries have no article to be found."""
        judged = {query.query_id for query in self.judged}
        return len({item.query_id for item in self.unresolved} - judged)

    @property
    def with_own_document(self) -> int:
        """How many judged queries are documents of the corpus themselves, which their rankings leave out."""
        return sum(bool(query.own_documents) for query in self.judged)

    @property
    def partly_resolved(self) -> int:
        """How many judged queries have citations that name no article of the corpus: of these not all relevant articles are known."""
        judged = {query.query_id for query in self.judged}
        return len({item.query_id for item in self.unresolved} & judged)

    @property
    def unresolved_citations(self) -> int:
        """How many citations name no article of the corpus, of all queries."""
        return sum(item.citation != Citation() for item in self.unresolved)


def query_text(text: str, *, most: int | None = MAX_CHARACTERS) -> str:
    """`text` fit for a search: one line, not empty, of `most` characters; None: as many as there are."""
    line = " ".join(text.split())
    if UNFIT.search(line):
        raise QueryError("query", "holds a NUL or half a surrogate pair", remedy="remove that character")
    if not line:
        raise QueryError("query", "is empty", remedy="type a question, e.g. 试用期最长多久？")
    if most is not None and len(line) > most:
        raise QueryError(
            "query",
            f"has {len(line):,} characters",
            wanted=f"{most:,} at most",
            remedy="shorten it to the question itself",
        )
    return line


def resolve_qrels(name: str, queries: Iterable[Query], resolver: Resolver) -> QuerySet:
    """`queries` with their citations resolved in one corpus; of two that name one article the higher relevance counts.

    A document of its own that answers a query is no copy of it, and stays in its rankings.
    """
    judged: list[Query] = []
    qrels: dict[str, dict[str, int]] = {}
    unresolved: list[Unresolved] = []
    pinpoints: dict[str, dict[str, str]] = {}
    asked = list(queries)
    names = (Citation(doc_id=name) for query in asked for name in query.own_documents)
    resolver.expect(chain((citation for query in asked for citation in query.relevant), names))
    for query in asked:
        relevance: dict[str, int] = {}
        places: dict[str, list[str]] = {}
        for citation in query.relevant:
            try:
                doc_id = resolver.resolve(citation)
                relevance[doc_id] = max(relevance.get(doc_id, 0), citation.relevance)
                if citation.pinpoint:
                    places.setdefault(doc_id, []).append(citation.pinpoint)
            except CitationError as fault:
                unresolved.append(Unresolved(query.query_id, citation, f"{fault.found}; {fault.remedy}"))
        if not query.relevant:
            unresolved.append(Unresolved(query.query_id, Citation(), "names no article"))
        if relevance:
            own = _resolved(query.own_documents, resolver)
            own_documents = tuple(doc_id for doc_id in own if doc_id not in relevance)
            judged.append(replace(query, own_documents=own_documents))
            qrels[query.query_id] = relevance
        if places:
            pinpoints[query.query_id] = {
                doc_id: "、".join(dict.fromkeys(named)) for doc_id, named in places.items()
            }
    return QuerySet(name, tuple(judged), qrels, tuple(unresolved), pinpoints=pinpoints)


def _resolved(names: Iterable[str], resolver: Resolver) -> list[str]:
    """The `doc_id`s of the documents with these names that the corpus has."""
    doc_ids = []
    for name in names:
        with suppress(CitationError):
            doc_ids.append(resolver.resolve(Citation(doc_id=name)))
    return doc_ids
