"""Systems with vectors: exact ranks by the sweep, answers by LanceDB's vector search."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from workbench.core.domain import Hit, Qrels, Query
from workbench.core.machine import cores
from workbench.core.vectors import Vectors
from workbench.encoders import Encoder, QueryVectors
from workbench.evaluation.compare import overlap
from workbench.evaluation.kernels import cosines
from workbench.evaluation.norms import read_only, row_norms
from workbench.evaluation.parallel import split
from workbench.evaluation.rankers.own_documents import not_found, own_documents, without
from workbench.evaluation.rankers.protocol import Scores, Search
from workbench.evaluation.ranks import Rank, Ranking, rank
from workbench.index import Filter, Index, rows_of

_ASKED = "asked"  # what the one question of a pass is called


@dataclass(frozen=True)
class DenseRanker:
    """A system whose articles are columns of the index.

    `dims`: its own, widest first; `sweep`: ranks over all articles, on `device`.
    """

    name: str
    index: Index
    encoder: Encoder
    vectors: QueryVectors
    dims: tuple[int, ...]
    device: str = "auto"
    sweep: Rank = rank

    @property
    def column(self) -> str:
        """Its widest column."""
        return self.index.column_of(self.name, self.dims[0])

    @property
    def key(self) -> Mapping[str, Any]:
        return {"column": self.column, "dims": sorted(self.dims), "encoder": self.encoder.query_fingerprint}

    def searches_approximately(self, dim: int) -> bool:
        return self.index.is_large and bool(self.index.ann(self.index.column_of(self.name, dim)))

    def knows(self, text: str) -> bool:
        return self.vectors.holds(self.encoder, [text])

    @property
    def stored_bytes(self) -> int:
        return self.index.column_bytes(self.column)

    def check(self, queries: Sequence[Query], name: str) -> None:
        """Any query set can be measured."""

    def prepare(self, queries: Sequence[Query]) -> None:
        self.vectors.encode(self.encoder, _texts(queries))

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
        table = rows_of(self.index, where)
        own = own_documents(queries, qrels, table)
        rankings = self.sweep(
            table,
            self.column,
            dims or self.dims,
            [query.query_id for query in queries],
            self.vectors.encode(self.encoder, _texts(queries)),
            own.counted,
            own.deep(depth),
            progress,
            device=self.device,
        )
        return {dim: own.taken_out(ranking, depth) for dim, ranking in rankings.items()}

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores:
        table = rows_of(self.index, where)
        asked = np.ascontiguousarray(self.vectors.encode(self.encoder, _texts(queries))[:, : self.dims[0]])
        width = np.array([self.dims[0]])
        asked_norms = row_norms(asked, width, "the queries")[:, 0]
        found = np.empty((len(queries), len(table.doc_ids)))
        start = 0
        with ThreadPoolExecutor(cores()) as pool:
            for batch in table.vector_batches(self.column):
                norms = row_norms(batch, width, f"{self.column}, from row {start}")[:, 0]
                rows = slice(start, start + len(batch))
                parts = [
                    pool.submit(
                        cosines, asked[part], asked_norms[part], read_only(batch), norms, found[part, rows]
                    )
                    for part in split(len(asked), cores())
                ]
                for part in parts:
                    part.result()
                start = rows.stop
        return not_found(found, queries, table)

    def search(
        self, query: Query, dim: int, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> Search:
        known = self.knows(query.text)
        began = perf_counter()
        vector = self.vectors.encode(self.encoder, [query.text])[0]
        encoded = perf_counter()
        deep = depth + len(query.own_documents)
        hits = without(self.find(dim, vector, deep, where=where, ann=ann), query.own_documents, depth)
        searched = perf_counter()
        exact = None
        if ann and not self.index.is_large:  # which of a large one was measured when it was built
            found = without(self.find(dim, vector, deep, where=where), query.own_documents, depth)
            exact = overlap([hit.doc_id for hit in hits], [hit.doc_id for hit in found], depth)
        return Search(hits, searched - encoded, encoded - began, known, exact)

    def find(
        self, dim: int, vector: Vectors, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> list[Hit]:
        """The best articles for a query's vector (d,): by LanceDB search, or exactly of a large index by one pass of our own.

        Such a pass takes half the time of LanceDB's, and no longer with a filter.
        """
        if ann or not self.index.is_large:
            return self.index.search(self.name, dim, vector, depth, ann=ann, where=where)
        column, table = self.index.column_of(self.name, dim), rows_of(self.index, where)
        return rank(table, column, [dim], [_ASKED], np.stack([vector]), {}, depth)[dim].hits[_ASKED]


def _texts(queries: Iterable[Query]) -> list[str]:
    return [query.text for query in queries]
