"""Exact ranks and top hits for several dimensions of one system, in one pass over its widest vectors.

A score of 768 components holds those of 512, 256 and 128 as partial sums, and prefix norms renormalise them.
Blocks are scored in float32; whatever lies within the rounding error of a decision is scored again in float64,
so that the order is the one of (-score, doc_id) in float64, among equal scores too.
"""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from workbench.core.domain import Hit, Qrels
from workbench.core.errors import IndexFault, QueryError
from workbench.core.vectors import Vectors
from workbench.evaluation.kernels import (
    CHUNK,
    LOCAL,
    Seen,
    add_products,
    cosine,
    prefix_norms,
    unseen,
    update,
)

# In whatever order its terms are added, a float32 inner product of n components errs by at most n * 2^-24 times their
# lengths (Higham 2002, Accuracy and Stability, section 3.1). Scaling it adds a few such units; 16 are ample.
_ROUNDING = 2.0**-24
# These add up a product by itself before they add it to what is there. Then n is the longest slice of the components
# (by Cauchy and Schwarz all slices err no more together than if all were in that one), and one unit for each addition.
_ADDS_UP_APART = {"openblas", "blis", "mkl"}
# Queries and scores that one thread works on at a time, few enough for its cache, and rows at most.
_STRIP, _SCORES, _LONGEST = 768, 768 * 512, 128 * CHUNK
_ALONE = Lock()  # the limit on BLAS threads holds for the whole process


Lengths = dict[tuple[str, tuple[int, ...]], NDArray[np.float64]]


class VectorTable(Protocol):
    """Rows in `doc_id` order with one vector column per system; `local` (n,) says which rows are local.

    `cached_norms`: where lengths of all rows stay from one call to the next, by column and dimensions; None: nowhere.
    """

    @property
    def doc_ids(self) -> list[str]: ...
    @property
    def local(self) -> NDArray[np.bool_]: ...
    @property
    def cached_norms(self) -> Lengths | None: ...
    def vector_batches(self, column: str) -> Iterator[Vectors]: ...
    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors: ...


@dataclass(frozen=True)
class Ranking:
    """`ranks`: 1-based rank of every relevant article, at any depth; `hits`: the best `depth` articles.

    `displaced`: of the articles above a relevant one, how many are of the other scope.
    """

    ranks: Mapping[str, Mapping[str, int]]
    displaced: Mapping[str, Mapping[str, int]]
    hits: Mapping[str, list[Hit]]


@dataclass(frozen=True)
class _Pair:
    """A query, by its row, and one of its relevant articles, by its place in the table; `number` counts pairs."""

    number: int
    query: int
    doc_id: str
    offset: int
    local: bool


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
    `dims`: at most the column's width; `progress(rows)` is called with the number of rows seen so far.
    Memory does not grow with the table, but for its `doc_id`s. Source of the cut: Kusupati et al. 2022.
    """
    _check(query_ids, vectors[:, : min(dims)], depth)
    if not query_ids:
        return {dim: Ranking({}, {}, {}) for dim in dims}
    pairs, widths, cores = _pairs(table, query_ids, qrels), np.array(sorted(dims)), _cores()
    relevant = (
        table.vectors_at(column, [pair.offset for pair in pairs])
        if pairs
        else np.empty((0, vectors.shape[1]), np.float32)
    )
    known, seen = _kept(table, column, widths), []
    with (
        _ALONE,
        _blas().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(cores) as pool,
        ThreadPoolExecutor(1) as reader,
    ):
        lengths = _lengths(relevant, widths, pool, f"{column}, the relevant rows")
        strips = [
            _Strip(
                vectors[rows],
                widths,
                depth,
                [pair for pair in pairs if rows.start <= pair.query < rows.stop],
                rows.start,
                relevant,
                lengths,
            )
            for rows in _split(len(vectors), max(cores, -(-len(vectors) // _STRIP)))
        ]
        start = 0
        for batch in _ahead(table.vector_batches(column), reader):
            rows = slice(start, start + len(batch))
            lengths = (
                known[rows]
                if known is not None
                else _lengths(batch, widths, pool, f"{column}, rows {start} to {rows.stop - 1}")
            )
            taken = _Batch(_frozen(batch), table.local[rows], lengths, start)
            list(pool.map(lambda strip, taken=taken: strip.update(taken), strips))
            start = rows.stop
            progress(start)
            if known is None and table.cached_norms is not None:
                seen.append(lengths)
    if seen and table.cached_norms is not None:
        table.cached_norms[column, tuple(widths.tolist())] = np.concatenate(seen)
    return {
        dim: _ranking(query_ids, pairs, table.doc_ids, [strip.seen[number] for strip in strips])
        for number, dim in enumerate(widths.tolist())
    }


def _kept(table: VectorTable, column: str, widths: NDArray[np.int64]) -> NDArray[np.float64] | None:
    return None if table.cached_norms is None else table.cached_norms.get((column, tuple(widths.tolist())))


@cache
def _blas() -> ThreadpoolController:
    """NumPy's and SciPy's BLAS; finding them takes milliseconds."""
    return ThreadpoolController()


def _check(query_ids: Sequence[str], vectors: Vectors, depth: int) -> None:
    if depth < 1:
        raise QueryError("depth", f"is {depth}", wanted="1 or more", remedy="ask for at least one hit")
    if repeated := [query_id for query_id, count in Counter(query_ids).items() if count > 1]:
        raise QueryError(
            "query set",
            f'query_id "{repeated[0]}" stands there more than once',
            remedy="give each query its own",
        )
    if unusable := [
        query_id
        for query_id, vector in zip(query_ids, vectors, strict=True)
        if not np.isfinite(vector).all() or not vector.any()
    ]:
        raise QueryError(
            "query set",
            f"the vector of query {unusable[0]} holds NaN or only zeros",
            remedy="encode that query again, or leave it out",
        )


def _pairs(table: VectorTable, query_ids: Sequence[str], qrels: Qrels) -> list[_Pair]:
    wanted = {doc_id for query_id in query_ids for doc_id in qrels.get(query_id, ())}
    places = {doc_id: bisect_left(table.doc_ids, doc_id) for doc_id in wanted}
    offsets = {
        doc_id: place
        for doc_id, place in places.items()
        if place < len(table.doc_ids) and table.doc_ids[place] == doc_id
    }
    if unknown := wanted - offsets.keys():
        found = f"{len(unknown)} articles are not in this index, e.g. {min(unknown)}"
        raise QueryError("qrels", found, remedy="resolve the queries against this corpus")
    listed = [(row, doc_id) for row, query_id in enumerate(query_ids) for doc_id in qrels.get(query_id, ())]
    return [
        _Pair(number, row, doc_id, offsets[doc_id], bool(table.local[offsets[doc_id]]))
        for number, (row, doc_id) in enumerate(listed)
    ]


def _band(widths: NDArray[np.int64]) -> float:
    """How far a float32 score of the last of `widths` can be from its cosine, summed up in slices that end at `widths`."""
    terms = int(np.diff(widths, prepend=0).max()) + len(widths) if _adds_up_apart() else int(widths[-1])
    return (terms + 16) * _ROUNDING


@cache
def _adds_up_apart() -> bool:
    found = {library["internal_api"] for library in _blas().info() if library["user_api"] == "blas"}
    return bool(found) and found <= _ADDS_UP_APART


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _split(count: int, parts: int) -> list[slice]:
    """`count` places as at most `parts` runs of nearly equal length."""
    edges = np.linspace(0, count, min(count, parts) + 1).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(edges)]


def _ahead(batches: Iterator[Vectors], reader: Executor) -> Iterator[Vectors]:
    """`batches`, each read while the one before is worked on."""
    coming = reader.submit(next, batches, None)
    while (batch := coming.result()) is not None:
        coming = reader.submit(next, batches, None)
        yield batch


def _frozen(vectors: Vectors) -> Vectors:
    """A read-only view, which is how LanceDB gives them: a loop is compiled anew for every kind of array."""
    view = np.ascontiguousarray(vectors).view()
    view.flags.writeable = False
    return view


def _lengths(
    vectors: Vectors, widths: NDArray[np.int64], pool: Executor, subject: str
) -> NDArray[np.float64]:
    """(rows, len(widths)): lengths of the first components of each row, all above 0."""
    if vectors.shape[1] < widths[-1]:
        raise IndexFault(
            subject,
            f"have {vectors.shape[1]} dimensions",
            wanted=f"{widths[-1]}",
            remedy="ask for fewer, or build the index again",
        )
    lengths = np.empty((len(vectors), len(widths)))
    list(
        pool.map(
            lambda rows: prefix_norms(_frozen(vectors[rows]), widths, lengths[rows]),
            _split(len(vectors), _cores()),
        )
    )
    usable = np.isfinite(lengths).all(axis=1) & (lengths > 0).all(axis=1)
    if not usable.all():
        found = f"hold {np.count_nonzero(~usable)} vectors with NaN, infinity or only zeros"
        raise IndexFault(subject, found, remedy="run `workbench index build` again")
    return lengths


@dataclass(frozen=True)
class _Batch:
    """Rows of the table from `start` on: their vectors, which are local, and `lengths` (rows, dimensions)."""

    vectors: Vectors
    local: NDArray[np.bool_]
    lengths: NDArray[np.float64]
    start: int


class _Strip:
    """A run of queries that one thread scores, and what it has seen at each dimension."""

    def __init__(
        self,
        queries: Vectors,
        widths: NDArray[np.int64],
        depth: int,
        pairs: Sequence[_Pair],
        first: int,
        relevant: Vectors,
        lengths: NDArray[np.float64],
    ) -> None:
        self._queries = np.ascontiguousarray(queries, np.float32)
        self._rows = min(_LONGEST, _SCORES // len(queries) // CHUNK * CHUNK)
        self._products = np.empty((len(queries), self._rows), np.float32)
        rows = np.array([pair.query - first for pair in pairs], int)
        offsets, local = (
            np.array([pair.offset for pair in pairs], int),
            np.array([pair.local for pair in pairs], bool),
        )
        self.seen = []
        for number, dim in enumerate(widths.tolist()):
            wide = queries[:, :dim].astype(np.float64)
            norms = np.linalg.norm(wide, axis=1)
            wide /= norms[:, None]
            wanted = [
                cosine(wide[row], relevant[pair.number], dim, lengths[pair.number, number])
                for row, pair in zip(rows, pairs, strict=True)
            ]
            self.seen.append(
                unseen(
                    dim,
                    _band(widths[: number + 1]),
                    wide,
                    norms,
                    rows,
                    np.array(wanted, float),
                    offsets,
                    local,
                    depth,
                )
            )

    def update(self, batch: _Batch) -> None:
        for first in range(0, len(batch.vectors), self._rows):
            rows = slice(first, first + self._rows)
            vectors, norms = batch.vectors[rows], np.ascontiguousarray(batch.lengths[rows].T)
            inverse = np.full((len(norms), self._rows), np.nan, np.float32)
            inverse[:, : len(vectors)] = 1 / norms
            marks = np.ones(self._rows, np.int32)
            marks[: len(vectors)] += batch.local[rows] * np.int32(LOCAL)
            below = 0
            for number, seen in enumerate(self.seen):
                add_products(self._queries, vectors, below, seen.dim, self._products)
                update(
                    seen,
                    _chunked(self._products),
                    _chunked(inverse[number]),
                    _chunked(marks),
                    vectors,
                    norms[number],
                    batch.start + first,
                )
                below = seen.dim


def _chunked(values: NDArray[Any]) -> NDArray[Any]:
    return values.reshape(*values.shape[:-1], -1, CHUNK)


def _ranking(
    query_ids: Sequence[str], pairs: Sequence[_Pair], doc_ids: Sequence[str], seen: Sequence[Seen]
) -> Ranking:
    counted = {}
    for name in ("above", "displaced"):
        counts: dict[str, dict[str, int]] = {query_id: {} for query_id in query_ids}
        for pair, count in zip(
            pairs, chain.from_iterable(getattr(strip, name).tolist() for strip in seen), strict=True
        ):
            counts[query_ids[pair.query]][pair.doc_id] = count
        counted[name] = counts
    best, places = (np.concatenate([getattr(strip, name) for strip in seen]) for name in ("best", "places"))
    return Ranking(
        counted["above"],
        counted["displaced"],
        _Hits({query_id: row for row, query_id in enumerate(query_ids)}, doc_ids, best, places),
    )


class _Hits(Mapping[str, list[Hit]]):
    """Hits by `query_id`, made when they are asked for: most of a large query set never is."""

    def __init__(
        self,
        rows: Mapping[str, int],
        doc_ids: Sequence[str],
        scores: NDArray[np.float64],
        places: NDArray[np.int64],
    ) -> None:
        self._rows, self._doc_ids = rows, doc_ids
        self._scores, self._places = scores[:, : len(doc_ids)], places

    def __getitem__(self, query_id: str) -> list[Hit]:
        row = self._rows[query_id]
        return [
            Hit(self._doc_ids[place], score)
            for place, score in zip(self._places[row].tolist(), self._scores[row].tolist(), strict=False)
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
