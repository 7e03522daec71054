"""Exact ranks and top hits for several systems and dimensions, in one pass over each system's widest vectors.

A score of 768 components holds those of 512, 256 and 128 as partial sums, and prefix norms renormalise them.
Blocks are scored in float32; whatever lies within the rounding error of a decision is scored again in float64,
so that the order is the one of (-score, doc_id) in float64, among equal scores too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.domain import Hit, Qrels
from workbench.errors import IndexFault, QueryError
from workbench.vectors import Vectors

# float32 dot products of unit rows err by at most width * 2^-24 (Higham 2002, Accuracy and Stability, section 3.1);
# twice that separates two scores for certain.
_ROUNDING = 2.0**-23


class VectorTable(Protocol):
    """Rows in `doc_id` order with one vector column per system."""

    @property
    def doc_ids(self) -> list[str]: ...
    def vector_batches(self, column: str) -> Iterator[Vectors]: ...
    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors: ...


@dataclass(frozen=True)
class Ranking:
    """`ranks`: 1-based rank of every relevant article, at any depth; `hits`: the best `depth` articles."""

    ranks: Mapping[str, Mapping[str, int]]
    hits: Mapping[str, list[Hit]]


def rank(
    table: VectorTable, column: str, dims: Sequence[int], query_ids: Sequence[str], vectors: Vectors, qrels: Qrels, depth: int
) -> dict[int, Ranking]:
    """One system's exact ranks, by dimension.

    `column`: the system's widest vector column; `vectors`: (len(query_ids), width) float32, unit rows;
    `dims`: at most the column's width. Source of the cut: Kusupati et al. 2022.
    """
    if depth < 1:
        raise QueryError("depth", f"is {depth}", wanted="1 or more", remedy="ask for at least one hit")
    offsets = {doc_id: offset for offset, doc_id in enumerate(table.doc_ids)}
    unknown = {doc_id for query_id in query_ids for doc_id in qrels.get(query_id, ())} - offsets.keys()
    if unknown:
        raise QueryError(
            "qrels", f"{len(unknown)} articles are not in this index, e.g. {min(unknown)}", remedy="resolve the queries against this corpus"
        )
    judged = [(row, doc_id, offsets[doc_id]) for row, query_id in enumerate(query_ids) for doc_id in qrels.get(query_id, ())]
    sweeps = {dim: _Sweep(vectors[:, :dim], np.array([row for row, _, _ in judged], int), depth) for dim in sorted(dims)}
    if judged:
        relevant = table.vectors_at(column, [offset for _, _, offset in judged])
        for dim, sweep in sweeps.items():
            sweep.expect(relevant[:, :dim], np.array([offset for _, _, offset in judged]))
    start = 0
    for batch in table.vector_batches(column):
        if batch.shape[1] < max(dims) or not np.isfinite(batch).all():
            raise IndexFault(column, f"rows {start} to {start + len(batch)} hold NaN or are too narrow", remedy="run `workbench index build` again")
        partial, below = np.zeros((len(vectors), len(batch)), np.float32), 0
        for dim, sweep in sweeps.items():
            partial += vectors[:, below:dim] @ batch[:, below:dim].T
            sweep.absorb(partial, batch[:, :dim], start)
            below = dim
        start += len(batch)
    return {dim: sweep.ranking(query_ids, judged, table.doc_ids) for dim, sweep in sweeps.items()}


class _Sweep:
    """What one dimension has seen so far: how many rows stand above each relevant one, and the best rows."""

    def __init__(self, queries: Vectors, judged_rows: NDArray[np.int_], depth: int) -> None:
        self._queries = queries.astype(np.float64)
        self._queries /= np.linalg.norm(self._queries, axis=1, keepdims=True)
        self._query_norms = np.linalg.norm(queries.astype(np.float64), axis=1).astype(np.float32)[:, None]
        self._judged, self._depth = judged_rows, depth
        self._band = queries.shape[1] * _ROUNDING
        self._above = np.ones(len(judged_rows), int)
        self._best: list[list[tuple[float, int]]] = [[] for _ in queries]
        self._floor = np.full(len(queries), -np.inf)

    def expect(self, relevant: Vectors, offsets: NDArray[np.int_]) -> None:
        """Scores of the relevant rows, in float64, so that one pass can count what stands above them."""
        self._scores, self._offsets = self._exact(self._judged, relevant), offsets

    def absorb(self, partial: Vectors, batch: Vectors, start: int) -> None:
        """`partial`: (queries, rows) float32 inner products of the first components."""
        norms = np.linalg.norm(batch.astype(np.float64), axis=1).astype(np.float32)
        scores = partial / (self._query_norms * norms)
        for number, row in enumerate(self._judged):
            wanted = self._scores[number]
            self._above[number] += np.count_nonzero(scores[row] > wanted + self._band)
            near = np.flatnonzero(np.abs(scores[row] - wanted) <= self._band)
            exact = self._exact(np.full(len(near), row), batch[near])
            self._above[number] += np.count_nonzero((exact > wanted) | ((exact == wanted) & (start + near < self._offsets[number])))
        self._keep_best(scores, batch, start)

    def _keep_best(self, scores: Vectors, batch: Vectors, start: int) -> None:
        for row, line in enumerate(scores):
            floor = self._floor[row]
            if len(line) > self._depth:
                floor = max(floor, float(np.partition(line, -self._depth)[-self._depth]))
            found = np.flatnonzero(line >= floor - self._band)
            if not len(found):
                continue
            exact = self._exact(np.full(len(found), row), batch[found])
            merged = self._best[row] + [(-float(score), start + int(offset)) for score, offset in zip(exact, found, strict=True)]
            self._best[row] = sorted(merged)[: self._depth]
            if len(self._best[row]) == self._depth:
                self._floor[row] = -self._best[row][-1][0]

    def _exact(self, rows: NDArray[np.int_], vectors: Vectors) -> NDArray[np.float64]:
        """Cosines of queries `rows` and `vectors`, pair by pair; equal vectors give equal scores to the last bit."""
        wide = vectors.astype(np.float64)
        return (self._queries[rows] * wide).sum(axis=1) / np.sqrt((wide * wide).sum(axis=1))

    def ranking(self, query_ids: Sequence[str], judged: Sequence[tuple[int, str, int]], doc_ids: Sequence[str]) -> Ranking:
        ranks: dict[str, dict[str, int]] = {query_id: {} for query_id in query_ids}
        for (row, doc_id, _), above in zip(judged, self._above, strict=True):
            ranks[query_ids[row]][doc_id] = int(above)
        hits = {
            query_id: [Hit(doc_ids[offset], -negative) for negative, offset in best] for query_id, best in zip(query_ids, self._best, strict=True)
        }
        return Ranking(ranks, hits)
