"""Run files: rankings that another tool made, for the queries that it was asked."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, Qrels, Query
from workbench.core.errors import OtherQueries
from workbench.corpora.citations import Resolver
from workbench.evaluation.rankers.own_documents import without
from workbench.evaluation.rankers.protocol import NOT_FOUND, Scores, Search
from workbench.evaluation.rankers.scored import WithoutVectors
from workbench.evaluation.ranks import Ranking, places_of
from workbench.index import Filter, Index, row_mask, rows_of
from workbench.query_sets.run_files import RunFile, read_run

_SHOWN = 3  # ids in a message


@dataclass(frozen=True)
class RunRanker(WithoutVectors):
    """A run file at work; what it does not list has no rank. `resolver`: opened when the file is read, at first use."""

    name: str
    path: Path
    index: Index
    resolver: Callable[[], Resolver]

    stored_bytes = None

    @cached_property
    def run(self) -> RunFile:
        """The file's rankings; a QueryError where it cannot be read."""
        return read_run(self.path, self.resolver())

    @property
    def key(self) -> Mapping[str, Any]:
        return {"run": self.run.digest}

    def check(self, queries: Sequence[Query], name: str) -> None:
        if any(self._hits(query) is not None for query in queries):
            return
        ours, theirs = ([*ids][:_SHOWN] for ids in (self.run.hits, (query.query_id for query in queries)))
        found = f'answers none of the queries of "{name}"'
        if {query.query_id for query in queries} & self.run.hits.keys():
            found += ": they have the same ids, but other texts"
        else:
            found += f": its ids are {', '.join(ours)} …, theirs {', '.join(theirs)} …"
        remedy = f"give the run of these queries, or leave {self.name} out with --systems"
        raise OtherQueries(str(self.path), found, remedy=remedy)

    def _hits(self, query: Query) -> list[Hit] | None:
        """What the run lists for a query beside its own documents; None where it was not asked it, or another one under its id."""
        query_id = query.query_id
        if query_id not in self.run.hits:
            query_id = "_".join(query_id.split())  # as TREC's files have it, which white space would break
        text = self.run.texts.get(query_id, query.text)
        hits = self.run.hits.get(query_id) if text.split() == query.text.split() else None
        return without(hits, query.own_documents) if hits and query.own_documents else hits

    def rank(
        self,
        queries: Sequence[Query],
        qrels: Qrels,
        depth: int,
        *,
        dims: Sequence[int] | None = None,
        where: Filter | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> dict[int, Ranking]:
        kept = self._kept(where)
        listed = {query.query_id: self._listed(query, kept) for query in queries}
        ranks, displaced = dict[str, dict[str, int]](), dict[str, dict[str, int]]()
        for query_id, hits in listed.items():
            local = self._local(hits)
            ranks[query_id] = {
                hit.doc_id: rank for rank, hit in enumerate(hits, 1) if hit.doc_id in qrels[query_id]
            }
            displaced[query_id] = {
                doc_id: sum(other != local[rank - 1] for other in local[: rank - 1])
                for doc_id, rank in ranks[query_id].items()
            }
        progress(len(self.index.doc_ids))
        best = {query_id: hits[:depth] for query_id, hits in listed.items()}
        found = {query_id: len(hits) for query_id, hits in listed.items()}
        return {ALL: Ranking(ranks, displaced, best, found)}

    def _kept(self, where: Filter | None) -> Container[str] | None:
        """The articles that are searched; None for all."""
        return set(rows_of(self.index, where).doc_ids) if where else None

    def _listed(self, query: Query, kept: Container[str] | None) -> list[Hit]:
        """What the run lists for a query of these articles."""
        hits = self._hits(query) or []
        return hits if kept is None else [hit for hit in hits if hit.doc_id in kept]

    def _local(self, hits: Sequence[Hit]) -> list[bool]:
        """Which of these articles are local."""
        places = places_of(self.index.doc_ids, {hit.doc_id for hit in hits})
        return [bool(self.index.local[places[hit.doc_id]]) for hit in hits]

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores:
        found = np.full((len(queries), len(self.index.doc_ids)), NOT_FOUND)
        for row, query in zip(found, queries, strict=True):
            hits = self._hits(query) or []
            places = places_of(self.index.doc_ids, {hit.doc_id for hit in hits})
            for hit in hits:
                row[places[hit.doc_id]] = hit.score
        return found[:, row_mask(self.index, where)] if where else found

    def search(
        self, query: Query, dim: int, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> Search:
        hits = self._listed(query, self._kept(where))[:depth]
        return Search(hits, 0.0, answered=self._hits(query) is not None, searched=False)
