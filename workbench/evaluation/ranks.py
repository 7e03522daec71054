"""Exact ranks and top hits for several dimensions of one system, in one pass over its widest vectors.

A score of 768 components holds those of 512, 256 and 128 as partial sums, and prefix norms renormalise them.
Blocks are scored in float32; whatever lies within the rounding error of a decision is scored again in float64,
so that the order is the one of (-score, doc_id) in float64, among equal scores too.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Hit, Qrels
from workbench.core.errors import QueryError
from workbench.core.machine import cores
from workbench.core.vectors import Vectors
from workbench.evaluation.kernels import Tally
from workbench.evaluation.norms import CachedNorms, read_only, row_norms
from workbench.evaluation.parallel import blas, read_ahead, split
from workbench.evaluation.strips import STRIP, Batch, Strip, Target

_ALONE = Lock()  # the limit on BLAS threads holds for the whole process


class VectorTable(Protocol):
    """Rows in `doc_id` order with one vector column per system; `local` (n,) says which rows are local.

    `cached_norms`: where norms of all rows stay from one call to the next, by column and dimensions; None: nowhere.
    """

    @property
    def doc_ids(self) -> Sequence[str]: ...
    @property
    def local(self) -> NDArray[np.bool_]: ...
    @property
    def cached_norms(self) -> CachedNorms | None: ...
    def vector_batches(self, column: str) -> Iterator[Vectors]: ...
    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors: ...


@dataclass(frozen=True)
class Ranking:
    """`ranks`: 1-based rank of every relevant article, at any depth; `hits`: the best `depth` articles.

    `displaced`: of the articles above a relevant one, how many are of the other scope. `found`: query_id -> how many articles
    the system finds; empty where it finds all. Those that it does not find follow in `doc_id` order; where their order is
    not known (a run file), they are in none of the others.
    """

    ranks: Mapping[str, Mapping[str, int]]
    displaced: Mapping[str, Mapping[str, int]]
    hits: Mapping[str, list[Hit]]
    found: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def found_ranks(self) -> Mapping[str, Mapping[str, int]]:
        """The ranks of what the system finds, which measures count: the place of the others is an accident of their names."""
        if not self.found:
            return self.ranks
        return {
            query_id: {doc_id: place for doc_id, place in row.items() if place <= self.found[query_id]}
            for query_id, row in self.ranks.items()
        }


def rank(
    table: VectorTable,
    column: str,
    dims: Sequence[int],
    query_ids: Sequence[str],
    vectors: Vectors,
    qrels: Qrels,
    depth: int,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[int, Ranking]:
    """One system's exact ranks, by dimension.

    `column`: the system's widest vector column; `vectors`: (len(query_ids), width) float32, unit rows;
    `dims`: at most the column's width; `progress(rows)` is called with the number of rows ranked so far.
    Memory does not grow with the table, but for its `doc_id`s. Source of the cut: Kusupati et al. 2022.
    """
    _check(query_ids, vectors[:, : min(dims)], depth)
    if not query_ids:
        return {dim: Ranking({}, {}, {}) for dim in dims}
    ascending = np.array(sorted(dims))
    targets = _targets(table, query_ids, qrels)
    with (
        _ALONE,
        blas().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(cores()) as pool,
        ThreadPoolExecutor(1) as reader,
    ):
        strips = _strips(table, column, ascending, vectors, targets, depth, pool)
        for batch in _batches(table, column, ascending, pool, reader):
            list(pool.map(lambda strip, batch=batch: strip.update(batch), strips))
            progress(batch.start + len(batch.vectors))
    return {
        dim: _ranking(query_ids, targets, table.doc_ids, [strip.tallies[number] for strip in strips])
        for number, dim in enumerate(ascending.tolist())
    }


def _check(query_ids: Sequence[str], vectors: Vectors, depth: int) -> None:
    if depth < 1:
        raise QueryError("depth", f"is {depth}", wanted="1 or more", remedy="ask for at least one hit")
    repeated = [query_id for query_id, count in Counter(query_ids).items() if count > 1]
    if repeated:
        raise QueryError(
            "query set",
            f'query_id "{repeated[0]}" stands there more than once',
            remedy="give each query its own",
        )
    usable = np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)
    if not usable.all():
        raise QueryError(
            "query set",
            f"the vector of query {query_ids[int(usable.argmin())]} holds NaN or only zeros",
            remedy="encode that query again, or leave it out",
        )


def places_of(doc_ids: Sequence[str], wanted: Collection[str]) -> dict[str, int]:
    """Positions of articles in a table, whose `doc_ids` are in order; a QueryError where it has not all of them."""
    places = places_there(doc_ids, wanted)
    if unknown := set(wanted) - places.keys():
        fault = f"{len(unknown)} articles are not in this index, e.g. {min(unknown)}"
        raise QueryError("qrels", fault, remedy="resolve the queries against this corpus")
    return places


def places_there(doc_ids: Sequence[str], wanted: Iterable[str]) -> dict[str, int]:
    """The same of those that the table has."""
    places = {doc_id: bisect_left(doc_ids, doc_id) for doc_id in wanted}
    return {
        doc_id: place for doc_id, place in places.items() if place < len(doc_ids) and doc_ids[place] == doc_id
    }


def _targets(table: VectorTable, query_ids: Sequence[str], qrels: Qrels) -> list[Target]:
    offsets = places_of(
        table.doc_ids, {doc_id for query_id in query_ids for doc_id in qrels.get(query_id, ())}
    )
    listed = [(row, doc_id) for row, query_id in enumerate(query_ids) for doc_id in qrels.get(query_id, ())]
    return [
        Target(number, row, doc_id, offsets[doc_id], bool(table.local[offsets[doc_id]]))
        for number, (row, doc_id) in enumerate(listed)
    ]


def _strips(
    table: VectorTable,
    column: str,
    dims: NDArray[np.int64],
    vectors: Vectors,
    targets: Sequence[Target],
    depth: int,
    pool: Executor,
) -> list[Strip]:
    """The queries in runs, at least one a core, each with the targets of its queries."""
    relevant = np.empty((0, vectors.shape[1]), np.float32)
    if targets:
        relevant = table.vectors_at(column, [target.offset for target in targets])
    norms = row_norms(relevant, dims, pool, f"{column}, the relevant rows")
    strips = []
    for rows in split(len(vectors), max(cores(), -(-len(vectors) // STRIP))):
        own = [target for target in targets if rows.start <= target.query < rows.stop]
        strips.append(Strip(vectors[rows], dims, depth, own, rows.start, relevant, norms))
    return strips


def _batches(
    table: VectorTable, column: str, dims: NDArray[np.int64], pool: Executor, reader: Executor
) -> Iterator[Batch]:
    """The rows of the table with their norms, which are cached after the last batch where the table has a place."""
    cache = {} if table.cached_norms is None else table.cached_norms
    key = (column, tuple(dims.tolist()))
    cached = cache.get(key)
    computed = []
    start = 0
    for vectors in read_ahead(table.vector_batches(column), reader):
        rows = slice(start, start + len(vectors))
        if cached is None:
            norms = row_norms(vectors, dims, pool, f"{column}, rows {start} to {rows.stop - 1}")
        else:
            norms = cached[rows]
        if cached is None and table.cached_norms is not None:
            computed.append(norms)
        yield Batch(read_only(vectors), table.local[rows], norms, start)
        start = rows.stop
    if computed:
        cache[key] = np.concatenate(computed)


def _ranking(
    query_ids: Sequence[str], targets: Sequence[Target], doc_ids: Sequence[str], tallies: Sequence[Tally]
) -> Ranking:
    above = np.concatenate([tally.above for tally in tallies]).tolist()
    displaced = np.concatenate([tally.displaced for tally in tallies]).tolist()
    best = np.concatenate([tally.best for tally in tallies])
    places = np.concatenate([tally.places for tally in tallies])
    rows = {query_id: row for row, query_id in enumerate(query_ids)}
    return Ranking(
        _by_query(query_ids, targets, above),
        _by_query(query_ids, targets, displaced),
        _Hits(rows, doc_ids, best, places),
    )


def _by_query(
    query_ids: Sequence[str], targets: Sequence[Target], counts: Sequence[int]
) -> dict[str, dict[str, int]]:
    by_query: dict[str, dict[str, int]] = {query_id: {} for query_id in query_ids}
    for target, count in zip(targets, counts, strict=True):
        by_query[query_ids[target.query]][target.doc_id] = count
    return by_query


class _Hits(Mapping[str, list[Hit]]):
    """Hits by `query_id`, made when they are asked for: most of a large query set never is."""

    def __init__(
        self,
        rows: Mapping[str, int],
        doc_ids: Sequence[str],
        scores: NDArray[np.float64],
        places: NDArray[np.int64],
    ) -> None:
        self._rows = rows
        self._doc_ids = doc_ids
        self._scores = scores[:, : len(doc_ids)]
        self._places = places

    def __getitem__(self, query_id: str) -> list[Hit]:
        row = self._rows[query_id]
        places = self._places[row].tolist()
        scores = self._scores[
            row
        ].tolist()  # fewer than places where the table has fewer rows than hits were wanted
        return [Hit(self._doc_ids[place], score) for place, score in zip(places, scores, strict=False)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
