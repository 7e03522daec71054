"""What is asked of a table's rows, the rows themselves, and what some of them answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.vectors import Vectors
from workbench.evaluation.norms import Norms


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


@dataclass(frozen=True)
class Batch:
    """Rows of a table, its place `start` and on: their vectors (rows, >= width) and which are local."""

    vectors: Vectors
    local: NDArray[np.bool_]
    start: int
    known_norms: Norms

    @property
    def norms(self) -> NDArray[np.float64]:
        """(rows, dims), of the first components; an IndexFault where a row has none."""
        return self.known_norms.of(self.vectors, self.start)

    def parts(self, most: int) -> Iterator["Batch"]:
        """The same rows, at most so many at a time."""
        for first in range(0, len(self.vectors), most):
            rows = slice(first, first + most)
            yield Batch(self.vectors[rows], self.local[rows], self.start + first, self.known_norms)


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
