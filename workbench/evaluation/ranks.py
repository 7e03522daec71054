"""Exact ranks and top hits for several dimensions of one system, in one pass over its widest vectors.

A score of 768 components holds those of 512, 256 and 128 as partial sums, and prefix norms renormalise them.
Blocks are scored in float32; whatever lies within the rounding error of a decision is scored again in float64,
so that the order is the one of (-score, doc_id) in float64, among equal scores too.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Hit, Qrels
from workbench.core.errors import QueryError
from workbench.core.vectors import Vectors
from workbench.evaluation.norms import CachedNorms
from workbench.evaluation.tallies import Asked, Tallies, partial_tallies


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


class Rank(Protocol):
    """Ranks one system exactly: `rank`, or what does the same otherwise."""

    def __call__(
        self,
        table: VectorTable,
        column: str,
        dims: Sequence[int],
        query_ids: Sequence[str],
        vectors: Vectors,
        qrels: Qrels,
        depth: int,
        progress: Callable[[int], None] = ...,
        *,
        device: str = ...,
    ) -> dict[int, Ranking]: ...


def rank(
    table: VectorTable,
    column: str,
    dims: Sequence[int],
    query_ids: Sequence[str],
    vectors: Vectors,
    qrels: Qrels,
    depth: int,
    progress: Callable[[int], None] = lambda _: None,
    *,
    device: str = "auto",
) -> dict[int, Ranking]:
    """One system's exact ranks, by dimension.

    `column`: the system's widest vector column; `vectors`: (len(query_ids), width) float32, unit rows;
    `dims`: at most the column's width; `device`: where it is worked out, as in `partial_tallies`;
    `progress(rows)` is called with the number of rows ranked so far.
    Memory does not grow with the table, but for its `doc_id`s. Source of the cut: Kusupati et al. 2022.
    """
    asked = asked_of(table, column, dims, query_ids, vectors, qrels, depth)
    if not query_ids:
        return {dim: Ranking({}, {}, {}) for dim in dims}
    tallies = partial_tallies(
        asked,
        table.vector_batches(column),
        table.local,
        device=device,
        cached_norms=table.cached_norms,
        progress=progress,
    )
    return rankings_of(query_ids, asked, tallies, table.doc_ids)


def asked_of(
    table: VectorTable,
    column: str,
    dims: Sequence[int],
    query_ids: Sequence[str],
    vectors: Vectors,
    qrels: Qrels,
    depth: int,
) -> Asked:
    """What `partial_tallies` is to find out, from what `rank` is given."""
    _check(query_ids, vectors[:, : min(dims)], depth)
    places = places_of(
        table.doc_ids, {doc_id for query_id in query_ids for doc_id in qrels.get(query_id, ())}
    )
    targets = [
        (row, places[doc_id]) for row, query_id in enumerate(query_ids) for doc_id in qrels.get(query_id, ())
    ]
    rows, offsets = np.array(targets, int).reshape(-1, 2).T
    relevant = np.empty((0, vectors.shape[1]), np.float32)
    if targets:
        relevant = table.vectors_at(column, offsets.tolist())
    return Asked(
        column, np.array(sorted(dims)), vectors, depth, rows, offsets, table.local[offsets], relevant
    )


def rankings_of(
    query_ids: Sequence[str], asked: Asked, tallies: Tallies, doc_ids: Sequence[str]
) -> dict[int, Ranking]:
    """The rankings by dimension that the tallies of all rows of a table amount to; `doc_ids`: the table's."""
    relevant = [doc_ids[place] for place in asked.places.tolist()]
    rows = {query_id: row for row, query_id in enumerate(query_ids)}

    def by_query(counts: NDArray[np.int64]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {query_id: {} for query_id in query_ids}
        for row, doc_id, count in zip(asked.queries.tolist(), relevant, counts.tolist(), strict=True):
            found[query_ids[row]][doc_id] = count
        return found

    return {
        dim: Ranking(
            by_query(tallies.above[number] + 1),
            by_query(tallies.displaced[number]),
            _Hits(rows, doc_ids, tallies.best[number], tallies.places[number]),
        )
        for number, dim in enumerate(asked.dims.tolist())
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
