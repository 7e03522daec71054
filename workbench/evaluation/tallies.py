"""What a run of a table's rows adds to the ranks of some queries, and how the tallies of several runs become one.

Counts add up and best rows merge, so that runs may be gone through one after another, in any order, or on several machines.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.machine import cores
from workbench.core.vectors import Vectors
from workbench.evaluation.norms import CachedNorms, read_only, row_norms
from workbench.evaluation.parallel import blas, read_ahead, split
from workbench.evaluation.strips import STRIP, Batch, Strip

_ALONE = Lock()  # the limit on BLAS threads holds for the whole process


@dataclass(frozen=True)
class Asked:
    """What is asked of every row of a vector column, wherever the row is; arrays alone, so that it travels.

    `vectors` (q, width) float32, unit rows, width at least the last of `dims` (ascending); `depth`: how many best rows a query.
    A target is a query and one of its relevant rows: `queries` (t,) the query's row, ascending; `places` (t,) the
    relevant row in the whole table, `local` (t,) whether it is local, `relevant` (t, width) float32 its vector.
    """

    column: str
    dims: NDArray[np.int64]
    vectors: Vectors
    depth: int
    queries: NDArray[np.int64]
    places: NDArray[np.int64]
    local: NDArray[np.bool_]
    relevant: Vectors


class Tallies(NamedTuple):
    """What some rows give, the first axis the dimensions as in `Asked.dims`.

    `above` (dims, t): how many of the rows stand above a target; `displaced` (dims, t): how many of those are of
    the other scope; `best` (dims, q, depth) float64: the best cosines, -inf where there are fewer rows; `places` (dims, q, depth):
    whose they are, in the whole table. Best first; among equal ones the earlier place.
    """

    above: NDArray[np.int64]
    displaced: NDArray[np.int64]
    best: NDArray[np.float64]
    places: NDArray[np.int64]


def partial_tallies(
    asked: Asked,
    batches: Iterable[Vectors],
    local: NDArray[np.bool_],
    start: int = 0,
    *,
    cached_norms: CachedNorms | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Tallies:
    """What the rows of the table from place `start` on add.

    `batches`: their vectors in table order, (rows, >= width) float32 at a time; `local` (all those rows,): which are local;
    `cached_norms`: where norms of the column stay from one call to the next, for all rows of a table only;
    `progress(rows)` is called with the number of rows gone through so far.
    Raises IndexFault where a row is too short, not finite or only zeros. Memory does not grow with the rows.
    """
    with (
        _ALONE,
        blas().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(cores()) as pool,
        ThreadPoolExecutor(1) as reader,
    ):
        strips = _strips(asked, pool)
        for batch in _batches(asked, read_ahead(iter(batches), reader), local, start, cached_norms, pool):
            list(pool.map(lambda strip, batch=batch: strip.update(batch), strips))
            progress(batch.start - start + len(batch.vectors))
    by_dim = list(zip(*(strip.tallies for strip in strips), strict=True))
    return Tallies(
        *(
            np.array([np.concatenate([getattr(tally, name) for tally in one]) for one in by_dim])
            for name in Tallies._fields
        )
    )


def merged(parts: Iterable[Tallies]) -> Tallies:
    """One tally of several, at least one, of different rows of one table, in whatever order they come."""
    return reduce(_both, parts)


def _both(one: Tallies, other: Tallies) -> Tallies:
    best = np.concatenate([one.best, other.best], axis=2)
    places = np.concatenate([one.places, other.places], axis=2)
    order = np.lexsort((places, -best))[..., : one.best.shape[2]]
    return Tallies(
        one.above + other.above,
        one.displaced + other.displaced,
        np.take_along_axis(best, order, 2),
        np.take_along_axis(places, order, 2),
    )


def _strips(asked: Asked, pool: Executor) -> list[Strip]:
    """The queries in runs, at least one a core, each with the targets of its queries."""
    norms = row_norms(asked.relevant, asked.dims, pool, f"{asked.column}, the relevant rows")
    strips = []
    for rows in split(len(asked.vectors), max(cores(), -(-len(asked.vectors) // STRIP))):
        own = slice(*np.searchsorted(asked.queries, [rows.start, rows.stop]))
        strips.append(
            Strip(
                asked.vectors[rows],
                asked.dims,
                asked.depth,
                asked.queries[own] - rows.start,
                asked.places[own],
                asked.local[own],
                asked.relevant[own],
                norms[own],
            )
        )
    return strips


def _batches(
    asked: Asked,
    batches: Iterable[Vectors],
    local: NDArray[np.bool_],
    start: int,
    cached_norms: CachedNorms | None,
    pool: Executor,
) -> Iterator[Batch]:
    """The rows with their norms, which are cached after the last batch where there is a place."""
    cache = {} if cached_norms is None else cached_norms
    key = (asked.column, tuple(asked.dims.tolist()))
    cached = cache.get(key)
    computed = []
    done = 0
    for vectors in batches:
        rows = slice(done, done + len(vectors))
        if cached is None:
            subject = f"{asked.column}, rows {start + rows.start} to {start + rows.stop - 1}"
            norms = row_norms(vectors, asked.dims, pool, subject)
        else:
            norms = cached[rows]
        if cached is None and cached_norms is not None:
            computed.append(norms)
        yield Batch(read_only(vectors), local[rows], norms, start + rows.start)
        done = rows.stop
    if computed:
        cache[key] = np.concatenate(computed)
