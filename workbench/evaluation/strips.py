"""A strip: a run of queries that one thread scores against batches of rows, at several dimensions."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.vectors import Vectors
from workbench.evaluation.kernels import CHUNK, LOCAL, Tally, add_products, cosine, empty_tally, update
from workbench.evaluation.parallel import blas

# In whatever order its terms are added, a float32 inner product of n components errs by at most n * 2^-24
# times their norms (Higham 2002, Accuracy and Stability, section 3.1). Scaling it adds a few such units; 16
# are ample.
_ROUNDING = 2.0**-24
# These add up a product by itself before they add it to what is there. Then n is the longest slice of the
# components (by Cauchy and Schwarz all slices err no more together than if all were in that one), and one
# unit for each addition.
_ADDS_UP_APART = {"openblas", "blis", "mkl"}
# Queries and scores that one thread works on at a time, few enough for its cache, and rows at most.
STRIP = 768
_SCORES = 768 * 512
_MOST_ROWS = 128 * CHUNK


@dataclass(frozen=True)
class Batch:
    """Rows of the table from `start` on: their vectors, which are local, and `norms` (rows, dimensions)."""

    vectors: Vectors
    local: NDArray[np.bool_]
    norms: NDArray[np.float64]
    start: int


class Strip:
    """The queries of one thread, and their tally at each dimension."""

    def __init__(
        self,
        queries: Vectors,
        dims: NDArray[np.int64],
        depth: int,
        targets: NDArray[np.int64],
        places: NDArray[np.int64],
        local: NDArray[np.bool_],
        relevant: Vectors,
        relevant_norms: NDArray[np.float64],
    ) -> None:
        """`targets` (t,): the query of each target, ascending; `places`, `local`, `relevant` as in `Asked`.

        `relevant_norms` (t, dimensions): of the relevant rows.
        """
        self._queries = np.ascontiguousarray(queries, np.float32)
        self._rows = min(_MOST_ROWS, _SCORES // len(queries) // CHUNK * CHUNK)
        self._products = np.empty((len(queries), self._rows), np.float32)
        self.tallies: list[Tally] = []
        for number, dim in enumerate(dims.tolist()):
            units = queries[:, :dim].astype(np.float64)
            norms = np.linalg.norm(units, axis=1)
            units /= norms[:, None]
            cosines = [
                cosine(units[row], relevant[target], dim, relevant_norms[target, number])
                for target, row in enumerate(targets)
            ]
            band = error_band(dims[: number + 1])
            wanted = np.array(cosines, float)
            self.tallies.append(empty_tally(dim, band, units, norms, targets, wanted, places, local, depth))

    def update(self, batch: Batch) -> None:
        """Counts the rows of `batch`, which come in the order of the table."""
        for first in range(0, len(batch.vectors), self._rows):
            self._update(batch, first)

    def _update(self, batch: Batch, first: int) -> None:
        rows = slice(first, first + self._rows)
        vectors = batch.vectors[rows]
        norms = np.ascontiguousarray(batch.norms[rows].T)
        inverse = np.full((len(norms), self._rows), np.nan, np.float32)
        inverse[:, : len(vectors)] = 1 / norms
        marks = np.ones(self._rows, np.int32)
        marks[: len(vectors)] += batch.local[rows] * np.int32(LOCAL)
        narrower = 0
        for number, tally in enumerate(self.tallies):
            add_products(self._queries, vectors, narrower, tally.dim, self._products)
            products = _chunked(self._products)
            start = batch.start + first
            update(tally, products, _chunked(inverse[number]), _chunked(marks), vectors, norms[number], start)
            narrower = tally.dim


def error_band(dims: NDArray[np.int64]) -> float:
    """How far a float32 score at the last of `dims` can be from its cosine, summed up in slices that end at `dims`."""
    terms = int(np.diff(dims, prepend=0).max()) + len(dims) if _adds_up_apart() else int(dims[-1])
    return (terms + 16) * _ROUNDING


@cache
def _adds_up_apart() -> bool:
    apis = {library["internal_api"] for library in blas().info() if library["user_api"] == "blas"}
    return bool(apis) and apis <= _ADDS_UP_APART


def _chunked(values: NDArray[Any]) -> NDArray[Any]:
    return values.reshape(*values.shape[:-1], -1, CHUNK)
