"""Run files: rankings that another tool made, for the queries that it was asked."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, Qrels, Query
from workbench.core.errors import OtherQueries
from workbench.corpora.citations import Resolver
from workbench.evaluation.rankers.protocol import NOT_FOUND, Scores, Search
from workbench.evaluation.ranks import Ranking, VectorTable, places_of
from workbench.index import Filter, FilteredIndex, Index, row_mask
from workbench.query_sets.run_files import RunFile, read_run

_SHOWN = 3  # ids in a message


@dataclass(frozen=True)
class RunRanker:
    """A run file at work; what it does not list has no rank. `resolver`: opened when the file is read, at first use."""

    name: str
    path: Path
    index: Index
    resolver: Callable[[], Resolver]

    dims = (ALL,)

    @cached_property
    def run(self) -> RunFile:
        """The file's rankings; a QueryError where it cannot be read."""
        return read_run(self.path, self.resolver())

    @cached_property
    def key(self) -> Mapping[str, Any]:
        _ = self.run  # a file that cannot be read says so here
        return {"run": hashlib.sha256(self.path.read_bytes()).hexdigest()}

    def knows(self, text: str) -> bool:
        return True

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

    def prepare(self, queries: Sequence[Query]) -> None:
        """Nothing is encoded."""

    def _hits(self, query: Query) -> list[Hit] | None:
        """What the run lists for a query; None where it was not asked it, or another one under its id."""
        text = self.run.texts.get(query.query_id, query.text)
        return self.run.hits.get(query.query_id) if text.split() == query.text.split() else None

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
        table: VectorTable = FilteredIndex(self.index, where) if where else self.index
        listed = {query.query_id: self._listed(query, table, where) for query in queries}
        ranks = {
            query_id: {hit.doc_id: rank for rank, hit in enumerate(hits, 1) if hit.doc_id in qrels[query_id]}
            for query_id, hits in listed.items()
        }
        displaced = {
            query_id: {
                doc_id: self._displaced(listed[query_id][: rank - 1], doc_id) for doc_id, rank in row.items()
            }
            for query_id, row in ranks.items()
        }
        progress(len(self.index.doc_ids))
        hits = {query_id: hits[:depth] for query_id, hits in listed.items()}
        found = {query_id: len(hits) for query_id, hits in listed.items()}
        return {ALL: Ranking(ranks, displaced, hits, found)}

    def _listed(self, query: Query, table: VectorTable, where: Filter | None) -> list[Hit]:
        hits = self._hits(query) or []
        if not where:
            return hits
        kept = set(table.doc_ids)
        return [hit for hit in hits if hit.doc_id in kept]

    def _displaced(self, above: Sequence[Hit], doc_id: str) -> int:
        """How many of the articles above one are of the other scope."""
        places = places_of(self.index.doc_ids, {doc_id, *(hit.doc_id for hit in above)})
        local = self.index.local[places[doc_id]]
        return sum(bool(self.index.local[places[hit.doc_id]] != local) for hit in above)

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
        table: VectorTable = FilteredIndex(self.index, where) if where else self.index
        hits = self._listed(query, table, where)[:depth]
        return Search(hits, 0.0, answered=self._hits(query) is not None, searched=False)
