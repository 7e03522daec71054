"""The norms of the rows of a vector column, and which rows cannot be ranked for want of one."""

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import IndexFault
from workbench.core.vectors import Vectors
from workbench.evaluation.kernels import prefix_norms

# Norms of all rows, by vector column and dimensions.
CachedNorms = dict[tuple[str, tuple[int, ...]], NDArray[np.float64]]


def read_only(vectors: Vectors) -> Vectors:
    """A read-only view, which is how LanceDB gives them: a loop is compiled anew for every kind of array."""
    view = np.ascontiguousarray(vectors).view()
    view.flags.writeable = False
    return view


def row_norms(vectors: Vectors, dims: NDArray[np.int64], subject: str) -> NDArray[np.float64]:
    """(rows, len(dims)) float64: norms of the first components of each row of `vectors` (rows, d), all above 0.

    `dims` ascend. Raises IndexFault about `subject` where a row is too short, not finite or only zeros.
    """
    if vectors.shape[1] < dims[-1]:
        raise IndexFault(
            subject,
            f"have {vectors.shape[1]} dimensions",
            wanted=f"{dims[-1]}",
            remedy="ask for fewer, or build the index again",
        )
    norms = np.empty((len(vectors), len(dims)))
    prefix_norms(read_only(vectors), dims, norms)
    usable = np.isfinite(norms) & (norms > 0)
    if not usable.all():
        fault = f"hold {np.count_nonzero(~usable.all(axis=1))} vectors with NaN, infinity or only zeros"
        raise IndexFault(subject, fault, remedy="run `workbench index build` again")
    return norms


class Norms:
    """The norms of `rows` rows of a column from place `start` on, as an earlier pass left them in `cache`, or computed.

    Several threads may ask for those of different rows at once.
    """

    def __init__(
        self, column: str, dims: NDArray[np.int64], start: int, rows: int, cache: CachedNorms | None
    ) -> None:
        self._column, self._dims, self._start = column, dims, start
        self._key = (column, tuple(dims.tolist()))
        self._cache = {} if cache is None else cache
        self._known = self._cache.get(self._key)
        wanted = cache is not None and self._known is None
        self._computed = np.empty((rows, len(dims))) if wanted else None

    def of(self, vectors: Vectors, start: int) -> NDArray[np.float64]:
        """(rows, dims) float64, of the rows `start` and on, whose vectors these are."""
        rows = slice(start - self._start, start - self._start + len(vectors))
        if self._known is not None:
            return self._known[rows]
        subject = f"{self._column}, rows {start} to {start + len(vectors) - 1}"
        norms = row_norms(vectors, self._dims, subject)
        if self._computed is not None:
            self._computed[rows] = norms
        return norms

    def keep(self) -> None:
        """Leaves those of all rows in the cache, once all have been asked for."""
        if self._computed is not None:
            self._cache[self._key] = self._computed
