"""The norms of the rows of a vector column, and which rows cannot be ranked for want of one."""

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import IndexFault
from workbench.core.machine import cores
from workbench.core.vectors import Vectors
from workbench.evaluation.kernels import prefix_norms
from workbench.evaluation.parallel import split

# Norms of all rows, by vector column and dimensions.
CachedNorms = dict[tuple[str, tuple[int, ...]], NDArray[np.float64]]


def read_only(vectors: Vectors) -> Vectors:
    """A read-only view, which is how LanceDB gives them: a loop is compiled anew for every kind of array."""
    view = np.ascontiguousarray(vectors).view()
    view.flags.writeable = False
    return view


def row_norms(vectors: Vectors, dims: NDArray[np.int64], pool: Executor, subject: str) -> NDArray[np.float64]:
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
    runs = split(len(vectors), cores())
    list(pool.map(lambda rows: prefix_norms(read_only(vectors[rows]), dims, norms[rows]), runs))
    usable = np.isfinite(norms).all(axis=1) & (norms > 0).all(axis=1)
    if not usable.all():
        fault = f"hold {np.count_nonzero(~usable)} vectors with NaN, infinity or only zeros"
        raise IndexFault(subject, fault, remedy="run `workbench index build` again")
    return norms
